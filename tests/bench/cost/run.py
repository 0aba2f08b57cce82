#!/usr/bin/python3
"""What Meshwarden costs: its own CPU and memory, and the CPU that its questions cost Prometheus.

For each size of mesh: the simulated mesh is scraped by a real Prometheus, Meshwarden runs beside it for a warm-up and
then 20 ticks with some trouble going on. Its CPU is read from /proc at each tick (Prometheus' query log tells the ticks
apart). Then Prometheus is started again on the same data with nothing to scrape, and the very questions of those ticks
are asked again, class by class, by turns with evaluations of the five rows' rules, as they are and made to see what
increase() does not (see `seeing_births`), and of other rule files: what its CPU rises by is what they cost, its garbage
collection included. The mesh is meshsim's lifelike one; how many series each family has is told.
Writes build/bench/cost.json and cost.md; exit 0 only if at every size no signal is blind, and our own CPU and
memory hold their goals. What the questions cost Prometheus beside the five rows is told, whatever it is.
"""
import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "e2e"))
from harness import ROOT, Stack, ask_json, debian_binary, wait_until  # noqa: E402
from proc import cpu, memory  # noqa: E402
from report import ASKED, goals, markdown  # noqa: E402

TICKS = 20
FIVE_ROWS = os.path.join(HERE, "..", "latency", "five_rows.rules.yml")
PROBE = "time()"  # a tick's first question


def kind_of(query):
    """Which of our questions this is: for alerts, for the topology, or whether the families are alive at all."""
    if query.startswith("sum by ("):
        return "topology"
    if query.startswith("count by (cluster, job, instance)"):
        return "liveness"
    return "alerts"


class Mesh(Stack):
    """A Stack whose Prometheus logs its queries, reads its targets rarely, and may be started frozen."""

    def __init__(self, directory, poll, **options):
        super().__init__(directory, targets=("hook",), **options)
        self.poll, self.frozen = poll, False
        self.query_log = os.path.join(self.directory, "queries.log")

    def prometheus_config(self):
        if self.frozen:
            return {"global": {"scrape_interval": "1h"}}
        jobs = [{"job_name": "mesh", "honor_labels": True,
                 "http_sd_configs": [{"url": self.mesh + "/targets", "refresh_interval": "30s"}]}]
        every = {"scrape_interval": self.scrape, "scrape_timeout": self.scrape, "query_log_file": self.query_log}
        return {"global": every, "scrape_configs": jobs}

    def warden_config(self):
        config = super().warden_config()
        config["prometheus"][0]["poll_interval"] = self.poll
        return config

    def wait_scraped(self, seconds=40):
        """Not asked as often as for small meshes: the question is dear here."""
        expected = sum(len(group["targets"]) for group in self.targets())

        def whole():
            return (self.query("count(up)") or [(0, 0)])[0][1] >= 0.99 * expected

        wait_until(f"{expected} targets", seconds, whole, every=5, explain=self.explain)

    def query(self, expression):
        url = self.prometheus + "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        result = ask_json("GET", url, timeout=120)["data"]["result"]
        return [(item["metric"], float(item["value"][1])) for item in result]

    def prometheus_cpu(self):
        return cpu(self.parts["prometheus"].pid)

    def ours(self):
        return self.parts["meshwarden"].pid

    def logged(self):
        """(when, query) of all questions so far, in order."""
        with open(self.query_log, encoding="utf-8") as file:
            entries = [json.loads(line) for line in file if line.endswith("\n")]
        return [(entry["params"]["start"], entry["params"]["query"]) for entry in entries if entry["params"]["query"]]

    def ticks_logged(self):
        try:
            with open(self.query_log, "rb") as file:
                return file.read().count(b'"query":"time()"')
        except FileNotFoundError:
            return 0


