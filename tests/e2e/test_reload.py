"""A reload under way: counts stay exact, what waits is told, what changed is said, what is wrong is refused; about a minute."""
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, ask, ask_json, binary, wait_until  # noqa: E402

CALM = {"authz-new-caller": {"enabled": False}, "rbac-denials": {"enabled": False}, "tcp-new-edge": {"enabled": False},
        "topology-new-edge": {"enabled": False}, "coverage-lost": {"enabled": False}, "topology-vanished": {"enabled": False}}


@pytest.fixture(scope="module", name="stack")
def stack_fixture(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("reload"), services=30, overrides={**CALM, "authz-denials": {"keep_firing_for": "2s"}}) as stack:
        stack.start()
        stack.wait_learned()
        yield stack


def config_status(stack):
    return ask_json("GET", stack.web + "/api/v1/status")["config"]


def write(stack, **settings):
    """The configuration as the stack would write it, with these keys instead."""
    stack.write("meshwarden.yaml", yaml.safe_dump({**stack.warden_config(), **settings}, sort_keys=False))


def hang_up(stack):
    before = config_status(stack)
    os.kill(stack.parts["meshwarden"].pid, signal.SIGHUP)

    def read():
        now = config_status(stack)
        return now if (now["loaded_at"], now["refused_at"]) != (before["loaded_at"], before["refused_at"]) else None

    return wait_until("the configuration to be read", 20, read, explain=stack.explain)


def test_counts_stay_exact_across_reloads(stack):
    place = stack.denial_places()[0]
    record = stack.inject("denials-http", count=60, over=6, source="known", destination=place)
    for number in range(6):
        write(stack, incidents={"repeat_interval": f"{number + 1}h"})
        if number % 2:
            hang_up(stack)
        else:
            assert ask("POST", stack.web + "/-/reload")[0] == 200
    incident = stack.wait_incident("authz-denials", record, 40, lambda i: i["value"] >= 60)
    assert incident["value"] == 60
    assert len(stack.incidents_of("authz-denials", record)) == 1
    stack.wait_told()


