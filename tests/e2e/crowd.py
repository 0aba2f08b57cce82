"""crowd.py PORT MODE COUNT: many bad clients in a process of their own. Prints `ready N` when N are connected; for each
line on stdin `open N`, how many the server has not closed. Ends with stdin.

  idle   each has asked once and rests
  half   each has sent half a request
  deaf   each asks for more than it will ever read
  stream each follows the events and never reads them
"""
import resource
import select
import socket
import sys

FIRST = {"idle": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
         "half": b"GET /api/v1/incidents HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
         "deaf": b"GET /console/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 400,
         "stream": b"GET /api/v1/events?last_event_id=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"}


def joined(port, mode):
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.settimeout(0)
    try:
        client.send(FIRST[mode])
    except OSError:
        pass
    return client


def still_open(clients):
    """Those that the server has neither closed nor reset."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLRDHUP)
    gone = {number for number, _ in poll.poll(0)}
    return sum(client.fileno() not in gone for client in clients)


def main():
    port, mode, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = [joined(port, mode) for _ in range(count)]
    print("ready", len(clients), flush=True)
    for _ in sys.stdin:
        print("open", still_open(clients), flush=True)


main()
