"""Every query of every dashboard and alert rule over a real Prometheus that watches a simulated mesh and Meshwarden."""
import json
import os
import re
import signal
import sys
import time
import urllib.parse

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e")]
from harness import Stack, ask as ask_page, ask_json, wait_until  # noqa: E402
from check import answers, ask, check_dashboard, load, panels, values, variable_values  # noqa: E402

NAMES = ["security-overview.json", "incidents.json", "meshwarden.json"]
PATHS = {name: os.path.join(ROOT, "dashboards", name) for name in NAMES}
OVERVIEW = PATHS["security-overview.json"]
ALERTS = os.path.join(ROOT, "dashboards", "alerts", "meshwarden.rules.yml")

# Every kind of event that a panel shows; how many of each is known.
FAULTS = [
    ("denials-http", {"count": 12}), ("denials-gateway", {"count": 13}), ("denials-grpc", {"count": 14}),
    ("denials-tcp", {"count": 15}), ("denials-ambient", {"count": 16}), ("plaintext-ambient", {"count": 17}),
    ("mtls", {"count": 18, "reason": "fail_verify_error"}), ("plaintext-strict", {"count": 19}),
    ("mtls-ambient", {"count": 20}), ("retry-storm", {"count": 150}), ("new-edge", {"count": 5}),
    ("slow-convergence", {"count": 10}), ("xds-reject", {"count": 3}),
]
# A signal that no target shows: what a blind one looks like.
BLIND = {"signals": [{
    "name": "never_seen", "kind": "counter", "selector": "no_such_metric_total",
    "labels": {"destination_workload": "pod"}, "live": "count by (namespace, pod) (no_such_metric_total)",
    "fix": {"text": "Nothing mends it", "yaml": ""}}]}
STEP = 10  # seconds; the stack scrapes every second


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dashboards")
    (directory / "blind.yaml").write_text(yaml.safe_dump(BLIND), encoding="utf-8")
    overrides = {"authz-denials": {"window": "10s"}, "mtls-failures": {"window": "10s"}}
    with Stack(directory, services=24, overrides=overrides, settings={"signals": ["blind.yaml"]}) as running:
        running.settings["heartbeat"] = {"target": "hook", "interval": "5s"}
        running.settings["prometheus"] = [{"name": "main", "url": running.prometheus, "timeout": "3s"}]
        running.start()
        running.wait_learned()
        pause_prometheus(running)
        time.sleep(2 * STEP)  # Prometheus must have seen every target for a whole step before the faults
        running.made = {kind: running.inject(kind, over=0, **parameters) for kind, parameters in FAULTS}
        running.inject("pod-restart")
        resolve_one(running)
        yield running


def pause_prometheus(running):
    """So that some questions failed."""
    prometheus = running.parts["prometheus"].child
    prometheus.send_signal(signal.SIGSTOP)
    try:
        wait_until("a question that failed", 20,
                   lambda: "meshwarden_queries_failed_total{" in ask_page("GET", running.web + "/metrics")[1])
    finally:
        prometheus.send_signal(signal.SIGCONT)


def resolve_one(running):
    """So that one incident of the range is resolved."""
    wait_until("an incident", 30, lambda: running.incidents(state="open"), explain=running.explain)
    time.sleep(2)  # until Prometheus has scraped it
    identity = running.incidents(state="open", limit=1)[0]["id"]
    ask_json("POST", f"{running.web}/api/v1/incidents/{urllib.parse.quote(identity)}/resolve", {"note": "seen"})


