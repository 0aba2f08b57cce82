"""The past is read from a real Prometheus, so that minutes after the first start scans and lateral movement are told; what was learned
survives kill -9."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, wait_until  # noqa: E402
from past import give_past  # noqa: E402

CALM = {rule: {"enabled": False} for rule in ("tcp-new-edge", "topology-vanished", "authz-new-caller", "coverage-lost")}
ANOMALY = {"learning_period": "1h", "interval": "10s", "warm_up": "6h"}


def learned(stack):
    status = stack.get("/api/v1/status")
    return status["prometheus"][0]["warm_up"] is None and not status["learning"] and status["learning_cause"] == ""


def rules(stack):
    return {incident["rule"] for incident in stack.incidents() if incident["kind"] == "anomaly"}


def stranger_to(workload, stack):
    """A workload with HTTP that this one has never called."""
    edges = [edge for edge in stack.get("/api/v1/topology")["edges"] if edge["protocol"] == "http"]
    called = {edge["destination"] for edge in edges if edge["source"].endswith("/" + workload)}
    others = {edge["destination"] for edge in edges if "/shop/" in edge["destination"]} - called
    return sorted(others)[0].split("/", 1)[1]


def test_a_past_is_read_and_behaviour_is_judged_by_it(tmp_path):
    with Stack(tmp_path, services=20, overrides=CALM, settings={"anomaly": ANOMALY}) as stack:
        stack.start_others()
        give_past(stack, hours=4, step=10)
        stack.start_warden()
        wait_until("the past to be read", 90, lambda: learned(stack), every=0.3, explain=stack.explain)
        assert stack.get("/api/v1/topology")["learning"] is False
        assert rules(stack) == set(), stack.incidents()

        scan = stack.inject("scan", destinations=8, over=2, source="shop/cart")
        whole = lambda incident: incident["value"] >= 6 and len(stack.incident(incident["id"])["evidence"]["notes"]) >= 8  # noqa: E731
        found = stack.wait_incident("topology-fan-out", scan, seconds=60, want=whole)  # a scan may lie in two intervals
        assert found["severity"] == "high" and found["labels"]["source_workload"] == "cart"

        first = stack.inject("new-edge", source="new", destination="pay/wallet", protocol="http")
        second = stack.inject("new-edge", source="pay/wallet", destination=stranger_to("pay/wallet", stack), protocol="http")
        chain = stack.wait_incident("topology-lateral", second, seconds=60)
        notes = "\n".join(stack.incident(chain["id"])["evidence"]["notes"])
        assert f"{first['labels']['source_namespace']}/{first['labels']['source_workload']} had reached pay/wallet" in notes

        before = {incident["id"] for incident in stack.incidents()}
        stack.kill_warden()
        stack.start_warden()
        wait_until("what was missed to be read", 60, lambda: learned(stack), every=0.3, explain=stack.explain)
        assert {incident["id"] for incident in stack.incidents()} == before
        assert stack.verify()[0] == 0
