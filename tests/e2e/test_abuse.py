"""A running service under clients that mean no good: it answers, its ticks go on, and it stops as asked."""
import os
import re
import resource
import socket
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, ask, wait_until  # noqa: E402

HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
IDLE = min(10_000, HARD - 1_000)
HALF = min(3_000, IDLE)
POST = b"POST /-/reload HTTP/1.1\r\nHost: x\r\n"
GARBAGE = [
    b"\x00" * 64, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET /healthz\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    POST + b"Content-Type: application/json\r\nContent-Length: 70000\r\n\r\n" + b"[" * 70_000,
]


class Crowd:
    def __init__(self, port, mode, count):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "crowd.py")
        self.process = subprocess.Popen([sys.executable, program, str(port), mode, str(count)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == f"ready {count}\n"

    def still_open(self):
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate(timeout=30)


def ticks(stack):
    """(ticks done, ticks missed) so far."""
    _, text = ask("GET", stack.web + "/metrics")
    return tuple(sum(float(value) for value in re.findall(rf"^meshwarden_{name}\{{[^}}]*\}} (\S+)$", text, re.M))
                 for name in ("ticks_total", "ticks_missed_total"))


@pytest.fixture(scope="module", name="stack")
def stack_fixture(tmp_path_factory):
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with Stack(tmp_path_factory.mktemp("abuse"), services=10) as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, HARD))  # the service raises it by itself
        try:
            stack.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, HARD))
        yield stack


def answers(stack):
    """People and probes are served, and at least two further ticks end."""
    for path in ("/healthz", "/api/v1/incidents", "/api/v1/status"):
        assert ask("GET", stack.web + path)[0] == 200
    before = ticks(stack)[0]
    wait_until("two further ticks", 20, lambda: ticks(stack)[0] >= before + 2, explain=stack.explain)


@pytest.mark.parametrize("mode, count", [("idle", IDLE), ("half", HALF), ("deaf", 200), ("stream", 60)])
def test_the_service_goes_on(stack, mode, count):
    with Crowd(stack.web_port, mode, count) as crowd:
        assert ask("GET", stack.web + "/healthz")[0] == 200
        if mode == "idle":
            assert crowd.still_open() == count
        answers(stack)
    answers(stack)


def test_garbage_is_refused_or_dropped(stack):
    for bytes_ in GARBAGE:
        with socket.create_connection(("127.0.0.1", stack.web_port), timeout=20) as client:
            try:
                client.sendall(bytes_)
                client.shutdown(socket.SHUT_WR)
                first = client.recv(65_536)
            except ConnectionError:
                first = b""
            assert first == b"" or re.match(rb"HTTP/1.1 [45]\d\d ", first), (bytes_[:60], first[:200])
    answers(stack)


def test_a_real_event_reaches_a_stream_and_a_resumed_one(stack):
    def follow(after):
        client = socket.create_connection(("127.0.0.1", stack.web_port), timeout=20)
        client.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {after}\r\n\r\n".encode())
        return client

    def read_until(client, what):
        text, deadline = "", time.monotonic() + 40
        while what not in text and time.monotonic() < deadline:
            text += client.recv(65_536).decode()
        return text

    stack.wait_learned()
    with follow(0) as live:
        place = stack.denial_places()[0]
        stack.inject("denials-http", destination=place, count=40, over=1)
        told = read_until(live, "event: opened")
    seq = int(re.search(r"id: (\d+)\nevent: opened\n", told)[1])
    with follow(seq - 1) as resumed:
        assert f"id: {seq}\nevent: opened\n" in read_until(resumed, "event: opened")


def test_ticks_were_not_late_and_a_stop_is_a_stop(stack):
    done, missed = ticks(stack)
    assert missed <= done / 5, f"{missed} ticks missed beside {done}"
    with Crowd(stack.web_port, "half", 500), Crowd(stack.web_port, "stream", 20):
        assert stack.stop_warden() == 0
