#!/usr/bin/python3
"""A soak: one Meshwarden beside 1,000 services under a seeded random mix of faults, restarts and pauses of Prometheus,
failing targets, API abuse and reloads, for SOAK_SECONDS (an hour by default).

At the end all is made well again, and then: memory and descriptors have not grown after the warm-up (judge.py says what
growth is), every tick was held or counted as missed, every counted fault has exactly one incident and every incident of
those rules is such a fault's, the doubles were told of each once, and the chain verifies. Writes build/bench/soak.json
and soak.md; exit 0 only if all of it holds.
"""
import argparse
import json
import os
import random
import re
import sys
import tempfile
import threading
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "e2e"), os.path.join(HERE, "..", "cost")]
from harness import ROOT, Stack, Timeout, ask, ask_json, debian_binary, wait_until  # noqa: E402
import judge  # noqa: E402
from proc import cpu, descriptors, memory  # noqa: E402
from trouble import COUNTED, Trouble  # noqa: E402

INTERVAL = 3  # seconds between ticks
RULES = {rule: {"keep_firing_for": "20s"} for rule, _ in COUNTED.values()}


class Soaked(Stack):
    def __init__(self, directory, services, seed):
        super().__init__(directory, services=services, seed=seed, scrape="10s", learning="60s", overrides=RULES,
                         targets=("hook", "slack", "pagerduty"), mesh=("--replicas", "1"))
        self.repeat_interval = "4h"

    def prometheus_config(self):
        config = super().prometheus_config()
        for job in config["scrape_configs"]:
            for discovery in job.get("http_sd_configs", []):
                discovery["refresh_interval"] = "5s"
        return config

    def warden_config(self):
        config = super().warden_config()
        config["prometheus"][0]["poll_interval"] = f"{INTERVAL}s"
        return {**config, "incidents": {"repeat_interval": self.repeat_interval}}

    def write_config(self, repeat_interval):
        self.repeat_interval = repeat_interval
        self.write("meshwarden.yaml", yaml.safe_dump(self.warden_config(), sort_keys=False))

    def places(self):
        found = self.query('group by (destination_workload_namespace, destination_workload) ({'
                           '__name__=~"istio_requests_total|istio_tcp_connections_opened_total",'
                           'destination_workload!="unknown"})')
        return sorted("/".join((labels["destination_workload_namespace"], labels["destination_workload"]))
                      for labels, _ in found)

    def beats(self):
        """(when, ticks held, ticks missed)."""
        text = ask("GET", self.web + "/metrics", timeout=30)[1]
        held, missed = (sum(float(value) for value in re.findall(rf"^meshwarden_{name}\{{[^}}]*\}} (\S+)$", text, re.M))
                        for name in ("ticks_total", "ticks_missed_total"))
        return time.time(), held, missed


class Sampler(threading.Thread):
    """(seconds, resident MB, descriptors) every two seconds."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.samples, self._stop_now, self._began = pid, [], threading.Event(), time.monotonic()
        self.start()

    def run(self):
        while not self._stop_now.wait(2):
            try:
                self.samples.append((time.monotonic() - self._began, memory(self.pid)[0], descriptors(self.pid)))
            except (OSError, KeyError):
                return

    def end(self):
        self._stop_now.set()
        self.join(10)


def calm(stack, records):
    """All counted incidents are resolved and told."""
    def quiet():
        open_now = [i for i in stack.incidents() if i["rule"] in RULES and i["state"] != "resolved"]
        return not open_now and not stack.pending()

    if records:
        time.sleep(15)  # a scrape shows the last fault
    try:
        wait_until("every incident to resolve and be told", 400, quiet, every=2)
    except Timeout as error:
        print(error, file=sys.stderr)


def storm(stack, chance, seconds):
    trouble, ends = Trouble(stack, chance, stack.places()), time.monotonic() + seconds
    while time.monotonic() < ends:
        trouble.step()
        if not stack.parts["meshwarden"].running():
            raise AssertionError("Meshwarden ended\n" + stack.explain())
        time.sleep(min(chance.expovariate(1 / 5), 20))
    trouble.end()
    return trouble


def soak(stack, seconds, chance):
    began = time.time()
    stack.start()
    stack.wait_learned(180)
    pid, first = stack.parts["meshwarden"].pid, stack.beats()
    sampler, calm_descriptors = Sampler(pid), descriptors(pid)
    trouble = storm(stack, chance, seconds)
    calm(stack, trouble.records)
    last = stack.beats()
    sampler.end()
    ticks = {"seconds": last[0] - first[0], "held": int(last[1] - first[1]), "missed": int(last[2] - first[2])}
    ticks["uncounted"] = ticks["seconds"] / INTERVAL - ticks["held"] - ticks["missed"]
    before, after = judge.growth(sampler.samples)
    wrong, exact = judge.incidents_wrong(stack, trouble.records)
    opened = len(trouble.records) - sum("incidents of" in sentence for sentence in wrong)
    wrong += judge.notices_wrong(stack, trouble.records) + judge.ticks_wrong(ticks, INTERVAL, trouble.reloads)
    if after > before * (1 + judge.MOST_GROWTH):
        wrong.append(f"memory grew from {before:.0f} to {after:.0f} MB after the warm-up")
    left = descriptors(pid)
    if left > calm_descriptors + judge.MOST_DESCRIPTORS:
        wrong.append(f"{left} descriptors after {calm_descriptors}")
    head = ask_json("GET", stack.prometheus + "/api/v1/status/tsdb", timeout=60)["data"]["headStats"]
    spent, highest = cpu(pid), memory(pid)[1]
    if stack.stop_warden() != 0:
        wrong.append("Meshwarden did not end well")
    code, text = stack.verify()
    wrong += [f"verify: {text}"] if code else []
    doubles = stack.doubles.values()
    return {"seconds": round(time.time() - began), "services": stack.services, "series": int(head["numSeries"]),
            "trouble": trouble.done, "ticks": ticks, "memory_mb": [before, after, highest], "cpu_seconds": spent,
            "descriptors": [calm_descriptors, left, max(count for _, _, count in sampler.samples)],
            "faults": len(trouble.records), "opened": opened, "exact": exact,
            "requests": sum(len(d.requests) for d in doubles),
            "failed_requests": sum(r["verdict"] in ("failed", "lost") for d in doubles for r in d.requests),
            "database_mb": os.path.getsize(os.path.join(stack.directory, "meshwarden.db")) / 1e6,
            "samples": sampler.samples[::15], "wrong": wrong, "ok": not wrong}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS") or 3600))
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory")
    options = parser.parse_args()
    debian_binary("prometheus", "PROMETHEUS")
    with tempfile.TemporaryDirectory() as scratch:
        with Soaked(options.directory or scratch, options.services, options.seed) as stack:
            result = soak(stack, options.seconds, random.Random(options.seed))
    folder = os.path.join(ROOT, "build", "bench")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "soak.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    with open(os.path.join(folder, "soak.md"), "w", encoding="utf-8") as file:
        file.write(judge.markdown(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
