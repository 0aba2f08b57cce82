"""What single queries of the committed dashboards answer over series made by hand, as promtool evaluates them."""
import json
import os
import re
import sys
from typing import NamedTuple

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
from check import interpolated, load, panels, queries, variables  # noqa: E402
from test_alerts import promtool  # noqa: E402

MINUTE, HOUR = 60, 3600
SCRAPE = 15  # seconds between two values of a series
OVERVIEW, INCIDENTS = "security-overview.json", "incidents.json"
OVERVIEW_PATH = os.path.join(ROOT, "dashboards", OVERVIEW)
DENIALS, AT_CALLER = "Denials by source and service A", "Denials by source and service B"


class Case(NamedTuple):
    """`series`: values in promtool's writing, by series. `expect`: (query, minute, {labels: value})."""
    name: str
    dashboard: str
    series: dict
    expect: list
    step: int = MINUTE
    since: int = HOUR
    chosen: dict = {}


def text(labels):
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def on(metric, target, /, **labels):
    return metric + text({"job": target, "instance": target, **labels})


EDGE = {"source_workload_namespace": "shop", "source_workload": "web",
        "destination_service_namespace": "pay", "destination_service_name": "ledger"}
SERVER = {"destination_workload_namespace": "pay", "destination_workload": "ledger-v1"}


def requests(target, reporter, code="403"):
    return on("istio_requests_total", target, reporter=reporter, response_code=code, **EDGE, **SERVER)


# Every series is scraped from the beginning, unless its values begin with `_`.
COUNTED = [
    Case("a new pod's first events, in a step that is much longer than it is old", OVERVIEW, step=20 * MINUTE, series={
        on("up", "server"): "_x100 1x200", on("envoy_server_uptime", "server"): "_x100 5+15x200",
        requests("server", "destination"): "_x108 50x200",
    }, expect=[(DENIALS, 40, {text(EDGE): 50}), (DENIALS, 60, {}),
               ("Top denied pairs A", 40, {text({"kind": "HTTP", **EDGE}): 50})]),
    Case("a pod that lived shorter than a step", OVERVIEW, step=20 * MINUTE, series={
        on("up", "server"): "_x100 1x20 stale", on("envoy_server_uptime", "server"): "_x100 5+15x20 stale",
        requests("server", "destination"): "_x108 50x12 stale",
    }, expect=[(DENIALS, 40, {text(EDGE): 50}), (DENIALS, 60, {})]),
    Case("a Prometheus that has just begun beside an old pod", OVERVIEW, series={
        on("up", "server"): "_x20 1x40", on("envoy_server_uptime", "server"): "_x20 900000+15x40",
        requests("server", "destination"): "_x20 50x40",
    }, expect=[(DENIALS, 6, {}), (DENIALS, 7, {})]),
    Case("a counter born after a step in which one scrape failed", OVERVIEW, step=20 * MINUTE, series={
        on("up", "server"): "1x40 0 1x200", on("envoy_server_uptime", "server"): "900000+15x40 stale 900615+15x200",
        requests("server", "destination"): "_x100 50x200",
    }, expect=[(DENIALS, 40, {text(EDGE): 50})]),
    Case("a counter that was there before an outage of two minutes", OVERVIEW, series={
        on("up", "server"): "1x8 0x8 1x40", on("envoy_server_uptime", "server"): "9000+15x8 stale _x7 9240+15x40",
        requests("server", "destination"): "50x8 stale _x7 50x40",
    }, expect=[(DENIALS, at, {}) for at in (3, 4, 5)]),
    Case("a new istiod whose proxies refuse at once", OVERVIEW, series={
        on("up", "istiod"): "_x21 1x80", on("istiod_uptime_seconds", "istiod"): "_x21 5+15x80",
        on("pilot_total_xds_rejects", "istiod", type="lds"): "_x21 10x80",
    }, expect=[("Configuration refused by proxies A", 6, {'{type="lds"}': 10}),
               ("Configuration refused by proxies A", 7, {'{type="lds"}': 0})]),
    Case("a new Meshwarden that opens an incident at once", OVERVIEW, step=20 * MINUTE, series={
        on("up", "mw"): "_x100 1x200", on("process_start_time_seconds", "mw"): "_x100 1500x200",
        on("meshwarden_incidents_opened_total", "mw", rule="authz-new-caller", severity="low"): "_x100 1x200",
    }, expect=[("Unusual traffic: what was found A", 40, {'{rule="authz-new-caller"}': 1}),
               ("Unusual traffic: what was found A", 60, {'{rule="authz-new-caller"}': 0})]),
]

