"""Never miss, never invent, with real parts. The scenarios take minutes of waiting, so they run side by side, a Stack each."""
import concurrent.futures
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, wait_until  # noqa: E402

SERIOUS = ("critical", "high", "medium")


def until(moment):
    time.sleep(max(0.0, moment - time.monotonic()))


def seen_by_prometheus(stack, count, fault):
    """Waits until a scrape holds `count` refusals at the fault's service."""
    service = fault["labels"]["destination_service"]
    query = f'sum(istio_requests_total{{response_code="403",reporter="destination",destination_service_name="{service}"}})'
    wait_until(f"{count} refusals at {service} in Prometheus", 20,
               lambda: (stack.query(query) or [(0, 0)])[0][1] >= count, explain=stack.explain)


def stopped_during_a_burst(directory):
    """Meshwarden is stopped for 120 s; a burst of 40 begins and ends meanwhile."""
    with Stack(directory, seed=2, overrides={"authz-denials": {"keep_firing_for": "5s"}}) as stack:
        stack.start()
        code, stopped = stack.stop_warden(), time.monotonic()
        until(stopped + 5)
        fault = stack.inject("denials-http", count=40, over=5, source="known")
        until(stopped + 120)
        stack.start_warden()
        stack.wait_incident("authz-denials", fault, 30, lambda i: i["state"] == "resolved")
        stack.wait_told()
        time.sleep(3)
        incidents = stack.incidents(rule="authz-denials")
        return {"code": code, "incidents": incidents, "told": [r for r, _ in stack.told(incidents[0])],
                "violations": stack.violations()}


def prometheus_down(directory):
    """Prometheus is down for 100 s; 60 handshakes fail meanwhile."""
    with Stack(directory, seed=3, overrides={"mtls-failures": {"keep_firing_for": "5s"}}) as stack:
        stack.start()
        stack.stop_prometheus()
        stopped = time.monotonic()
        until(stopped + 30)
        fault = stack.inject("mtls", count=60, over=20, reason="fail_verify_error")
        until(stopped + 100)
        stack.start_prometheus()
        incident = stack.wait_incident("mtls-failures", fault, 30, lambda i: i["value"] >= 60)
        wait_until("it to be told", 10, lambda: stack.told(incident), explain=stack.explain)
        return {"incidents": stack.incidents(rule="mtls-failures"), "unreachable": stack.incidents(rule="prometheus-unreachable"),
                "told": [r for r, _ in stack.told(incident)], "violations": stack.violations()}


def two_bursts_around(stack, place, trouble):
    """12 refusals, trouble, 13 refusals, all at one service; the fault's record."""
    fault = stack.inject("denials-http", count=12, over=0, source="known", destination=place)
    seen_by_prometheus(stack, 12, fault)
    time.sleep(1.5)
    trouble()
    stack.inject("denials-http", count=13, over=0, source="known", destination=place)
    return fault


def restarts_and_outages(directory):
    """A restart, a deploy, an autoscaling, a scrape outage of two minutes, each between refusals; then the whole mesh restarts."""
    with Stack(directory, seed=4, services=24, overrides={"authz-denials": {"window": "10m"}}) as stack:
        stack.start()
        places = stack.denial_places()[:5]
        kinds = ("scrape-outage", "pod-restart", "deploy", "autoscale")
        began, faults = time.monotonic(), {}
        parameters = {"scrape-outage": {"over": 120}, "autoscale": {"replicas": 5}}
        for kind, place in zip(kinds, places):
            def trouble(kind=kind, place=place):
                stack.inject(kind, destination=place, **parameters.get(kind, {}))
                time.sleep(5)
            faults[kind] = two_bursts_around(stack, place, trouble)
        until(began + 135)
        for kind in kinds:
            stack.wait_incident("authz-denials", faults[kind], 20, lambda i: i["value"] >= 25)
        stack.inject("mesh-restart")
        time.sleep(8)
        faults["mesh-restart"] = stack.inject("denials-http", count=11, over=0, source="known", destination=places[4])
        stack.wait_incident("authz-denials", faults["mesh-restart"], 20)
        time.sleep(5)
        values = {kind: [i["value"] for i in stack.incidents_of("authz-denials", fault)] for kind, fault in faults.items()}
        return {"values": values, "incidents": stack.incidents(), "violations": stack.violations()}


def healthy(directory):
    """No fault for 100 s, but all that a healthy mesh does."""
    with Stack(directory, seed=5, services=24, learning="15s", mesh=("--background",)) as stack:
        stack.start()
        began = time.monotonic()
        churn = [("pod-restart", {}), ("deploy", {}), ("autoscale", {"replicas": 4}), ("pod-restart", {}), ("deploy", {"over": 5}),
                 ("autoscale", {"replicas": 1})]
        for step, (kind, parameters) in enumerate(churn):
            until(began + 20 + 12 * step)
            stack.inject(kind, **parameters)
        until(began + 100)
        return {"incidents": stack.incidents(), "violations": stack.violations()}


@pytest.fixture(scope="module", name="scenario")
def scenario_fixture(tmp_path_factory):
    """Starts all of them at once; `scenario(name)` waits for one."""
    runs = (stopped_during_a_burst, prometheus_down, restarts_and_outages, healthy)
    with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
        futures = {run.__name__: pool.submit(run, tmp_path_factory.mktemp(run.__name__)) for run in runs}
        yield lambda name: futures[name].result(400)


def test_meshwarden_stopped_while_a_burst_begins_and_ends(scenario):
    facts = scenario("stopped_during_a_burst")
    assert facts["code"] == 0, "a clean stop"
    assert [(i["value"], i["late"], i["state"]) for i in facts["incidents"]] == [(40, True, "resolved")], facts["incidents"]
    assert facts["told"] == ["opened", "resolved"] and not facts["violations"]


def test_prometheus_down_with_failures_inside(scenario):
    facts = scenario("prometheus_down")
    assert [i["value"] for i in facts["incidents"]] == [60], facts["incidents"]
    assert facts["told"][0] == "opened" and not facts["violations"]
    assert len(facts["unreachable"]) == 1, "and it said that it could not see"


@pytest.mark.parametrize("kind, exactly", [("pod-restart", 25), ("deploy", 25), ("autoscale", 25), ("scrape-outage", 25),
                                           ("mesh-restart", 11)])
def test_nothing_is_missed_and_nothing_invented(scenario, kind, exactly):
    assert scenario("restarts_and_outages")["values"][kind] == [exactly]


def test_a_mesh_that_restarts_invents_no_incident(scenario):
    facts = scenario("restarts_and_outages")
    rules = sorted(i["rule"] for i in facts["incidents"] if i["severity"] in SERIOUS and i["rule"] != "coverage-lost")
    assert rules == ["authz-denials"] * 5, facts["incidents"]
    assert not facts["violations"]


def test_a_healthy_mesh_opens_nothing(scenario):
    facts = scenario("healthy")
    assert [i for i in facts["incidents"] if i["severity"] in SERIOUS] == [] and not facts["violations"]
