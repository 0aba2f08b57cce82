"""The Grafana dashboard and its provisioning: well formed by themselves, and full of data over a real Prometheus."""
import glob
import json
import os
import re
import sys
import time

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e")]
from check import answers, check_dashboard, interpolated, load, panels, queries, values  # noqa: E402

PATH = os.path.join(ROOT, "dashboards", "security-overview.json")
GUIDE = ["Denials by source and service", "mTLS failures by reason", "Unusual traffic", "Topology changes"]


@pytest.fixture(scope="module")
def dashboard():
    return load(PATH)


def test_identity(dashboard):
    assert dashboard["id"] is None
    assert 8 <= len(dashboard["uid"]) <= 40
    assert dashboard["schemaVersion"] == 39
    assert "__inputs" not in dashboard


def test_the_guide_s_panels_are_there(dashboard):
    titles = [panel["title"] for panel in dashboard["panels"]]
    for wanted in GUIDE + ["Blind signals", "Incidents, open ones first"]:
        assert any(wanted in title for title in titles), wanted
    assert any("meshwarden_incident_info" in a.get("expr", "") for a in dashboard["annotations"]["list"])


def test_panels_lie_side_by_side(dashboard):
    taken = {}
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        assert 0 <= at["x"] and at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies over {taken.get((x, y))}"
                taken[x, y] = panel["title"]
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)


def test_every_panel_explains_itself_and_names_the_variable(dashboard):
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert "datasource" in variables
    for panel in panels(dashboard):
        assert len(panel["description"]) > 15, panel["title"]
        assert panel["targets"], panel["title"]
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


def test_no_trap_of_mesh_telemetry(dashboard):
    for where, expression, _ in queries(dashboard):
        # increase() and rate() do not see a counter that is born at n: only volumes may use them.
        if "Ticks" not in where and "tick" not in where and "TCP connections opened" not in where:
            assert not re.search(r"\b(increase|i?rate|delta)\(", expression), where
        for selector in re.findall(r"istio_\w+(\{[^}]*\})?", expression):
            assert "reporter" in selector, f"{where}: counts requests of every reporter"
        for selector in re.findall(r"\{[^}]*upstream_rq_retry|upstream_rq_retry(\{[^}]*\})", expression):
            assert "outbound" in selector, f"{where}: counts the control plane's own retries"


def test_interpolation_leaves_no_variable():
    assert interpolated("x[$__interval] y[${__rate_interval}] z[$__range]", 5, 60) == "x[5s] y[20s] z[60s]"
    with pytest.raises(ValueError):
        interpolated('x{n=~"$namespace"}', 5, 60)


def provisioning(kind):
    found = glob.glob(os.path.join(ROOT, "dashboards", "provisioning", kind, "*.yaml"))
    assert len(found) == 1
    with open(found[0], encoding="utf-8") as file:
        return yaml.safe_load(file)


def test_provisioning_of_the_data_source():
    file = provisioning("datasources")
    assert file["apiVersion"] == 1
    (source,) = file["datasources"]
    assert set(source) == {"name", "uid", "type", "access", "url", "isDefault", "editable", "jsonData"}
    assert (source["type"], source["access"], source["url"]) == ("prometheus", "proxy", "$PROMETHEUS_URL")
    assert source["jsonData"]["httpMethod"] == "POST"


def test_provisioning_of_the_dashboards():
    file = provisioning("dashboards")
    assert file["apiVersion"] == 1
    (provider,) = file["providers"]
    assert set(provider) == {"name", "orgId", "folder", "folderUid", "type", "disableDeletion", "updateIntervalSeconds",
                             "allowUiUpdates", "options"}
    assert provider["type"] == "file" and provider["options"]["path"].startswith("/")


# Every kind of event that a panel shows; how many of each is known.
FAULTS = [
    ("denials-http", {"count": 12}), ("denials-gateway", {"count": 13}), ("denials-grpc", {"count": 14}),
    ("denials-tcp", {"count": 15}), ("denials-ambient", {"count": 16}), ("plaintext-ambient", {"count": 17}),
    ("mtls", {"count": 18, "reason": "fail_verify_error"}), ("plaintext-strict", {"count": 19}),
    ("mtls-ambient", {"count": 20}), ("retry-storm", {"count": 150}), ("new-edge", {"count": 5}),
    ("slow-convergence", {"count": 10}), ("xds-reject", {"count": 3}),
]
STEP = 10  # seconds; the stack scrapes every second


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    from harness import Stack
    overrides = {"authz-denials": {"window": "10s"}, "mtls-failures": {"window": "10s"}}
    with Stack(tmp_path_factory.mktemp("dashboards"), services=24, overrides=overrides) as running:
        running.start()
        running.wait_learned()
        time.sleep(2 * STEP)  # Prometheus must have seen every target for a whole step before the faults
        for kind, parameters in FAULTS:
            running.inject(kind, over=0, **parameters)
        yield running


def wait_answers(stack, good, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        found = answers(stack.prometheus, PATH, STEP, 300)
        if good(found) or time.monotonic() > deadline:
            return found
        time.sleep(1)


def test_every_query_gives_data(stack):
    deadline = time.monotonic() + 60
    while (problems := check_dashboard(stack.prometheus, PATH, STEP, 300)) and time.monotonic() < deadline:
        time.sleep(1)
    assert problems == [], stack.explain()


def total(found, where):
    return sum(value for series in found[where] for value in values(series))


@pytest.mark.parametrize("where, events", [
    ("Denials by source and service A", 12), ("Denials by source and service B", 13),
    ("Denials by source and service C", 14), ("Denials by source and service D", 16 + 17),
    ("mTLS failures by reason A", 18 + 19), ("mTLS failures by reason B", 20),
    ("mTLS failures by reason C", 17), ("mTLS failures per pod A", 18 + 19), ("Retries by destination A", 150),
    ("Pushes slower than 30 s A", 10), ("Configuration refused by proxies A", 3),
])
def test_bars_add_up_to_the_events_that_were_made(stack, where, events):
    """Steps that lie side by side: each event stands in exactly one of them, births and all."""
    found = wait_answers(stack, lambda answer: total(answer, where) >= events)
    assert total(found, where) == events


def test_a_dashboard_without_data_is_told(stack, tmp_path):
    broken = load(PATH)
    panel = next(panels(broken))
    panel["targets"][0]["expr"] = "no_such_metric"
    next(p for p in panels(broken) if p["title"] == "Ticks")["targets"][0]["expr"] = "rate("
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken), encoding="utf-8")
    problems = check_dashboard(stack.prometheus, str(path), STEP, 300)
    assert f"{panel['title']} A: no data" in problems
    assert any(problem.startswith("Ticks A: ") and "parse error" in problem for problem in problems)