ALL_UP = {on("up", "server"): "1x240", on("up", "web"): "1x240"}
ONCE = [
    Case("12 denials, the caller scraped just before a step's end and the server just after it", OVERVIEW, series={
        **ALL_UP, requests("server", "destination"): "_x17 12x60", requests("web", "source"): "_x16 12x60",
    }, expect=[(DENIALS, 4, {}), (AT_CALLER, 4, {}), (DENIALS, 5, {text(EDGE): 12}), (AT_CALLER, 5, {})]),
    Case("the same at the newest step, of a server that answered others", OVERVIEW, series={
        **ALL_UP, requests("server", "destination", code="200"): "7x16", requests("web", "source"): "_x16 12",
    }, expect=[(AT_CALLER, 4, {})]),
    Case("the server's pod is replaced within the step", OVERVIEW, series={
        **ALL_UP, requests("server", "destination"): "_x17 12 12 stale", requests("web", "source"): "_x17 12x60",
    }, expect=[(DENIALS, 5, {text(EDGE): 12}), (AT_CALLER, 5, {}), (DENIALS, 6, {}), (AT_CALLER, 6, {})]),
    Case("the same at the begin of a long step", OVERVIEW, step=20 * MINUTE, series={
        **ALL_UP, requests("server", "destination"): "_x85 12 12 stale", requests("web", "source"): "_x85 12x160",
    }, expect=[(DENIALS, 40, {text(EDGE): 12}), (AT_CALLER, 40, {}), (DENIALS, 60, {}), (AT_CALLER, 60, {})]),
    Case("nobody tells for the destination", OVERVIEW, series={
        **ALL_UP, requests("web", "source"): "_x17 12x60",
    }, expect=[(DENIALS, 5, {}), (AT_CALLER, 5, {text(EDGE): 12}), (AT_CALLER, 6, {})]),
    Case("another workload of the service tells, the one that refused does not", OVERVIEW, series={
        **ALL_UP, requests("web", "source"): "_x17 12x60",
        requests("server", "destination").replace("ledger-v1", "ledger-v2"): "7x60",
    }, expect=[(DENIALS, 5, {}), (AT_CALLER, 5, {text(EDGE): 12})]),
]

LISTED, RESOLVED = "Incidents, open ones first A", "Resolved in this range A"
UNACKNOWLEDGED = "Nobody has acknowledged A"
INCIDENT = {"id": "i1", "rule": "mtls-failures", "severity": "high", "source": "shop/web",
            "destination": "pay/ledger-v1"}
BEGAN = 30  # seconds; tables show it in milliseconds


def listing(target, values, **labels):
    """An incident as an instance lists it."""
    labels = {**INCIDENT, "state": "open", **labels}
    began = values.replace("1x", f"{BEGAN}x")
    return {on("meshwarden_incident_info", target, **labels): values,
            on("meshwarden_incident_started_timestamp_seconds", target, id=labels["id"]): began}


def counting(target, values):
    return {on("meshwarden_watchdog", target): "1x80",
            on("meshwarden_incidents_open", target, severity="high"): values}


def row(state, **labels):
    return {text({**INCIDENT, "state": state, **labels}): 1000 * BEGAN}


