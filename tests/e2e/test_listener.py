"""What a reload does to the listener of a running service: tokens, address and storage change, or it says why not."""
import json
import os
import subprocess
import sys

import pytest
import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Process, ask, binary, free_port, wait_until  # noqa: E402


class Service:
    """Watches a Prometheus that is not there."""

    def __init__(self, directory, **web):
        self.directory, self.port, self.token = str(directory), free_port(), None
        self.write(**web)
        self.process = Process("meshwarden", self.directory, [binary("meshwarden"), "run", "--config", self.file])
        wait_until("the listener", 20, lambda: self.ask("GET", "/healthz")[0] == 200, explain=self.process.tail)

    @property
    def file(self):
        return os.path.join(self.directory, "meshwarden.yaml")

    def write(self, port=None, database="one.db", **web):
        config = {"prometheus": [{"name": "main", "url": f"http://127.0.0.1:{free_port()}"}],
                  "web": {"listen": f"127.0.0.1:{port or self.port}", **web}, "storage": {"url": "sqlite:" + database}}
        with open(self.file, "w", encoding="utf-8") as file:
            yaml.safe_dump(config, file)

    def ask(self, method, path, port=None):
        headers = {"Authorization": "Bearer " + self.token} if self.token else {}
        return ask(method, f"http://127.0.0.1:{port or self.port}{path}", headers=headers)

    def reload(self):
        """(status, problems)"""
        status, text = self.ask("POST", "/-/reload")
        return status, "\n".join(json.loads(text).get("problems", []))


def open_files(service):
    folder = f"/proc/{service.process.pid}/fd"
    files = set()
    for name in os.listdir(folder):
        try:
            files.add(os.readlink(os.path.join(folder, name)))
        except FileNotFoundError:
            pass  # closed in the meantime
    return files


@pytest.fixture(name="service")
def service_fixture(tmp_path):
    service = Service(tmp_path)
    yield service
    service.process.kill()


def test_tokens_come_and_change_with_a_reload(service, tmp_path):
    tokens = []
    for role in ("read", "write", "admin"):
        (tmp_path / role).write_text("word-of-" + role)
        tokens.append({"name": role, "role": role, "token_file": role})
    service.write(tokens=tokens)
    assert service.reload() == (200, "")
    assert service.ask("GET", "/api/v1/status")[0] == 401
    for role, expected in (("read", 403), ("write", 403), ("admin", 200)):
        service.token = "word-of-" + role
        assert service.ask("GET", "/api/v1/status")[0] == 200
        assert service.reload()[0] == expected
    (tmp_path / "admin").write_text("another word")  # no reload is needed
    assert service.ask("GET", "/api/v1/status")[0] == 401
    assert service.ask("GET", "/healthz")[0] == 200


def test_a_secret_that_is_missing_is_told_until_it_is_there(tmp_path):
    late, absent = str(tmp_path / "late"), str(tmp_path / "absent")
    (tmp_path / "late").write_text("")
    tokens = [{"name": "late", "role": "admin", "token_file": late}, {"name": "absent", "token_file": absent}]
    service = Service(tmp_path, tokens=tokens)

    def told(file):
        with open(service.process.log, encoding="utf-8") as log:
            return [line for line in log if "a secret is missing" in line and file in line]

    def problems():
        return json.loads(service.ask("GET", "/api/v1/status")[1])["config"]["problems"]

    try:
        wait_until("both to be told", 20, lambda: told(late) and told(absent), explain=service.process.tail)
        assert "web.tokens[late].token_file" in told(late)[0] and "empty" in told(late)[0]
        assert "level=error" in told(absent)[0] and "No such file" in told(absent)[0]
        (tmp_path / "late").write_text("s3cret")
        service.token = "s3cret"
        assert [p.split(":")[0] for p in problems()] == ["web.tokens[absent].token_file"]
        assert service.reload() == (200, "")
        wait_until("the one to be told again", 20, lambda: len(told(absent)) == 2, explain=service.process.tail)
        assert len(told(late)) == 1
        (tmp_path / "absent").write_text("another")
        assert problems() == []
        with open(service.process.log, encoding="utf-8") as log:
            assert "s3cret" not in log.read()
    finally:
        service.process.kill()


def test_the_listener_moves_or_says_why_not(service):
    new = free_port()
    service.write(port=new)
    assert service.reload() == (200, "")
    assert service.ask("GET", "/healthz", new)[0] == 200
    with pytest.raises(OSError):
        service.ask("GET", "/healthz")
    service.port = new
    service.write(tls={"cert_file": "none.pem", "key_file": "none.key"})
    status, problems = service.reload()
    assert status == 400 and "web.tls.cert_file" in problems and "none.pem" in problems
    assert service.ask("GET", "/healthz")[0] == 200
    service.write()
    assert service.reload() == (200, "")


def test_another_storage_is_what_the_api_reads(service):
    database = os.path.join(service.directory, "two.db")
    service.write(database="two.db")
    assert service.ask("GET", "/api/v1/incidents")[0] == 200
    assert service.reload() == (200, "")
    assert service.ask("GET", "/api/v1/incidents")[0] == 200
    assert database in open_files(service)
    # Both handlers let go of the old one as soon as each has answered again.
    old = os.path.join(service.directory, "one.db")

    def let_go():
        service.ask("GET", "/api/v1/incidents")
        return old not in open_files(service)

    wait_until("the old database to be closed", 20, let_go)


def test_beyond_loopback_it_wants_tokens_or_a_word(tmp_path):
    (tmp_path / "meshwarden.yaml").write_text('prometheus: [{name: main, url: "http://127.0.0.1:9"}]\n'
                                              'web: {listen: "0.0.0.0:0"}\n')
    done = subprocess.run([binary("meshwarden"), "run", "--config", tmp_path / "meshwarden.yaml"], cwd=tmp_path, text=True,
                          capture_output=True, timeout=20, check=False)
    assert done.returncode == 1 and "not loopback" in done.stderr and "insecure_no_auth" in done.stderr