def trouble(stack, services):
    """Refusals at a hundredth of the services, for as long as the measurement lasts."""
    for _ in range(max(3, services // 100)):
        stack.inject("denials-http", count=6000, over=600, source="known")


def watch_ticks(stack, wanted, patience):
    """CPU of ours and of Prometheus over `wanted` ticks, tick by tick."""
    pid, deadline = stack.ours(), time.monotonic() + patience
    seen, marks = stack.ticks_logged(), []
    while len(marks) <= wanted:
        if time.monotonic() > deadline:
            raise AssertionError(f"only {len(marks)} ticks in {patience} s\n" + stack.explain())
        time.sleep(0.05)
        now = stack.ticks_logged()
        if now != seen:
            seen = now
            marks.append((time.time(), cpu(pid), stack.prometheus_cpu()))
    return marks


def per_tick(stack, marks):
    """Our CPU of each tick, apart by what else it asked for."""
    questions, ticks = stack.logged(), [entry for entry in stack.logged() if entry[1] == PROBE][-len(marks):]
    del questions[:questions.index(ticks[0])]
    groups, current = [], None
    for when, query in questions:
        if query == PROBE:
            current = []
            groups.append(current)
        current.append(query)
    groups = groups[:len(marks) - 1]
    costs = {"alerts": [], "liveness": [], "topology": []}
    for group, before, after in zip(groups, marks, marks[1:]):
        kinds = {kind_of(query) for query in group}
        kind = "topology" if "topology" in kinds else "liveness" if "liveness" in kinds else "alerts"
        costs[kind].append(after[1] - before[1])
    return groups, costs


def ask_again(stack, queries, at):
    """CPU seconds of Prometheus and megabytes for these questions, one after the other."""
    before, size, began = stack.prometheus_cpu(), 0, time.monotonic()
    for query in queries:
        form = urllib.parse.urlencode({"query": query, "time": f"{at:.3f}"}).encode()
        with urllib.request.urlopen(stack.prometheus + "/api/v1/query", form, timeout=120) as answer:
            size += len(answer.read())
    return {"cpu": stack.prometheus_cpu() - before, "wall": time.monotonic() - began, "megabytes": size / 1e6}


def expressions(path):
    with open(path, encoding="utf-8") as file:
        return [rule["expr"] for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]


def seeing_births(expression):
    """The expression with every increase() written so that it counts a series' first sample in full where its target was
    scraped before, which is what Meshwarden tells of: a counter that is born at its first event has no increase()."""
    def exact(found):
        now, then = f"last_over_time({found[1]}[{found[2]}])", f"last_over_time({found[1]}[{found[2]}] offset {found[2]})"
        return (f"((({now} unless {then}) and on (job, instance) min_over_time(up[{found[2]}] offset {found[2]}) == 1)"
                f" or ({now} - {then}) >= 0 or {now} < {then})")

    return re.sub(r"increase\((.+?)\[(\w+)\]\)", exact, expression)


def means(costs):
    """Of all polls: what one leaves to be collected is often paid for by another."""
    names = costs[0] if costs else ()
    return {**{name: statistics.mean(cost[name] for cost in costs) for name in names}, "times": len(costs)}


def in_pace(groups):
    """The ticks that asked for each selector once: on a busy machine one that comes late reads several scrapes, or all."""
    narrow = [[query.partition("[")[0] for query in group if query.startswith("last_over_time(")] for group in groups]
    usual = max(len(set(asked)) for asked in narrow)
    return [group for group, asked in zip(groups, narrow) if len(asked) == len(set(asked)) == usual]


def replay(stack, groups, at, files):
    """What the questions of the ticks cost Prometheus, by kind, beside one evaluation of the rules, by turns."""
    rules = {"five rows": expressions(FIVE_ROWS), **{os.path.basename(path): expressions(path) for path in files}}
    rules["five rows, births seen"] = [seeing_births(expression) for expression in rules["five rows"]]
    for asked in rules.values():
        ask_again(stack, asked, at)  # warm: what is read first pays for the disk
    costs = {kind: [] for kind in (*rules, "alerts", "liveness", "topology")}
    for group in groups:
        for kind, asked in rules.items():
            costs[kind].append(ask_again(stack, asked, at))
        for kind in ("alerts", "liveness", "topology"):
            queries = [query for query in group if kind_of(query) == kind and query != PROBE]
            if queries:
                costs[kind].append(ask_again(stack, queries, at))
    return {kind: means(found) for kind, found in costs.items()}


def families(stack, at, series):
    """How many series there were of what somebody asks for, and how many others."""
    counts = {}
    for kind, selector in ASKED.items():
        query = urllib.parse.urlencode({"query": f"count({selector})", "time": f"{at:.3f}"})
        rows = ask_json("GET", stack.prometheus + "/api/v1/query?" + query, timeout=120)["data"]["result"]
        counts[kind] = int(rows[0]["value"][1]) if rows else 0
    return {**counts, "others": series - sum(counts.values())}


def by_query(stack, groups, at):
    """The dearest questions of an alert tick, by their shape."""
    shapes = {}
    for group in groups:
        for query in group:
            shapes.setdefault(query[:140], []).append(query)
    rows = []
    for shape, queries in shapes.items():
        queries = queries[:5]
        cost = ask_again(stack, queries, at)
        rows.append({"query": shape, "kind": kind_of(shape), "cpu": round(cost["cpu"] / len(queries), 4),
                     "megabytes": round(cost["megabytes"] / len(queries), 3), "asked": len(shapes[shape])})
    return sorted(rows, key=lambda row: -row["cpu"] * row["asked"])[:25]


def measure(options, services, directory):
    mesh = ("--lifelike", "--background", "--replicas", str(options.replicas))
    scrape = f"{options.scrape}s"
    with Mesh(directory, options.poll, services=services, scrape=scrape, learning="20s", mesh=mesh) as stack:
        for double in stack.doubles.values():
            double.start()
        began = time.monotonic()
        stack.start_mesh()
        stack.start_prometheus()
        stack.wait_scraped(180 + services / 10)
        time.sleep(max(0.0, options.history - (time.monotonic() - began)))
        idle, idle_began = stack.prometheus_cpu(), time.monotonic()
        time.sleep(options.scrape * 2)
        idle = (stack.prometheus_cpu() - idle) / (time.monotonic() - idle_began)
        series = ask_json("GET", stack.prometheus + "/api/v1/status/tsdb", timeout=60)["data"]["headStats"]["numSeries"]

        stack.start_warden(120)
        trouble(stack, services)
        wait_until("the warm-up", 300, lambda: stack.ticks_logged() >= options.warm_up, 0.2, stack.explain)
        start = memory(stack.ours())
        marks = watch_ticks(stack, TICKS, 60 + TICKS * 30)
        seconds, ticks = marks[-1][0] - marks[0][0], len(marks) - 1
        groups, costs = per_tick(stack, marks)
        at = stack.query("vector(time())")[0][1]
        status = stack.get("/api/v1/signals")["signals"]
        now, highest = memory(stack.ours())
        result = {
            "services": services, "series": series, "targets": sum(len(g["targets"]) for g in stack.targets()),
            "scrape_interval": options.scrape, "seconds_per_tick": seconds / ticks,
            "our_cpu_per_tick": (marks[-1][1] - marks[0][1]) / ticks,
            "our_cpu_by_kind": {kind: sum(values) / len(values) if values else None for kind, values in costs.items()},
            "ticks_by_kind": {kind: len(values) for kind, values in costs.items()},
            "after_warm_up_mb": round(start[0]), "resident_mb": round(now), "peak_mb": round(highest),
            "prometheus_scraping_cpu_per_second": idle,
            "prometheus_added_cpu_per_tick": (marks[-1][2] - marks[0][2] - idle * seconds) / ticks,
            "incidents": len(stack.incidents()),
            "blind": {s["signal"]: s["cause"]["text"] for s in status if s["state"] == "blind"},
        }
        stack.stop_warden()
        stack.stop_prometheus()
        stack.parts["meshsim"].kill()
        stack.frozen = True
        stack.start_prometheus()
        kept = in_pace(groups) or groups
        result["ticks_in_pace"] = len(kept)
        result["prometheus"] = replay(stack, kept, at, options.rules)
        result["queries"] = by_query(stack, groups, at)
        result["families"] = families(stack, at, series)
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, nargs="*",
                        default=[int(n) for n in (os.environ.get("COST_SERVICES") or "100 1000").split()])
    parser.add_argument("--scrape", type=int, default=15)
    parser.add_argument("--poll", default=os.environ.get("COST_POLL") or "auto",
                        help="Meshwarden's poll_interval; auto grows where others use the machine")
    parser.add_argument("--replicas", type=int, default=1, help="pods of a service")
    parser.add_argument("--rules", nargs="*", default=[], metavar="FILE", help="other rule files to set beside the five rows")
    parser.add_argument("--history", type=int, default=100, help="seconds of scraping before Meshwarden starts")
    parser.add_argument("--warm-up", type=int, default=10, help="ticks")
    options = parser.parse_args()
    debian_binary("prometheus", "PROMETHEUS")
    results = []
    for services in options.services:
        with tempfile.TemporaryDirectory() as directory:
            results.append(measure(options, services, directory))
    held = [goal for result in results for goal in goals(result).values()]
    folder = os.path.join(ROOT, "build", "bench")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "cost.json"), "w", encoding="utf-8") as file:
        json.dump({"sizes": results, "ok": all(held)}, file, indent=1)
    with open(os.path.join(folder, "cost.md"), "w", encoding="utf-8") as file:
        file.write(markdown(results))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