STATES = [
    Case("an incident resolves", OVERVIEW, series={**counting("mw", "1x16 0x40"), **listing("mw", "1x16 stale")},
         expect=[(LISTED, 3, row("open")), (LISTED, 5, row("resolved"))]),
    Case("one of two resolves", INCIDENTS, series={
        **counting("mw", "2x16 1x40"), **listing("mw", "1x16 stale"), **listing("mw", "1x56", id="i2"),
    }, expect=[(RESOLVED, 5, row("resolved"))]),
    Case("Meshwarden is killed", OVERVIEW, series={
        on("meshwarden_incidents_open", "mw", severity="high"): "1x16 stale", **listing("mw", "1x16 stale"),
    }, expect=[(LISTED, 3, row("open")), (LISTED, 5, {})]),
    Case("one of two is killed", OVERVIEW, series={
        on("meshwarden_incidents_open", "us", severity="high"): "1x16 stale", **listing("us", "1x16 stale"),
        **counting("eu", "0x80"),
    }, expect=[(LISTED, 3, row("open")), (LISTED, 5, {})]),
    Case("its replica goes on", OVERVIEW, series={
        on("meshwarden_incidents_open", "a", severity="high"): "1x16 stale", **listing("a", "1x16 stale"),
        **counting("b", "1x20 0x40"), **listing("b", "1x20 stale"),
    }, expect=[(LISTED, 5, row("open")), (LISTED, 6, row("resolved"))]),
    Case("its database fails", INCIDENTS, series={
        **counting("mw", "1x16 stale"), **listing("mw", "1x16 stale"),
    }, expect=[(RESOLVED, 5, {}), (UNACKNOWLEDGED, 3, {"{}": 1}), (UNACKNOWLEDGED, 5, {})]),
    Case("more are open than are listed", INCIDENTS, series={
        **counting("mw", "1x16 2x40"), **listing("mw", "1x16 stale"), **listing("mw", "_x16 1x40", id="i2"),
    }, expect=[(RESOLVED, 5, {})]),
    Case("none is open", INCIDENTS, series=counting("mw", "0x40"),
         expect=[(RESOLVED, 5, {}), (UNACKNOWLEDGED, 5, {"{}": 0})]),
    *[Case(f"an escalated incident, {chosen} chosen", INCIDENTS, chosen={"severity": [chosen]}, series={
        **counting("mw", "1x16 0x40"), **listing("mw", "1x8 stale", severity="low"), **listing("mw", "_x9 1x7 stale"),
    }, expect=[(RESOLVED, 5, rows)]) for chosen, rows in (("low", {}), ("high", row("resolved")))],
    Case("an escalated incident", INCIDENTS, series={
        **counting("mw", "1x16 0x40"), **listing("mw", "1x8 stale", severity="low"), **listing("mw", "_x9 1x7 stale"),
    }, expect=[(RESOLVED, 5, row("resolved"))]),
]

HALF, MOST = "Time to tell A", "Time to tell B"


def told(values):
    """Buckets of the time to tell, by their upper bounds."""
    return {on("up", "mw"): "1x640", on("process_start_time_seconds", "mw"): "0x640", **{
        on("meshwarden_time_to_tell_seconds_bucket", "mw", target="oncall", le=bound): of_bound
        for bound, of_bound in values.items()}}


def seconds(value):
    return {'{target="oncall"}': value}


TELLING = [
    Case("a thousand were told at once long ago, ten slowly in the range", INCIDENTS, series=told({
        "5": "1000x640", "300": "1000x640", "600": "1000x400 1010x240", "+Inf": "1000x400 1010x240",
    }), expect=[(HALF, 160, seconds(450)), (MOST, 160, seconds(585))]),
    Case("nothing was told in the range", INCIDENTS, series=told({
        "5": "1000x640", "300": "1000x640", "600": "1000x640", "+Inf": "1000x640",
    }), expect=[(HALF, 160, {}), (MOST, 160, {})]),
    Case("the histogram is born with four, which stand for all", INCIDENTS, series=told({
        "5": "_x500 0x140", "300": "_x500 0x140", "600": "_x500 4x140", "+Inf": "_x500 4x140",
    }), expect=[(HALF, 160, seconds(450))]),
    Case("Meshwarden began again within the range", INCIDENTS, series=told({
        "5": "1000x500 0x140", "300": "1000x500 0x140", "600": "1000x450 1002x50 2x140",
        "+Inf": "1000x450 1002x50 2x140",
    }), expect=[(HALF, 160, seconds(450))]),
]


