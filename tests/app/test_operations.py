"""Under an operator's hands: it stops at once whatever hangs, logs no failure twice, speaks to a terminal alone."""
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import ask, binary, free_port, wait_until  # noqa: E402


class Hole:
    """A port that takes every connection, reads, and never answers."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open, self.asked = [], []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(5)
            self._open.append(connection)
            try:
                self.asked.append(connection.recv(200).split(b"?")[0].split(b" HTTP")[0])
            except OSError:
                pass

    def close(self):
        self._socket.close()
        for connection in self._open:
            connection.close()


class Warden:
    """One Meshwarden that reads two Prometheus, one hung and one gone; `terminal`: its stderr is one."""

    def __init__(self, directory, hole, terminal=False):
        self.port = free_port()
        config = {"prometheus": [{"name": "hung", "url": hole.url, "timeout": "60s"},
                                 {"name": "gone", "url": f"http://127.0.0.1:{free_port()}", "poll_interval": "200ms"}],
                  "web": {"listen": f"127.0.0.1:{self.port}"}, "log": {"format": "json"},
                  "overrides": {"prometheus-unreachable": {"for": "0s"}},
                  "targets": [{"name": "hook", "webhook": {"url": hole.url + "/hook"}}],
                  "routes": [{"targets": ["hook"]}]}
        path = os.path.join(directory, "meshwarden.yaml")
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(config, file)
        self.seen = b""
        if terminal:
            ours, theirs = pty.openpty()
        else:
            ours, theirs = os.pipe()
        self.process = subprocess.Popen([binary("meshwarden"), "run", "--config", path], stderr=theirs, cwd=directory,
                                        stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, args=(ours,))
        self._reader.start()

    def _read(self, file):
        while True:
            try:
                found = os.read(file, 65536)
            except OSError:  # how a terminal ends
                break
            if not found:
                break
            self.seen += found
        os.close(file)

    def answers(self, path="/healthz"):
        return ask("GET", f"http://127.0.0.1:{self.port}{path}")

    def stop(self, which):
        """(exit code, seconds)"""
        began = time.monotonic()
        self.process.send_signal(which)
        try:
            code = self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(10)
        return code, time.monotonic() - began


@pytest.fixture
def hole():
    opened = Hole()
    yield opened
    opened.close()


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_though_prometheus_and_a_target_hang(tmp_path, hole, which):
    warden = Warden(tmp_path, hole)
    try:
        wait_until("the service", 20, lambda: warden.answers()[0] == 200)
        wait_until("a question and a notice under way", 20,
                   lambda: b"POST /hook" in hole.asked and any(b"/api/v1/" in asked for asked in hole.asked))
    finally:
        code, seconds = warden.stop(which)
    assert (code, seconds < 2) == (0, True), (code, seconds, warden.seen[-2000:])
    records = [json.loads(line) for line in warden.seen.decode().splitlines()]
    assert all({"ts", "level", "msg"} <= set(record) for record in records)
    assert records[-1]["msg"] == "stopping"
    assert b"\r" not in warden.seen and b"\x1b" not in warden.seen


def test_a_failure_that_repeats_is_one_line(tmp_path, hole):
    warden = Warden(tmp_path, hole)
    try:
        failed = re.compile(r'ticks_total\{prometheus="gone",result="failed"\} \d\d')
        wait_until("ten failed ticks", 30, lambda: failed.search(warden.answers("/metrics")[1]))
    finally:
        warden.stop(signal.SIGTERM)
    begun = [json.loads(line) for line in warden.seen.decode().splitlines() if "does not answer" in line]
    assert [record["prometheus"] for record in begun] == ["gone"], warden.seen[-2000:]


def test_a_terminal_is_told_what_is_waited_for(tmp_path, hole):
    warden = Warden(tmp_path, hole, terminal=True)
    try:
        wait_until("a word of progress", 20, lambda: b"\rwaiting for Prometheus hung" in warden.seen)
    finally:
        code, _ = warden.stop(signal.SIGINT)
    assert code == 0
