"""meshwarden backtest: the past of a real Prometheus opens what the service opened when it was the present."""
import json
import os
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, binary, free_port, wait_until  # noqa: E402

SHORT = {"window": "5s", "keep_firing_for": "5s"}
FAULTS = [("denials-http", 30, "authz-denials"), ("mtls", 12, "mtls-failures"), ("retry-storm", 150, "retry-storm")]


def backtest(*arguments, code=0, cwd=None):
    done = subprocess.run([binary("meshwarden"), "backtest", *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def told(incidents):
    return sorted((i["rule"], json.dumps(i["labels"], sort_keys=True), i["value"], i["state"], i["started_at"]) for i in incidents)


@pytest.fixture(name="stack", scope="module")
def stack_fixture(tmp_path_factory):
    overrides = {rule: SHORT for _, _, rule in FAULTS}
    with Stack(str(tmp_path_factory.mktemp("backtest")), overrides=overrides) as stack:
        stack.start()
        stack.began = time.time()
        for kind, count, rule in FAULTS:
            fault = stack.inject(kind, count=count, over=2)
            stack.wait_incident(rule, fault, 40, lambda incident: incident["state"] == "resolved")
        wait_until("calm", 30, lambda: not stack.incidents(state="open"), explain=stack.explain)
        stack.ended = time.time()
        yield stack


def test_the_past_opens_what_the_present_did(stack):
    stack.wait_told()
    sent = len(stack.hook.requests)
    done = backtest("--config", "meshwarden.yaml", "--from", str(stack.began), "--to", str(stack.ended), "--step", "2s", "--format", "json",
                    cwd=stack.directory)
    (answer,) = json.loads(done.stdout)
    rules = {rule for _, _, rule in FAULTS}
    assert told(i for i in answer["incidents"] if i["rule"] in rules) == told(i for i in stack.incidents() if i["rule"] in rules)
    assert len([i for i in answer["incidents"] if i["rule"] in rules]) == len(FAULTS)
    assert all(i["told"] == ["opened to hook", "resolved to hook"] for i in answer["incidents"] if i["rule"] in rules)
    assert answer["notices"]["hook"] >= 2 * len(FAULTS) and set(answer["blind"].values()) == {0.0}
    assert len(stack.hook.requests) == sent


def test_another_threshold_opens_less(stack, tmp_path):
    (tmp_path / "meshwarden.yaml").write_text(json.dumps(
        {"prometheus": [{"name": "main", "url": stack.prometheus}], "overrides": {"authz-denials": {**SHORT, "threshold": 40, "clear": 5}}}))
    done = backtest("--from", str(stack.began), "--to", str(stack.ended), cwd=tmp_path)
    rows = done.stdout.splitlines()
    assert rows[0].startswith("Prometheus main, ") and "authz-denials" not in done.stdout and "150 requests to" in done.stdout
    assert any(row.startswith("notices: anybody ") for row in rows) and done.stderr == ""


def test_a_past_that_is_empty_is_blind(stack):
    done = backtest("--prometheus", stack.prometheus, "--from", "2d", "--to", "1d", "--step", "1h")
    assert "\n0 incidents: none\nnotices: none\n" in done.stdout
    assert [row.split() for row in done.stdout.splitlines() if row.startswith("authz_denials")] == [["authz_denials", "100.0", "%"]]


@pytest.mark.parametrize("arguments, words", [
    (["--from", "yesterday"], "--from: 'yesterday': expected a time like"),
    (["--from", "1h", "--to", "2h"], "--from must lie before --to"),
    (["--from", "1h", "--to", "2999-01-01T00:00:00Z"], "must not lie in the future"),
    (["--from", "1h", "--step", "0s"], "--step: expected 1s to 1h"),
    (["--from", "1h", "--step", "soon"], "--step: "),
    ([], "--from is required"),
])
def test_wrong_usage(arguments, words):
    assert words in backtest("--prometheus", "http://127.0.0.1:1", *arguments, code=2).stderr


def test_a_prometheus_that_does_not_answer():
    done = backtest("--prometheus", f"http://127.0.0.1:{free_port()}", "--from", "1h", code=3)
    assert done.stdout == "" and done.stderr.startswith("main: Prometheus answered nothing of ") and "refused" in done.stderr
