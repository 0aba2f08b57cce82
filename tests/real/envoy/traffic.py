"""What is done to the sidecars of a case, and what the caller saw: a count of every kind of answer."""
import collections
import http.client
import socket
import subprocess
import threading

HOST = "127.0.0.1"


def http_requests(case, count, path):
    """One after another on one connection, as far as the proxy keeps it."""
    seen = collections.Counter()
    connection = http.client.HTTPConnection(HOST, case["port"], timeout=20)
    for _ in range(count):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        seen[str(answer.status)] += 1
    connection.close()
    return seen


def grpc_calls(case, count, path):
    """Counts 'HTTP status grpc-status'. No body, a connection each: curl 7.88 gives up what is refused early."""
    command = ["curl", "-s", "--max-time", "20", "--http2-prior-knowledge", "-X", "POST",
               "-H", "content-type: application/grpc", "-H", "te: trailers",
               "-o", "/dev/null", "-w", "%{http_code} %header{grpc-status}", f"http://{HOST}:{case['port']}{path}"]
    return collections.Counter(subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
                               for _ in range(count))


def tcp_connections(case, count, _):
    """Says a word; 'echo' where it comes back, 'closed' where the connection is closed instead."""
    seen = collections.Counter()
    for _ in range(count):
        with socket.create_connection((HOST, case["port"]), timeout=20) as connection:
            try:
                connection.sendall(b"word")
                seen["echo" if connection.recv(100) else "closed"] += 1
            except ConnectionError:
                seen["closed"] += 1
    return seen


def held_requests(app):
    """`count` requests while another is on its way and takes all the room."""
    def send(case, count, path):
        holder = threading.Thread(target=http_requests, args=(case, 1, "/ok/hold"), daemon=True)
        holder.start()
        try:
            if not app.holding.wait(20):
                raise AssertionError("the held request never reached the application")
            return http_requests(case, count, path)
        finally:
            app.let_go.set()
            holder.join(20)

    return send


def sender(case, app):
    """The function (case, count, path) -> Counter that this case sends with."""
    kinds = {"http": http_requests, "grpc": grpc_calls, "tcp": tcp_connections, "held": held_requests(app)}
    return kinds[case["send"]]