def wait_answers(stack, path, good, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        found = answers(stack.prometheus, path, STEP, 300)
        if good(found) or time.monotonic() > deadline:
            return found
        time.sleep(1)


@pytest.mark.parametrize("name", NAMES)
def test_every_query_gives_data(stack, name):
    deadline = time.monotonic() + 60
    while (problems := check_dashboard(stack.prometheus, PATHS[name], STEP, 300)) and time.monotonic() < deadline:
        time.sleep(1)
    assert problems == [], stack.explain()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("chosen", [None, {"namespace": ['a.*b', "c'|$d)"], "service": ["x\\"], "rule": ["("]}])
def test_every_query_is_good_where_there_is_nothing(stack, name, chosen):
    """Long ago, or of names that no service has and that mean something in a regular expression."""
    long_ago = time.time() - 86400
    found = answers(stack.prometheus, PATHS[name], STEP, 300, now=long_ago, chosen=chosen)
    assert [wrong for wrong in found.values() if isinstance(wrong, str)] == []


def total(found, where):
    return sum(value for series in found[where] for value in values(series) if value == value)


@pytest.mark.parametrize("where, events", [
    ("Denials by source and service A", 12), ("Denials by source and service B", 13),
    ("Denials by source and service C", 14), ("Denials by source and service D", 16 + 17),
    ("Top denied pairs A", 12), ("Top denied pairs B", 13), ("Top denied pairs C", 14), ("Top denied pairs D", 16 + 17),
    ("mTLS failures by reason A", 18 + 19), ("mTLS failures by reason B", 20),
    ("mTLS failures by reason C", 17), ("mTLS failures per pod A", 18 + 19), ("Retries by destination A", 150),
    ("Pushes slower than 30 s A", 10), ("Configuration refused by proxies A", 3),
])
def test_bars_add_up_to_the_events_that_were_made(stack, where, events):
    """Steps that lie side by side: each event stands in exactly one of them, births and all."""
    found = wait_answers(stack, OVERVIEW, lambda answer: total(answer, where) >= events)
    assert total(found, where) == events


def test_a_chosen_service_shows_its_own_events_alone(stack):
    place = stack.made["denials-http"]["labels"]
    offered = variable_values(stack.prometheus, load(OVERVIEW), 300, time.time())
    assert place["destination_namespace"] in offered["namespace"] and place["destination_service"] in offered["service"]
    wait_answers(stack, OVERVIEW, lambda answer: total(answer, "Denials by source and service A") >= 12)
    chosen = {"namespace": [place["destination_namespace"]], "service": [place["destination_service"]]}
    found = answers(stack.prometheus, OVERVIEW, STEP, 300, chosen=chosen)
    series = [one for one in found["Denials by source and service A"] if any(v for v in values(one))]
    assert {(one["metric"]["destination_service_namespace"], one["metric"]["destination_service_name"])
            for one in series} == {(place["destination_namespace"], place["destination_service"])}
    other = {"namespace": ["nowhere"], "service": ["nothing"]}
    found = answers(stack.prometheus, OVERVIEW, STEP, 300, chosen=other)
    for where in ("Denials by source and service A", "Top denied pairs A", "Retries by destination A"):
        assert found[where] == [], where


def test_a_blind_signal_says_why(stack):
    found = wait_answers(stack, OVERVIEW, lambda answer: answer["Why there is no data A"])
    causes = {one["metric"]["signal"]: one["metric"]["cause"] for one in found["Why there is no data A"]}
    assert causes["never_seen"] in ("not_exposed", "not_scraped")


def test_without_meshwarden_nothing_is_called_well(stack):
    long_ago = time.time() - 86400
    found = answers(stack.prometheus, OVERVIEW, STEP, 300, now=long_ago)
    assert [one["metric"]["cause"] for one in found["Why there is no data A"]] == ["no_answer"]
    assert found["Blind signals A"] == [] and found["Open incidents A"] == []


def test_every_alert_rule_can_be_asked(stack):
    """Each parses and is calm over a healthy Meshwarden, but those that must fire; and what it names is there."""
    with open(ALERTS, encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    now = time.time()
    firing = {rule["alert"] for rule in rules if ask(stack.prometheus, rule["expr"], True, STEP, 300, now)}
    assert {"MeshwardenWatchdog", "MeshwardenSignalBlind"} <= firing
    assert firing <= {"MeshwardenWatchdog", "MeshwardenSignalBlind", "MeshwardenTicksPartial", "MeshwardenCoverageLow"}


def test_every_metric_of_the_reference_is_served_as_it_says(stack):
    """By name, type and labels."""
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| `(\w+)` \| ([^|]*)\| (\w+) \|", file.read(), re.MULTILINE)
    assert len(rows) > 25
    status, page = ask_page("GET", stack.web + "/metrics")
    assert status == 200
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    for name, labels, kind in rows:
        assert types.get(name) == kind, f"{name}: {types.get(name)}"
        sample = name + "_count" if kind == "histogram" else name
        found = re.search(rf"^{sample}(?:\{{(.*)\}})? \S+$", page, re.MULTILINE)
        assert found, f"{name}: no sample"
        wanted = set(re.findall(r"\w+", re.sub(r": [^|]*$", "", labels)))
        assert set(re.findall(r'(\w+)="', found.group(1) or "")) == wanted, name


def test_a_dashboard_without_data_is_told(stack, tmp_path):
    broken = load(PATHS["meshwarden.json"])
    panel = next(panels(broken))
    panel["targets"][0]["expr"] = "no_such_metric"
    next(p for p in panels(broken) if p["title"] == "Ticks")["targets"][0]["expr"] = "rate("
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken), encoding="utf-8")
    problems = check_dashboard(stack.prometheus, str(path), STEP, 300)
    assert f"{panel['title']} A: no data" in problems
    assert any(problem.startswith("Ticks A: ") and "parse error" in problem for problem in problems)
