"""The database cannot be written for a while: detection goes on in memory, tells nothing, saves it all afterwards."""
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, ask, binary, wait_until  # noqa: E402

OVERRIDES = {"authz-denials": {"window": "4s", "keep_firing_for": "0s"}, "rbac-denials": {"enabled": False},
             "tcp-new-edge": {"enabled": False}, "topology-new-edge": {"enabled": False},
             "authz-new-caller": {"enabled": False}, "coverage-lost": {"enabled": False}}
BURST = 20


@contextlib.contextmanager
def locked(file):
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextlib.contextmanager
def removed(file):
    os.rename(file, file + ".away")
    try:
        yield
        assert not os.path.exists(file), "a running service does not make a new database in place of a lost one"
    finally:
        os.rename(file + ".away", file)


@contextlib.contextmanager
def full_disk(file):
    filler = os.path.join(os.path.dirname(file), "filler")
    with open(filler, "wb", buffering=0) as hole:
        with contextlib.suppress(OSError):
            while True:
                hole.write(b"x" * 4096)
    try:
        yield
    finally:
        os.remove(filler)


@contextlib.contextmanager
def small_disk(folder):
    """A file system of 8 MB; None where we may not mount one."""
    os.makedirs(folder)
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def run(*arguments):
    """(exit code, output) of one of our commands."""
    done = subprocess.run([binary("meshwarden"), *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def get(stack, path):
    status, text = ask("GET", stack.web + path)
    assert status == 200, f"{path} answered {status}: {text}"
    return json.loads(text)


def database(stack):
    return get(stack, "/api/v1/status")["database"]


def signal(stack, name):
    return next(s for s in get(stack, "/api/v1/signals")["signals"] if s["signal"] == name)


def told_of(stack, record):
    name = record["labels"]["destination_service"]
    return [r for r in stack.hook.taken if r["body"]["alerts"][0]["labels"].get("destination_service") == name]


def suffer(stack, fault, destination):
    """One burst that begins and ends while the fault lasts; it is an incident afterwards, with the exact count."""
    with fault:
        wait_until("the fault to be seen", 30, lambda: database(stack)["failing_since"], explain=stack.explain)
        assert ask("GET", stack.web + "/readyz")[0] == 200
        record = stack.inject("denials-http", count=BURST, over=0.5, source="known", destination=destination)
        wait_until("the signal to be served from memory", 30, lambda: signal(stack, "authz_denials")["value"] >= BURST,
                   explain=stack.explain)
        time.sleep(6)  # until the burst has left the window: no later tick would find it again
        assert not stack.incidents_of("authz-denials", record)
        assert not told_of(stack, record)
    incident = stack.wait_incident("authz-denials", record, seconds=30)
    assert incident["value"] == BURST
    wait_until("ticks to be saved again", 30, lambda: not database(stack)["failing_since"], explain=stack.explain)
    wait_until("the incident to be told", 30, lambda: told_of(stack, record), explain=stack.explain)
    return incident


def test_the_store_fails_and_nothing_is_lost(tmp_path):
    with small_disk(str(tmp_path / "disk")) as disk, Stack(tmp_path, services=24, overrides=OVERRIDES) as stack:
        file = os.path.join(disk or str(tmp_path), "meshwarden.db")
        stack.settings = {"storage": {"url": "sqlite:" + file}}
        stack.start()
        stack.wait_learned()
        faults = [locked(file), removed(file)] + ([full_disk(file)] if disk else [])
        places = stack.denial_places()
        incidents = [suffer(stack, fault, place) for fault, place in zip(faults, places)]
        assert len({i["id"] for i in incidents}) == len(faults)

        with open(stack.parts["meshwarden"].log, encoding="utf-8") as log:
            lines = log.read().splitlines()
        assert len([line for line in lines if "ticks are not saved" in line]) == len(faults)
        assert len([line for line in lines if "ticks are saved again" in line]) == len(faults)

        # A reload while it fails keeps the detection; a kill loses nothing, since the cursor did not move.
        with locked(file):
            wait_until("the fault to be seen", 30, lambda: database(stack)["failing_since"], explain=stack.explain)
            assert ask("POST", stack.web + "/-/reload", timeout=30)[0] == 200
            record = stack.inject("denials-http", count=BURST, over=0.5, source="known",
                                  destination=places[len(faults)])
            wait_until("the signal to be served", 30, lambda: signal(stack, "authz_denials")["value"] >= BURST,
                       explain=stack.explain)
            stack.kill_warden()
        stack.start_warden()
        # The first tick after a start may end within the burst: the value grows to the whole of it, and not beyond.
        stack.wait_incident("authz-denials", record, seconds=30, want=lambda incident: incident["value"] >= BURST)
        assert stack.incidents_of("authz-denials", record)[0]["value"] == BURST
        head = database(stack)["head_hash"]

        copy = str(tmp_path / "copy.db")
        assert run("backup", file, copy)[0] == 0
        assert run("backup", file, copy)[0] == 3
        stack.stop_warden()
        for checked, expected, code in [(file, head, 0), (copy, head, 0), (file, "0" * 64, 1)]:
            assert run("verify", checked, "--expect-head", expected)[0] == code
        assert stack.violations() == []


def test_what_needs_no_database_is_answered_without_it(tmp_path):
    with Stack(tmp_path, services=12, overrides=OVERRIDES) as stack:
        stack.start()
        with removed(os.path.join(stack.directory, "meshwarden.db")):
            for _ in range(4):
                for path in ("/api/v1/status", "/api/v1/signals", "/api/v1/rules"):
                    assert get(stack, path)
                status, text = ask("GET", stack.web + "/metrics")
                assert status == 200 and "meshwarden_commits_failed_total" in text, text
                status, text = ask("GET", stack.web + "/api/v1/incidents")
                # A handler that had the file open still reads it.
                assert status == 200 or (status == 503 and "cannot be opened" in json.loads(text)["detail"]), text
            assert signal(stack, "authz_denials")["checked_at"], "signals are those of the last tick"
            wait_until("since when to be told", 30, lambda: database(stack)["failing_since"], explain=stack.explain)
            assert database(stack)["error"]
        wait_until("ticks to be saved again", 30, lambda: not database(stack)["failing_since"], explain=stack.explain)
        assert get(stack, "/api/v1/incidents") and not database(stack)["error"]


def test_a_heartbeat_carries_the_head(tmp_path):
    settings = {"heartbeat": {"target": "hook", "interval": "1s"}}
    with Stack(tmp_path, services=12, overrides=OVERRIDES, settings=settings) as stack:
        stack.start()

        def beats():
            return [r["body"]["meshwarden"] for r in stack.hook.taken
                    if r["body"].get("notification_reason") == "heartbeat"]

        record = stack.inject("denials-http", count=BURST, over=0.5, source="known",
                              destination=stack.denial_places()[0])
        stack.wait_incident("authz-denials", record, seconds=30)
        wait_until("a heartbeat with a head", 30, lambda: beats() and beats()[-1]["head_seq"] > 0,
                   explain=stack.explain)
        beat = beats()[-1]
        assert not any(b["read_error"] for b in beats()), "an empty log is no unreadable one"
        stack.stop_warden()
        code, text = run("verify", os.path.join(stack.directory, "meshwarden.db"), "--expect-head", beat["head_hash"])
        assert code == 0 and f"event {beat['head_seq']}" in text, text
        assert stack.violations() == []