AMBIENT, AMBIENT_PAIRS = "Denials by source and service D", "Top denied pairs D"


def refused(service, service_namespace):
    """Twenty connections that the server's ztunnel refused; the service is its guess."""
    labels = {**EDGE, "destination_service_name": service, "destination_service_namespace": service_namespace}
    return {on("up", "ztunnel"): "1x80", on(
        "istio_tcp_connections_closed_total", "ztunnel", reporter="destination", response_flags="DENY",
        connection_security_policy="mutual_tls", **labels, **SERVER): "_x17 20x60"}


def pair(service):
    return {**EDGE, **SERVER, "destination_service_name": service}


def clicked(panel, labels):
    """{variable: values} that the link "Only this service" of a panel sets for a series with those labels."""
    panel = next(each for each in panels(load(OVERVIEW_PATH)) if each["title"] == panel)
    columns = {label: name for change in panel.get("transformations", []) if change["id"] == "organize"
               for name, label in change["options"]["renameByName"].items()}
    found = {}
    for variable, label in re.findall(r"var-(\w+)=\$\{__(?:field\.labels|data\.fields)\.(\w+):percentencode\}",
                                      json.dumps(panel["fieldConfig"])):
        found[variable] = [labels[columns.get(label, label)]]
    assert set(found) == {"namespace", "service"}
    return found


DRILLED = [
    *[Case(f"ztunnel's refusals of {service}, {'chosen by a click on ' + panel if panel else 'all shown'}", OVERVIEW,
           chosen=panel and clicked(panel, pair(service)), series=refused(service, namespace),
           expect=[(AMBIENT, 5, {text(pair(service)): 20}),
                   (AMBIENT_PAIRS, 5, {text({"kind": "L4", **pair(service)}): 20})])
      for service, namespace in (("ledger", "pay"), ("unknown", "unknown"))
      for panel in (None, "Denials by source and service", "Top denied pairs")],
    *[Case(f"incidents of a service and of a workload, {service} of {namespace} chosen", OVERVIEW,
           chosen={"namespace": [namespace], "service": [service]}, series={
               **counting("mw", "3x80"), **listing("mw", "1x80"),
               **listing("mw", "1x80", id="i2", destination="pay/ledger"),
               **listing("mw", "1x80", id="i3", destination="bank/ledger"),
           }, expect=[(LISTED, 5, rows)])
      for namespace, service, rows in (
          ("pay", "ledger", {**row("open"), **row("open", id="i2", destination="pay/ledger")}),
          ("bank", "mail", row("open", id="i3", destination="bank/ledger")), ("shop", "ledger", {}))],
]


@pytest.mark.parametrize("case", COUNTED + ONCE + STATES + TELLING + DRILLED, ids=lambda case: case.name)
def test_panel(case, tmp_path):
    dashboard = load(os.path.join(ROOT, "dashboards", case.dashboard))
    texts = variables(dashboard, case.chosen)
    expressions = {where: interpolated(expression, case.step, case.since, texts)
                   for where, expression, _ in queries(dashboard)}
    asked = [{"expr": expressions[where], "eval_time": f"{minute}m",
              "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()]}
             for where, minute, samples in case.expect]
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    test = {"interval": f"{SCRAPE}s", "input_series": series, "promql_expr_test": asked}
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}, width=10000), encoding="utf-8")
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
