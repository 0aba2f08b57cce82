"""meshwarden doctor: what can be seen at a real Prometheus, what cannot, and the patch that mends it."""
import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, binary, free_port  # noqa: E402


def doctor(*arguments, code, cwd=None):
    done = subprocess.run([binary("meshwarden"), "doctor", *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def mesh(directory, *options):
    stack = Stack(str(directory), targets=(), mesh=options)
    stack.start_mesh()
    stack.start_prometheus()
    stack.wait_scraped()
    return stack


@pytest.fixture(name="whole", scope="module")
def whole_fixture(tmp_path_factory):
    with mesh(tmp_path_factory.mktemp("whole")) as stack:
        yield stack


@pytest.fixture(name="stock", scope="module")
def stock_fixture(tmp_path_factory):
    with mesh(tmp_path_factory.mktemp("stock"), "--no-optional-stats") as stack:
        yield stack


def test_a_mesh_that_shows_all_is_healthy(whole):
    done = doctor("--prometheus", whole.prometheus, code=0)
    rows = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[3:] if line}
    assert len(rows) == 11 and set(rows.values()) == {"seen"}
    assert done.stderr == ""
    (told,) = json.loads(doctor("--prometheus", whole.prometheus, "--format", "json", code=0).stdout)
    assert told["reachable"] and told["blind_rules"] == []
    assert all(signal["covered"] == signal["expected"] > 0 for signal in told["signals"])


def test_what_a_stock_mesh_leaves_out_is_told_with_the_patch(stock):
    done = doctor("--prometheus", stock.prometheus, code=1)
    signals, *lacks, blind = done.stdout.rstrip().split("\n\n")[1:]
    assert [line.split()[0] for line in signals.splitlines() if " blind " in line] == ["gateway_tls_failures", "retries"]
    assert "mtls_failures         partial  2 of 24" in signals  # ztunnel has no such option
    listeners, retries = lacks
    assert listeners.startswith("mtls_failures: seen on 2 of 24 targets\ngateway_tls_failures: ")
    assert "\n    meshConfig:\n      defaultConfig:\n        proxyStatsMatcher:\n" in listeners
    assert retries.startswith("retries: none of the 22 targets that ought to show it does\n") and "upstream_rq_retry" in retries
    assert [line.split()[0] for line in blind.splitlines()[1:]] == ["gateway-tls-failures", "retry-storm"]
    (told,) = json.loads(doctor("--prometheus", stock.prometheus, "--format", "json", code=1).stdout)
    assert [rule["rule"] for rule in told["blind_rules"]] == ["gateway-tls-failures", "retry-storm"]


def test_a_configuration_gives_prometheuses_rules_and_credentials(whole, tmp_path):
    gone = free_port()
    (tmp_path / "meshwarden.yaml").write_text(f"""
prometheus:
- {{name: here, url: "{whole.prometheus}"}}
- {{name: gone, url: "http://127.0.0.1:{gone}"}}
overrides: {{retry-storm: {{enabled: false}}}}
""")
    done = doctor(cwd=tmp_path, code=3)
    assert done.stdout.startswith("Prometheus here, scraping every 1s\n") and "retry-storm" not in done.stdout
    assert done.stderr == "gone: Prometheus did not answer: cannot connect: Connection refused\n"
    told = json.loads(doctor("--config", "meshwarden.yaml", "--format", "json", cwd=tmp_path, code=3).stdout)
    assert [(one["prometheus"], one["reachable"]) for one in told] == [("here", True), ("gone", False)]
    assert "cannot connect" in told[1]["cause"]


@pytest.mark.parametrize("arguments, code, words", [
    (["--prometheus", "localhost"], 2, "--prometheus: the URL is malformed"),
    (["--prometheus", "ftp://127.0.0.1"], 2, "--prometheus: "),
    (["--prometheus", "http://127.0.0.1:1", "--config", "x"], 2, "excludes"),
    (["--config", "none.yaml"], 3, "none.yaml: cannot be opened"),
])
def test_wrong_usage(arguments, code, words, tmp_path):
    assert words in doctor(*arguments, cwd=tmp_path, code=code).stderr


class NoPrometheus(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>\x1b[2J welcome</html>")

    do_GET = do_POST

    def log_message(self, *_):
        pass


def test_something_else_that_answers_there():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoPrometheus)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = doctor("--prometheus", f"http://user:secret@127.0.0.1:{server.server_port}", code=3)
        assert done.stderr.startswith("main: ") and "\x1b" not in done.stderr and "secret" not in done.stderr
        assert done.stdout == ""
    finally:
        server.shutdown()
        server.server_close()
