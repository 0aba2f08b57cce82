"""A signal that does not answer, a restart meanwhile, and a burst that came and went: it is told once the signal answers."""
import http.server
import os
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, wait_until  # noqa: E402


class Door(http.server.ThreadingHTTPServer):
    """Stands before a Prometheus; questions that name `refused` get 503."""

    def __init__(self, prometheus):
        super().__init__(("127.0.0.1", 0), Guest)
        self.prometheus, self.refused, self.refusals = prometheus, None, 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Guest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802
        self.answer(None)

    def do_POST(self):  # noqa: N802
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        door = self.server
        if door.refused and body and door.refused in body:
            door.refusals += 1
            return self.reply(503, b"{}")
        headers = {"Content-Type": self.headers.get("Content-Type", "")}
        try:
            with urllib.request.urlopen(urllib.request.Request(door.prometheus + self.path, body, headers), timeout=20) as answer:
                return self.reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return self.reply(error.code, error.read())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_restart_in_a_gap_loses_no_burst(tmp_path):
    with Stack(str(tmp_path), overrides={"mtls-failures": {"window": "5s", "keep_firing_for": "0s"}}) as stack, \
            Door(stack.prometheus) as door:
        stack.settings = {"prometheus": [{"name": "main", "url": door.url}]}
        stack.start()
        signal = lambda: next(s for s in stack.get("/api/v1/signals")["signals"] if s["signal"] == "mtls_failures")  # noqa: E731
        wait_until("the signal", 30, lambda: signal()["state"] != "blind", explain=stack.explain)
        door.refused = b"envoy_listener_"
        wait_until("the gap", 30, lambda: signal()["state"] == "blind", explain=stack.explain)
        fault = stack.inject("mtls", count=60, over=2, reason="fail_verify_error")
        time.sleep(15)  # until its window is over
        stack.kill_warden()
        stack.start_warden()
        refused = door.refusals
        wait_until("the new process to be refused", 30, lambda: door.refusals > refused, explain=stack.explain)
        assert stack.incidents(rule="mtls-failures") == []
        door.refused = None
        incident = stack.wait_incident("mtls-failures", fault, 60, lambda i: i["state"] == "resolved")
        assert incident["value"] == 60
        assert len(stack.incidents(rule="mtls-failures")) == 1
        stack.wait_told()
