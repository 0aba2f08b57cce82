"""The main path with real parts: the mesh refuses, Prometheus scrapes, Meshwarden opens, tells, resolves; under a minute."""
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, ask, ask_json, wait_until  # noqa: E402
from page import Page  # noqa: E402

SIGNAL = """\
signals:
  - name: rate_limited
    kind: counter
    selector: istio_requests_total{response_code="429",response_flags=~".*RL.*"}
    labels:
      source_namespace: source_workload_namespace
      source_workload: source_workload
      destination_namespace: destination_service_namespace
      destination_service: destination_service_name
    reporters: [destination, source]
    live: count by (job, instance) (istio_requests_total)
"""
RULE = """\
groups:
  - name: limits
    rules:
      - name: rate-limited
        signal: rate_limited
        by: [destination_namespace, destination_service]
        window: 10s
        threshold: 20
        severity: medium
        summary: '{{ value }} requests to {{ destination_service }} were over the limit'
        action: Raise the limit, or ask the caller
"""
SERIES = ('istio_requests_total{{reporter="destination",source_workload="web",source_workload_namespace="shop",'
          'destination_workload="api-v1",destination_workload_namespace="pay",destination_service="api.pay.svc.cluster.local",'
          'destination_service_name="api",destination_service_namespace="pay",request_protocol="http",response_code="{code}",'
          'response_flags="{flags}",connection_security_policy="mutual_tls"}} {value}\n')


@pytest.fixture(scope="module", name="page")
def page_fixture():
    with Page("# TYPE istio_requests_total counter\n" + SERIES.format(code=200, flags="-", value=1000)) as page:
        yield page


@pytest.fixture(scope="module", name="stack")
def stack_fixture(tmp_path_factory, page):
    with Stack(tmp_path_factory.mktemp("main"), overrides={"authz-denials": {"window": "10s", "keep_firing_for": "2s"}},
               pages=[page.address], settings={"signals": ["limits-signals.yaml"], "rules": ["limits-rules.yaml"]}) as stack:
        stack.write("limits-signals.yaml", SIGNAL)
        stack.write("limits-rules.yaml", RULE)
        stack.began = time.monotonic()
        yield stack.start()


def test_from_a_refusal_to_a_resolved_incident(stack):
    fault = stack.inject("denials-http", count=40, over=0, source="known")
    incident = stack.wait_incident("authz-denials", fault, 20, lambda i: i["value"] == 40 and "40" in i["summary"])
    assert (incident["severity"], incident["state"], incident["kind"]) == ("high", "open", "threshold")
    assert incident["threshold"] == 10 and incident["window"] == "10s" and not incident["late"] and not incident["blind"]
    assert incident["action"].startswith("Investigate the source service")
    wait_until("the webhook to hear of it", 10, lambda: stack.told(incident))
    incident = stack.wait_incident("authz-denials", fault, 40, lambda i: i["state"] == "resolved")
    assert incident["resolve_reason"] == "quiet" and incident["value"] == 40
    assert incident["started_at"] <= incident["opened_at"] <= incident["resolved_at"]
    wait_until("the webhook to hear the end", 10, lambda: len(stack.told(incident)) == 2)
    assert time.monotonic() - stack.began < 60, "the main path takes under a minute"
    assert [reason for reason, _ in stack.told(incident)] == ["opened", "resolved"]
    opened, resolved = [r["body"] for r in stack.hook.taken if r["body"]["alerts"][0]["labels"]["incident"] == incident["id"]]
    alert = opened["alerts"][0]
    assert (opened["status"], resolved["status"]) == ("firing", "resolved")
    assert alert["fingerprint"] == incident["fingerprint"] == resolved["alerts"][0]["fingerprint"]
    assert alert["labels"] == {**incident["labels"], "alertname": "authz-denials", "severity": "high", "incident": incident["id"]}
    assert alert["annotations"]["action"] == incident["action"] and incident["id"] in alert["annotations"]["incident_url"]
    assert alert["generatorURL"].startswith(stack.web)
    assert not stack.violations()


def test_a_signal_and_a_rule_by_yaml_alone(stack, page):
    assert stack.incidents(rule="rate-limited") == []
    page.text += SERIES.format(code=429, flags="RL", value=30)
    found = wait_until("the incident", 20, lambda: stack.incidents(rule="rate-limited"), explain=stack.explain)
    assert len(found) == 1 and found[0]["value"] == 30, "a counter born at 30 has counted 30"
    assert found[0]["labels"]["destination_service"] == "api" and found[0]["labels"]["destination_namespace"] == "pay"
    assert found[0]["summary"] == "30 requests to api were over the limit"


def test_what_people_look_at(stack):
    """The faces that other programs rely on, once with real data behind them."""
    signals = {s["signal"]: s["state"] for s in stack.get("/api/v1/signals")["signals"]}
    assert signals["authz_denials"] in ("observed", "zero") and signals["retries"] in ("observed", "zero"), signals
    assert stack.query("meshwarden_watchdog") and stack.query("meshwarden_watchdog")[0][1] == 1, "Prometheus scrapes us"
    rules = [r for g in ask_json("GET", stack.web + "/api/v1/rules")["data"]["groups"] for r in g["rules"]]
    assert {"authz-denials", "mtls-failures", "tcp-new-edge", "slow-convergence", "retry-storm", "rate-limited"} <= {r["name"] for r in rules}
    assert ask("GET", stack.web + "/")[0] == 200
    assert stack.verify()[0] == 0


def test_evidence_outlives_prometheus(stack):
    fault = stack.inject("denials-http", count=30, over=0, source="known")
    incident = stack.wait_incident("authz-denials", fault, 20, lambda i: i["value"] >= 30 and i["state"] == "open")
    stack.stop_prometheus()
    whole = stack.incident(incident["id"])
    evidence = whole["evidence"]
    assert evidence["taken_at"] and evidence["rule"]["name"] == "authz-denials" and float(evidence["rule"]["threshold"]) == 10
    assert 1 <= len(evidence["series"]) <= 20 and evidence["truncated"] is False
    for series in evidence["series"]:
        assert series["metric"]["response_code"] == "403" and series["points"], series
        assert all(len(point) == 2 for point in series["points"])
        assert sorted(series["points"]) == series["points"], "points are in the order of time"
    assert 10 < sum(series["increment"] for series in evidence["series"]) <= 30
    source = evidence["top_sources"][0]
    assert source["labels"]["source_workload"] == fault["labels"]["source_workload"] and source["value"] > 10
    assert [event["event"] for event in whole["timeline"]][0] == "opened"
    assert all(event["hash"] for event in whole["timeline"])
    assert whole["notices"][0]["target"] == "hook" and whole["notices"][0]["reason"] == "opened"
