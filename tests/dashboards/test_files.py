"""The dashboards and their provisioning as files: well formed, explained, safe against names that the mesh makes up."""
import glob
import json
import os
import re
import sys

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
from check import interpolated, load, panels, queries  # noqa: E402

PATHS = sorted(glob.glob(os.path.join(ROOT, "dashboards", "*.json")))
DASHBOARDS = {os.path.basename(path): load(path) for path in PATHS}
each = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
TITLES = {
    "security-overview.json": ["Denials by source and service", "mTLS failures by reason", "Unusual traffic",
                               "Topology changes", "Top denied pairs", "Why there is no data",
                               "Incidents, open ones first", "Retries by destination", "Convergence time"],
    "incidents.json": ["Open incidents", "Timeline", "Time to tell"],
    "meshwarden.json": ["Ticks", "Coverage", "Load on Prometheus", "Notices that wait", "Size of the store", "Memory"],
}
# Volumes, for which a birth means little; all else counts events by increments of its own.
RATES = {"Ticks", "Duration of a tick", "TCP connections opened", "Requests by connection security",
         "Load on Prometheus", "Duration of a question", "CPU"}


def test_all_are_there():
    assert set(DASHBOARDS) == set(TITLES)
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


@pytest.mark.parametrize("name", TITLES)
def test_the_panels_that_people_look_for(name):
    titles = [panel["title"] for panel in panels(DASHBOARDS[name])]
    for wanted in TITLES[name]:
        assert any(wanted in title for title in titles), wanted


@each
def test_identity(dashboard):
    assert dashboard["id"] is None
    assert 8 <= len(dashboard["uid"]) <= 40
    assert dashboard["schemaVersion"] == 39
    assert "__inputs" not in dashboard
    titles = [panel["title"] for panel in panels(dashboard) if panel["title"] != "Can it be seen?"]
    assert len(set(titles)) == len(titles)


@each
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


@each
def test_every_panel_explains_itself_and_its_emptiness(dashboard):
    for panel in panels(dashboard):
        assert len(panel["description"]) > 15, panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert len(defaults["noValue"]) > 10, panel["title"]
        assert panel["type"] in ("table", "state-timeline") or defaults["unit"], panel["title"]
        assert panel["targets"], panel["title"]


@each
def test_the_data_source_is_a_variable(dashboard):
    assert {"datasource", "console"} <= {variable["name"] for variable in dashboard["templating"]["list"]}
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels(dashboard):
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == wanted, panel["title"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            assert variable["datasource"] == wanted
            assert variable["includeAll"] and variable["multi"] and variable["allValue"] == ".*", variable["name"]


def texts_of(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from texts_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_of(value)
    elif isinstance(node, str):
        yield node


@each
def test_what_the_mesh_names_itself_cannot_leave_its_place_in_a_link(dashboard):
    for text in texts_of(dashboard):
        for name in re.findall(r"\$\{(__(?:field|data)[^}]*)\}", text):
            assert name.endswith(":percentencode"), text
    for panel in panels(dashboard):
        assert panel["type"] != "text" and "content" not in panel["options"], "no HTML, no Markdown of labels"


@each
def test_no_trap_of_mesh_telemetry(dashboard):
    for where, expression, _ in queries(dashboard):
        # increase() and rate() do not see a counter that is born at n: only volumes may use them.
        if where.rsplit(" ", 1)[0] not in RATES:
            assert not re.search(r"\b(increase|i?rate|delta)\(", expression), where
        for selector in re.findall(r"istio_\w+(\{[^}]*\})?", expression):
            assert "reporter" in selector, f"{where}: counts requests of every reporter"
        for selector in re.findall(r"\{[^}]*upstream_rq_retry|upstream_rq_retry(\{[^}]*\})", expression):
            assert "outbound" in selector, f"{where}: counts the control plane's own retries"


@each
def test_own_metrics_exist(dashboard):
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
        listed = set(re.findall(r"^\| `(\w+)`", file.read(), re.MULTILINE))
    for where, expression, _ in queries(dashboard):
        for name in re.findall(r"\b(?:meshwarden|process)_\w+", expression):
            assert re.sub(r"_(bucket|sum|count)$", "", name) in listed, f"{where}: {name}"


def test_interpolation_leaves_no_variable():
    assert interpolated("x[$__interval] y[${__rate_interval}] z[$__range]", 5, 60) == "x[5s] y[20s] z[60s]"
    assert interpolated('x{n=~"$namespace"}', 5, 60, {"namespace": ".*"}) == 'x{n=~".*"}'
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


def test_files_are_what_grafana_reads():
    for path in PATHS:
        with open(path, encoding="utf-8") as file:
            assert json.load(file)["title"]
        assert os.path.getsize(path) < 500_000
