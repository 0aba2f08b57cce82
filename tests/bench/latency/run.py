"""How long from the moment a target's page holds the crossing value until somebody is told, beside Prometheus and Alertmanager.

  python3 tests/bench/latency/run.py [--services 100] [--tries 8] [--scrape 5]

One run: the simulated mesh, one Prometheus that scrapes it and evaluates five_rows.rules.yml every 5 s into Alertmanager (group_wait 0s),
and Meshwarden with its shipped rules, each with a webhook of its own. Each try of a kind is made at a service of its own, at another
phase of the scrape interval. Writes build/bench/latency.json and latency.md; exit 0 only if the goals hold: every try told, median at
most 4 s, at most one try in 20 over 7 s.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "e2e"))
from harness import ROOT, Stack, ask, debian_binary, free_port, wait_until  # noqa: E402
from double import Double, Verdict  # noqa: E402

MEDIAN, SLOW, SLOW_SHARE = 4.0, 7.0, 1 / 20
PATIENCE = 30.0  # seconds after which a try counts as never told

# kind: what is injected, at which sort of place, the rule that must speak, and the alert of the other side.
KINDS = {
    "denials sustained (600/min)": dict(fault="denials-http", at="http", rule="authz-denials", alert="authz-denials",
                                        parameters=dict(count=100, over=10, threshold=10, source="known")),
    "denials burst, old series": dict(fault="denials-http", at="http", rule="authz-denials", alert="authz-denials", warm=6,
                                      parameters=dict(count=40, over=0, threshold=10, source="known")),
    "denials burst, new series": dict(fault="denials-http", at="http", rule="authz-denials", alert="authz-denials",
                                      parameters=dict(count=40, over=0, threshold=10, source="known")),
    "denials burst, gRPC": dict(fault="denials-grpc", at="grpc", rule="authz-denials", alert="authz-denials",
                                parameters=dict(count=40, over=0, threshold=10)),
    "denials burst, ambient": dict(fault="denials-ambient", at="ambient", rule="authz-denials", alert="authz-denials-ambient",
                                   parameters=dict(count=40, over=0, threshold=10)),
    "mTLS failures": dict(fault="mtls", at="http", rule="mtls-failures", alert="mtls-failures",
                          parameters=dict(count=12, over=0, threshold=5, reason="fail_verify_error")),
    "new TCP edge": dict(fault="new-edge", at="tcp", rule="tcp-new-edge", alert="new-edge",
                         parameters=dict(count=5, over=0, protocol="tcp")),
    "retry storm": dict(fault="retry-storm", at="http", rule="retry-storm", alert="retry-storm",
                        parameters=dict(count=200, over=0, threshold=100)),
}
ONCE = {"slow convergence": dict(fault="slow-convergence", rule="slow-convergence", alert="slow-convergence",
                                 parameters=dict(count=10, over=0, threshold=4))}


class Receiver(Double):
    """Where Alertmanager tells: takes everything."""

    name = "alertmanager-side"

    def judge(self, request):
        return Verdict(200, "")


def alertmanager():
    """Debian's Alertmanager reads its templates from /usr/share; where it is only unpacked, it gets to see them there."""
    program = debian_binary("prometheus-alertmanager", "ALERTMANAGER")
    unpacked = os.path.join(os.path.dirname(os.path.dirname(program)), "share")
    if os.path.exists("/usr/share/prometheus/alertmanager/default.tmpl") or unpacked == "/usr/share":
        return [program]
    return ["unshare", "--mount", "--", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', unpacked, program]


class Bench(Stack):
    """A Stack whose Prometheus evaluates the five rows into an Alertmanager of its own."""

    def __init__(self, directory, **options):
        self.alertmanager_port = free_port()
        self.receiver = Receiver()
        super().__init__(directory, **options)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.receiver.stop()

    def prometheus_config(self):
        config = super().prometheus_config()
        config["rule_files"] = [os.path.join(HERE, "five_rows.rules.yml")]
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alertmanager_port}"]}]}]}
        return config

    def start_mesh(self):
        super().start_mesh()
        self.receiver.start()
        config = {"route": {"receiver": "bench", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
                  "receivers": [{"name": "bench", "webhook_configs": [{"url": self.receiver.url, "send_resolved": False}]}]}
        path = self.write("alertmanager.yml", yaml.safe_dump(config))
        self.spawn("alertmanager", *alertmanager(), "--config.file=" + path,
                   "--storage.path=" + os.path.join(self.directory, "am"), "--cluster.listen-address=", "--log.level=warn",
                   f"--web.listen-address=127.0.0.1:{self.alertmanager_port}")
        wait_until("Alertmanager", 20, lambda: ask("GET", f"http://127.0.0.1:{self.alertmanager_port}/-/ready")[0] == 200)


def places(stack):
    """Services by sort, as namespace/name, each with a caller that is known; no service stands in two sorts."""
    found = {"http": stack.denial_places()}
    for sort, query in (("grpc", 'istio_requests_total{reporter="destination",request_protocol="grpc"}'),
                        ("tcp", 'istio_tcp_connections_opened_total{reporter="destination",app!="ztunnel"}'),
                        ("ambient", 'istio_tcp_connections_opened_total{reporter="destination",app="ztunnel",'
                                    'destination_workload_namespace="bank"}')):
        names = {f"{labels['destination_workload_namespace']}/{labels['destination_workload']}" for labels, _ in stack.query(
            f"group by (destination_workload_namespace, destination_workload) ({query})")}
        found[sort] = sorted(n for n in names if "unknown" not in n)
    return found


def assign(stack, tries):
    """For each kind and try a place, each used once for a rule; the mesh must be large enough."""
    found, free, assigned = places(stack), {}, {}
    for kind, spec in KINDS.items():
        pool = free.setdefault((spec["rule"], spec["at"]), list(found[spec["at"]]))
        assigned[kind] = [{"destination": pool.pop(0)} for _ in range(tries)]
    callers = {}
    for labels, _ in stack.query('group by (source_workload, destination_workload) (istio_tcp_connections_opened_total{reporter="destination"})'):
        callers.setdefault(labels["destination_workload"], set()).add(labels["source_workload"])
    sources = list(found["http"])
    for place in assigned["new TCP edge"]:
        known = callers.get(place["destination"].split("/")[1], set())
        place["source"] = next(s for s in sources if s.split("/")[1] not in known)
        sources.remove(place["source"])
    return assigned


def last_scrape(stack, place):
    """The phase of a service's first pod: when Prometheus scraped it last."""
    space, name = place.split("/")
    found = stack.query(f'timestamp(up{{namespace="{space}",app="{name}"}})')
    return min(value for _, value in found) if found else 0.0


def fits(have, labels):
    return all(have.get(name) == value for name, value in labels.items())


def told_by_us(stack, try_):
    """When our webhook was told of this try; None while it was not."""
    labels = try_["fault"]["labels"]
    side = {"tcp-new-edge": ("source_namespace", "source_workload"), "mtls-failures": ("destination_namespace", "destination_workload"),
            "slow-convergence": ()}.get(try_["rule"], ("destination_namespace", "destination_service"))
    wanted = {"alertname": try_["rule"], **{name: labels.get(name) for name in side}}
    return next((r["received_at"] for r in stack.hook.taken if r["received_at"] >= try_["crossed"] and r["note"] == "opened"
                 and fits(r["body"]["alerts"][0]["labels"], wanted)), None)


def told_by_them(stack, try_):
    labels, names = try_["fault"]["labels"], {
        "authz-denials": {"destination_service_namespace": "destination_namespace", "destination_service_name": "destination_service"},
        "authz-denials-ambient": {"destination_workload_namespace": "destination_namespace", "destination_workload": "destination_workload"},
        "mtls-failures": {"namespace": "destination_namespace", "app": "destination_workload"},
        "new-edge": {name: name for name in ("source_workload", "destination_workload")},
        "retry-storm": {"dst_host": "destination_service"}, "slow-convergence": {}}[try_["alert"]]
    wanted = {"alertname": try_["alert"], **{theirs: labels.get(ours) for theirs, ours in names.items()}}
    return next((r["received_at"] for r in stack.receiver.taken if r["received_at"] >= try_["crossed"]
                 for alert in r["body"]["alerts"] if alert["status"] == "firing" and fits(alert["labels"], wanted)), None)


def inject(stack, kind, spec, place):
    fault = stack.inject(spec["fault"], **{**spec["parameters"], **place})
    return {"kind": kind, "place": place, "fault": fault, "rule": spec["rule"], "alert": spec["alert"],
            "crossed": fault.get("crossed_at") or fault["started_at"]}


def one_round(stack, scrape, phase, jobs):
    """One try of every kind, each `phase` of a scrape interval after its own target's scrape; waits until both sides were told."""
    begun, due = [], []
    for kind, spec, place in jobs:
        since = last_scrape(stack, place["destination"]) if place else 0.0
        due.append(((phase * scrape - (time.time() - since)) % scrape + time.time(), kind, spec, place))
    for moment, kind, spec, place in sorted(due, key=lambda item: item[0]):
        time.sleep(max(0.0, moment - time.time()))
        begun.append(inject(stack, kind, spec, place))
    deadline = time.time() + PATIENCE
    while time.time() < deadline:
        time.sleep(0.25)
        for try_ in begun:
            record = stack.fault(try_["fault"])
            try_["crossed"] = record.get("crossed_at") or try_["crossed"]
            try_["us"], try_["them"] = told_by_us(stack, try_), told_by_them(stack, try_)
        if all(try_["us"] and try_["them"] for try_ in begun):
            break
    return begun


def summary(latencies, tries):
    told = sorted(x for x in latencies if x is not None)
    return {"tries": tries, "told": len(told), "median": round(statistics.median(told), 2) if told else None,
            "worst": round(told[-1], 2) if told else None, "over_7s": sum(x > SLOW for x in told),
            "all": [None if x is None else round(x, 2) for x in latencies]}


def collect(tries):
    table = {}
    for kind in [*KINDS, *ONCE]:
        mine = [t for t in tries if t["kind"] == kind]
        sides = {side: [t[side] and t[side] - t["crossed"] for t in mine] for side in ("us", "them")}
        table[kind] = {side: summary(values, len(mine)) for side, values in sides.items()}
    ours = [x for row in table.values() for x in row["us"]["all"]]
    told = [x for x in ours if x is not None]
    median = statistics.median(told) if told else None
    slow = sum(x > SLOW for x in told)
    goals = {"every try told": len(told) == len(ours), "median of every kind that has more than one try at most 4 s": all(
        row["us"]["median"] is not None and row["us"]["median"] <= MEDIAN for kind, row in table.items() if kind in KINDS),
        "at most one try in 20 over 7 s": slow <= max(1, len(ours) * SLOW_SHARE)}
    return {"kinds": table, "median": median, "over_7s": slow, "tries": len(ours), "goals": goals, "ok": all(goals.values())}


def markdown(result, options):
    lines = [f"# Latency: {options.services} services, scrapes every {options.scrape} s", "",
             "Seconds from the crossing value on the target's page to the webhook, Meshwarden beside Prometheus 2.42 (rules every 5 s)",
             "and Alertmanager (group_wait 0s), same run, same Prometheus.", "",
             "| kind | Meshwarden told | median | worst | Prometheus + Alertmanager told | median | worst |", "|---|---|---|---|---|---|---|"]
    for kind, row in result["kinds"].items():
        cells = [f"{row[s]['told']} of {row[s]['tries']} | {row[s]['median'] or '-'} | {row[s]['worst'] or '-'}" for s in ("us", "them")]
        lines.append(f"| {kind} | {cells[0]} | {cells[1]} |")
    lines += ["", *[f"- {'yes' if held else '**no**'}: {goal}" for goal, held in result["goals"].items()], ""]
    return "\n".join(lines)


def warm_up(stack, assigned):
    """Old series: a few refusals long before, at every pod and by the same caller, so that the series exist."""
    for kind, spec in KINDS.items():
        for place in assigned[kind] if "warm" in spec else ():
            labels = stack.inject(spec["fault"], count=spec["warm"], over=0, source="known", **place)["labels"]
            place["source"] = f"{labels['source_namespace']}/{labels['source_workload']}"
    stack.inject("deploy", destination="istio-system/istio-ingressgateway")  # makes istiod's histogram exist


def run(options, directory):
    with Bench(directory, services=options.services, seed=options.seed, scrape=f"{options.scrape}s", learning="20s",
               overrides={}) as stack:
        stack.start()
        assigned = assign(stack, options.tries)
        warm_up(stack, assigned)
        stack.wait_learned(90)
        time.sleep(max(0.0, 65 - stack.services / 100))  # the window of the five rows must be full before anything is compared
        tries = []
        for number in range(options.tries):
            jobs = [(kind, spec, assigned[kind][number]) for kind, spec in KINDS.items()]
            jobs += [(kind, spec, {}) for kind, spec in ONCE.items()] if number == 0 else []
            tries += one_round(stack, options.scrape, (number + 0.5) / options.tries, jobs)
            print(f"round {number + 1} of {options.tries}: " + ", ".join(
                f"{t['kind']} {t['us'] - t['crossed']:.1f}" if t["us"] else f"{t['kind']} NOT TOLD" for t in tries[-len(jobs):]), flush=True)
        result = collect(tries)
        result["violations"] = stack.violations()
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--tries", type=int, default=8)
    parser.add_argument("--scrape", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        result = run(options, directory)
    folder = os.path.join(ROOT, "build", "bench")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "latency.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    text = markdown(result, options)
    with open(os.path.join(folder, "latency.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
