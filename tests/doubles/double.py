"""What every double has in common: a threaded HTTP server on loopback that records each request with the time it came,
the verdict it was given and why, and that can be told to fail.

A double answers `verdict` by its own `judge(request)`; this file knows no protocol. Control, as JSON:

  POST /_control {"next": 3, "answer": 429, "retry_after": 2}   the next three requests are answered 429
  POST /_control {"next": 1, "answer": "hang", "seconds": 5}    the next one gets no answer for five seconds
  POST /_control {"next": 1, "answer": "cut"}                   the next one is taken, its answer is lost on the way
  POST /_control {"random": 0.5, "answers": [500, 429, "cut"]}  each request fails with that chance, in one of these ways
  POST /_control {"clear": true}                                answers as it should again
  GET  /_requests                                               everything recorded, as a JSON list

A request that is wrong is refused and recorded as a violation even while the double is told to fail.
"""
import argparse
import json
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_BODY = 8 * 1024 * 1024


@dataclass
class Request:
    method: str
    path: str
    headers: dict  # names in lower case
    body: bytes
    received_at: float

    def json(self):
        """The body as JSON with repeated keys and NaN refused; raises ValueError."""
        return json.loads(self.body.decode("utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constant)


@dataclass
class Verdict:
    status: int
    body: str
    content_type: str = "application/json"
    problems: list = field(default_factory=list)
    note: str = ""  # what the double made of a good request: "opened", "repeat", ...

    @property
    def good(self):
        return not self.problems


def _no_repeats(pairs):
    result = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"repeated key {key!r}")
        result[key] = value
    return result


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


class Faults:
    """Which failure, if any, the next request meets. Safe from any thread."""

    def __init__(self, seed=1):
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._next, self._chance, self._answers = [], 0.0, [500]

    def set(self, order):
        with self._lock:
            if order.get("clear"):
                self._next, self._chance = [], 0.0
            if "next" in order:
                self._next += [order] * int(order["next"])
            if "random" in order:
                self._chance = float(order["random"])
                self._answers = order.get("answers") or [order.get("answer", 500)]

    def take(self):
        with self._lock:
            if self._next:
                return self._next.pop(0)
            if self._chance and self._random.random() < self._chance:
                return {"answer": self._random.choice(self._answers), "retry_after": 1, "seconds": 3}
            return None


class Double:
    """Base of the doubles. `judge` is called under a lock, one request at a time; a verdict with problems is a violation.

    `commit` is called when a good request is taken (not when a failure stands in its way), so that a request answered with 500
    leaves no trace in the double's own state, as in the real service.
    """

    name = "double"

    def __init__(self, port=0, record=None, seed=1):
        self.faults = Faults(seed)
        self.requests = []
        self._record = open(record, "a", encoding="utf-8") if record else None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self):
        return self.base + "/"

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        if self._record:
            self._record.close()
            self._record = None

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def judge(self, request):
        raise NotImplementedError

    def commit(self, request, verdict):
        """A good request was taken."""

    def failure(self, fault):
        """(status, headers, body) of a failure that the double was told to show."""
        status = fault["answer"]
        headers = {"Retry-After": str(fault.get("retry_after", 1))} if status == 429 else {}
        return status, headers, '{"status":"failed","message":"told to fail"}'

    @property
    def taken(self):
        """The requests that the service has taken, repeats and those whose answer was lost included."""
        with self._lock:
            return [r for r in self.requests if r["verdict"] in ("accepted", "lost")]

    @property
    def violations(self):
        with self._lock:
            return [r for r in self.requests if r["verdict"] == "refused"]

    def handle(self, request):
        """Answers (status, headers, body, content type), or None when the connection is to be cut."""
        with self._lock:
            verdict = self.judge(request)
            fault = self.faults.take() if verdict.good else None
            if not verdict.good:
                kind = "refused"
            elif fault is None:
                kind = "accepted"
            else:
                kind = "lost" if fault["answer"] == "cut" else "failed"
            if kind in ("accepted", "lost"):
                self.commit(request, verdict)
            status = verdict.status if fault is None else fault["answer"]
            self._note(request, verdict, kind, status)
        if fault is None:
            return verdict.status, {}, verdict.body, verdict.content_type
        if fault["answer"] == "hang":
            self._stop.wait(float(fault.get("seconds", 30)))
            return None
        if fault["answer"] == "cut":
            return None
        return (*self.failure(fault), "application/json")

    def _note(self, request, verdict, kind, status):
        try:
            body = json.loads(request.body)
        except ValueError:
            body = request.body.decode("utf-8", "replace")
        entry = {"received_at": request.received_at, "double": self.name, "method": request.method, "path": request.path,
                 "headers": request.headers, "body": body, "verdict": kind, "status": status, "note": verdict.note,
                 "problems": verdict.problems}
        self.requests.append(entry)
        if self._record:
            self._record.write(json.dumps(entry) + "\n")
            self._record.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client that was killed in the middle of a request is no news."""


def _handler_of(double):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def _body(self):
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > MAX_BODY:
                return None
            return self.rfile.read(int(length))

        def _answer(self, status, headers, body, content_type):
            data = body.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def _serve(self):
            received_at = time.time()
            body = self._body()
            if body is None:
                self.close_connection = True
                return self._answer(411, {}, "length", "text/plain")
            if len(body) != int(self.headers.get("Content-Length", "0")):
                self.close_connection = True  # the client died while it was speaking: that was no request
                return None
            if self.path.startswith("/_"):
                return self._control(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = double.handle(Request(self.command, self.path, headers, body, received_at))
            if answer is None:
                self.close_connection = True
                return None
            return self._answer(*answer)

        def _control(self, body):
            if self.path == "/_requests":
                with double._lock:
                    return self._answer(200, {}, json.dumps(double.requests), "application/json")
            try:
                double.faults.set(json.loads(body))
            except (ValueError, TypeError, AttributeError) as error:
                return self._answer(400, {}, str(error), "text/plain")
            return self._answer(200, {}, "{}", "application/json")

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve

    return Handler


def main(make, add_arguments=lambda parser: None):
    """Command line of a double: prints `listening URL`, ends on SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", help="append every request to this file, a JSON object a line")
    add_arguments(parser)
    arguments = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with make(arguments) as double:
        print(f"listening {double.url}", flush=True)
        done.wait()
    sys.exit(0)