def test_a_dry_run_shows_what_each_route_would_send_and_no_secret(stack):
    incident = stack.incidents(rule="authz-denials")[0]
    targets = [*stack.warden_config()["targets"], {"name": "lost", "slack": {"webhook_url_file": "nowhere.url"}}]
    write(stack, targets=targets, routes=[{"match": ['severity="critical"'], "targets": ["hook"]}, {"targets": ["lost", "hook"]}])
    done = subprocess.run([binary("meshwarden"), "notify", "--dry-run", incident["id"], "--format", "json", "--config",
                           os.path.join(stack.directory, "meshwarden.yaml")],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and done.stderr.startswith("lost: ") and "nowhere.url" in done.stderr
    message, = json.loads(done.stdout)["messages"]
    assert (message["route"], message["target"], message["method"]) == (1, "hook", "POST")
    assert message["body"]["alerts"][0]["labels"]["incident"] == incident["id"]
    assert "X-Meshwarden-Signature" in message["headers"] and "Idempotency-Key" in message["headers"]
    assert stack.secret not in done.stdout and stack.hook.url not in done.stdout
    gone = subprocess.run([binary("meshwarden"), "notify", "--dry-run", "nothing", "--config",
                           os.path.join(stack.directory, "meshwarden.yaml")],
                          capture_output=True, text=True, timeout=60, check=False)
    assert gone.returncode == 1 and "no incident nothing" in gone.stderr


def test_the_rules_say_how_often_they_are_judged(stack):
    groups = ask_json("GET", stack.web + "/api/v1/rules")["data"]["groups"]
    assert groups and all(g["interval"] > 0 and g["evaluationTime"] >= 0 for g in groups)
    assert any(r["evaluationTime"] > 0 for g in groups for r in g["rules"])


def test_what_waits_in_the_outbox_is_told_once_after_a_reload(stack):
    stack.hook.faults.set({"random": 1.0, "answers": [500]})
    record = stack.inject("denials-http", count=20, over=0.5, source="known", destination=stack.denial_places()[1])
    incident = stack.wait_incident("authz-denials", record, 30)
    wait_until("a notice that waits", 20, stack.pending, explain=stack.explain)
    write(stack, log={"level": "debug"})
    hang_up(stack)
    stack.hook.faults.set({"clear": True})
    stack.wait_told(60)
    keys = {r["headers"]["idempotency-key"] for r in stack.hook.taken
            if r["headers"]["idempotency-key"].startswith(incident["fingerprint"] + ":opened:")}
    assert len(keys) == 1


def test_what_changed_is_told_and_a_rule_that_is_gone_resolves_its_incidents(stack):
    write(stack)
    hang_up(stack)
    record = stack.inject("denials-http", count=20, over=0.5, source="known", destination=stack.denial_places()[2])
    incident = stack.wait_incident("authz-denials", record, 30)
    write(stack, overrides={**CALM, "authz-denials": {"enabled": False}},
          targets=[{"name": "other", "webhook": {"url": stack.hook.url}}])
    status = hang_up(stack)
    assert status["problems"] == [] and status["refused_at"] is None
    assert "overrides.authz-denials.enabled added" in status["changes"]
    assert "overrides.authz-denials.keep_firing_for removed" in status["changes"]
    assert "targets[other] added" in status["changes"] and "targets[hook] removed" in status["changes"]
    database = sqlite3.connect(f"file:{stack.directory}/meshwarden.db?mode=ro", uri=True)
    with contextlib.closing(database):
        said = database.execute("SELECT payload FROM events WHERE kind = 'configuration_changed'").fetchall()
    assert json.loads(said[-1][0])["set"]["changes"] == status["changes"]
    resolved = wait_until("the incident to be resolved", 20, lambda: (
        lambda i: i if i["state"] == "resolved" else None)(stack.incident(incident["id"])), explain=stack.explain)
    assert resolved["resolve_reason"] == "rule_removed"


def test_a_wrong_file_is_refused_and_the_last_good_one_holds(stack):
    write(stack)
    good = hang_up(stack)
    stack.write("meshwarden.yaml", "prometheus: [{name: main}]\noverrides:\n  authz-denial: {threshold: x}\n")
    status, body = ask("POST", stack.web + "/-/reload")
    assert status == 400
    assert "meshwarden.yaml:3: overrides.authz-denial: unknown rule, did you mean authz-denials?" in body
    now = config_status(stack)
    assert now["loaded_at"] == good["loaded_at"] and now["refused_at"] and len(now["problems"]) == 1
    assert "meshwarden_config_last_reload_successful 0" in ask("GET", stack.web + "/metrics")[1]
    record = stack.inject("denials-http", count=20, over=0.5, source="known", destination=stack.denial_places()[3])
    stack.wait_incident("authz-denials", record, 30)
    write(stack)
    assert hang_up(stack)["problems"] == []
    assert "meshwarden_config_last_reload_successful 1" in ask("GET", stack.web + "/metrics")[1]


def test_another_database_or_name_is_refused_while_this_one_holds_open_incidents(stack):
    record = stack.inject("denials-http", count=20, over=0.5, source="known", destination=stack.denial_places()[4])
    stack.wait_incident("authz-denials", record, 30)
    write(stack, storage={"url": "sqlite:another.db"})
    status, body = ask("POST", stack.web + "/-/reload")
    assert status == 400 and "storage.url: the database in use holds" in body
    assert not os.path.exists(os.path.join(stack.directory, "another.db"))
    write(stack, instance="another")
    status, body = ask("POST", stack.web + "/-/reload")
    assert status == 400 and "instance: the database in use holds" in body and "or restart" not in body


def test_what_is_open_follows_a_target_that_was_renamed(stack):
    write(stack)
    hang_up(stack)
    stack.hook.faults.set({"random": 1.0, "answers": [500]})
    record = stack.inject("denials-http", count=20, over=0.5, source="known", destination=stack.denial_places()[5])
    incident = stack.wait_incident("authz-denials", record, 30)

    def rows():
        return ask_json("GET", f"{stack.web}/api/v1/deliveries?incident={incident['id']}")["deliveries"]

    wait_until("a try that failed", 20, lambda: any(row["attempts"] for row in rows()), explain=stack.explain)
    write(stack, targets=[{**target, "name": "renamed"} for target in stack.warden_config()["targets"]])
    hang_up(stack)
    stack.hook.faults.set({"clear": True})
    assert ask_json("POST", f"{stack.web}/api/v1/incidents/{incident['id']}/resolve")["state"] == "resolved"
    wait_until("the renamed target to hear of the end", 60, lambda: [
        row for row in rows() if row["reason"] == "resolved" and row["state"] == "delivered"], explain=stack.explain)
    told = [(row["target"], row["reason"], row["state"]) for row in reversed(rows())]
    assert ("renamed", "opened", "delivered") in told and ("renamed", "resolved", "delivered") in told
    left = [row for row in rows() if row["target"] == "hook"]
    assert {row["state"] for row in left} == {"dead"}
    assert {row["error"] for row in left} == {"the target is no longer configured"}
    assert 'target="hook"' not in "".join(
        line for line in ask("GET", stack.web + "/metrics")[1].splitlines() if line.startswith("meshwarden_outbox_pending"))


def test_the_log_takes_its_new_level_and_form(stack):
    def lines():
        with open(stack.parts["meshwarden"].log, encoding="utf-8") as log:
            return log.read().splitlines()

    write(stack, log={"level": "info", "format": "json"})
    hang_up(stack)
    assert json.loads(next(line for line in reversed(lines()) if "configuration read anew" in line))["level"] == "info"
    write(stack, log={"level": "error"})
    before = sum("configuration read anew" in line for line in lines())
    hang_up(stack)
    assert sum("configuration read anew" in line for line in lines()) == before
    write(stack)
    hang_up(stack)
    assert [line for line in lines() if "configuration read anew" in line][-1].startswith("ts=")
