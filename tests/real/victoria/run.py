"""Meshwarden on VictoriaMetrics instead of Prometheus: faults with the exact count, across a pod's restart and
an autoscaling, and nothing else opens. Exit: 0 good, 1 it is not so, 77 victoria-metrics cannot be had. A minute."""
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "e2e"))
from harness import Stack, Timeout, ask, belongs, debian_binary, wait_until  # noqa: E402

import yaml  # noqa: E402

# (kind, parameters, rule, exact value); the waiting of rbac-denials is the longest, hence first.
FAULTS = [("denials-tcp", {"count": 30, "over": 0}, "rbac-denials", 30),
          ("denials-grpc", {"count": 21, "over": 0}, "authz-denials", 21),
          ("mtls", {"count": 60, "over": 0, "reason": "fail_verify_error"}, "mtls-failures", 60),
          ("retry-storm", {"count": 150, "over": 2}, "retry-storm", 150),
          ("slow-convergence", {"count": 10, "over": 0}, "slow-convergence", 10),
          ("xds-reject", {"count": 3, "over": 0}, "xds-rejected", 3)]
PLACE = "destination_namespace"
TROUBLES = [("pod-restart", {}), ("autoscale", {"replicas": 4})]


class VictoriaStack(Stack):
    """VictoriaMetrics scrapes the mesh itself."""

    def start_prometheus(self):
        path = self.write("scrape.yml", yaml.safe_dump(self.prometheus_config(), sort_keys=False))
        # By default it keeps 30 labels of a series and drops source_workload, late in the alphabet.
        self.spawn("victoria-metrics", debian_binary("victoria-metrics", "VICTORIA_METRICS"),
                   "-promscrape.config=" + path, "-promscrape.config.strictParse=false",
                   "-promscrape.httpSDCheckInterval=1s", "-maxLabelsPerTimeseries=60",
                   "-storageDataPath=" + os.path.join(self.directory, "victoria"),
                   f"-httpListenAddr=127.0.0.1:{self.prometheus_port}", "-loggerLevel=ERROR")
        healthy = self.prometheus + "/health"
        wait_until("VictoriaMetrics", 60, lambda: ask("GET", healthy)[0] == 200, explain=self.explain)


def values(stack, rule, fault):
    """Of the incidents of this rule at the fault's place; the control plane's have none."""
    return [i["value"] for i in stack.incidents(rule=rule) if belongs(i["labels"], fault) or not i["labels"].get(PLACE)]


def wait_counted(stack, rule, fault, value):
    """Problems of one fault: none where its one incident came in time and holds exactly what was done."""
    try:
        wait_until(rule, 45, lambda: values(stack, rule, fault) == [value], every=0.3)
        return []
    except Timeout:
        return [f"{fault['kind']}: wanted {rule} {value}, have {values(stack, rule, fault)}"]


def around_trouble(stack):
    """12 refusals, a trouble, 13 refusals, at two places: 25 each."""
    problems, faults = [], []
    for (kind, parameters), place in zip(TROUBLES, stack.denial_places()[:len(TROUBLES)]):
        refusals = {"over": 0, "source": "known", "destination": place}
        faults.append(stack.inject("denials-http", count=12, **refusals))
        stack.wait_incident("authz-denials", faults[-1], 45, lambda incident: incident["value"] >= 12)
        stack.inject(kind, destination=place, **parameters)
        time.sleep(4)  # the new pods must be scraped before anything is refused again
        stack.inject("denials-http", count=13, **refusals)
    for fault in faults:
        problems += wait_counted(stack, "authz-denials", fault, 25)
    return problems


def judge(stack):
    stack.wait_learned()
    problems = around_trouble(stack)
    faults = [(stack.inject(kind, **parameters), rule, value) for kind, parameters, rule, value in FAULTS]
    for fault, rule, value in faults:
        problems += wait_counted(stack, rule, fault, value)
    serious = [i["rule"] for i in stack.incidents() if i["severity"] in ("critical", "high", "medium")]
    if len(serious) != len(FAULTS) + len(TROUBLES):
        problems.append(f"other incidents: {sorted(serious)}")
    blind = [s["signal"] for s in stack.get("/api/v1/signals")["signals"] if s["state"] == "blind"]
    return problems + [f"{signal} is blind" for signal in blind]


def main():
    try:
        debian_binary("victoria-metrics", "VICTORIA_METRICS")
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 77
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="meshwarden-victoria-") as directory, VictoriaStack(directory) as stack:
        stack.start()
        problems = judge(stack)
        if problems:
            print("\n".join(problems + [stack.explain()]), file=sys.stderr)
    took = time.monotonic() - began
    print(f"VictoriaMetrics: {len(FAULTS) + len(TROUBLES)} faults, {len(problems)} problems, {took:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
