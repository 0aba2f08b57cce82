"""kill -9 at random moments in a storm whose targets fail half of the time: python3 tests/e2e/crash.py KILLS [--seed N] [--directory DIR]

Afterwards: no incident lost, none doubled, the chain whole, every notice delivered, the same key on every repeat. Prints one JSON
object; exit 0 only if all of it holds.
"""
import argparse
import collections
import json
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, belongs, wait_until  # noqa: E402

OVERRIDES = {"authz-denials": {"window": "10s", "keep_firing_for": "1s"}, "rbac-denials": {"enabled": False},
             "tcp-new-edge": {"enabled": False}, "topology-new-edge": {"enabled": False},
             "authz-new-caller": {"enabled": False}, "coverage-lost": {"enabled": False}}
BURST = 20


class Storm:
    """Bursts of refusals, each at a service that had none yet, until the services are used up."""

    def __init__(self, stack, destinations, every):
        self.stack, self.records, self._stop = stack, [], threading.Event()
        self._destinations, self._every = list(destinations), every
        self._thread = threading.Thread(target=self._blow, daemon=True)

    def _blow(self):
        for name in self._destinations:
            self.records.append(self.stack.inject("denials-http", count=BURST, over=0.5, source="known", destination=name))
            if self._stop.wait(self._every):
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)


def kill_again_and_again(stack, kills, chance):
    """Each life lasts a random while, start-up included: some end before the store is open, some in the middle of a notice."""
    for _ in range(kills):
        time.sleep(chance.choice((chance.uniform(0.0, 0.3), chance.uniform(0.3, 3.0))))
        stack.kill_warden()
        stack.launch_warden()


def per_incident(stack):
    """For each incident told to the webhook: a counter of its keys by reason (distinct keys, not repeats)."""
    keys = collections.defaultdict(lambda: collections.defaultdict(set))
    for request in stack.hook.taken:
        key = request["headers"]["idempotency-key"]
        fingerprint, reason, _ = key.split(":")
        keys[fingerprint][reason].add(key)
    return keys


def judge(stack, records):
    """Sentences on what is wrong."""
    wrong, incidents = [], [i for i in stack.incidents() if i["rule"] == "authz-denials"]
    for record in records:
        found = [i for i in incidents if belongs(i["labels"], record)]
        if len(found) != 1:
            wrong.append(f"{len(found)} incidents for {record['labels']}")
        elif found[0]["value"] != BURST:
            wrong.append(f"value {found[0]['value']} instead of {BURST} at {record['labels']}")
        elif found[0]["state"] != "resolved":
            wrong.append(f"{found[0]['state']} at {record['labels']}")
    if len(incidents) != len(records):
        wrong.append(f"{len(incidents)} incidents of {len(records)} faults")
    keys = per_incident(stack)
    for incident in incidents:
        for reason in ("opened", "resolved"):
            count = len(keys[incident["fingerprint"]][reason])
            if count != 1 + incident.get("reopened", 0):
                wrong.append(f"{count} keys for {reason} of {incident['labels']}")
        if stack.doubles["pagerduty"].alerts.get(("0123456789abcdef" * 2, f"e2e:{incident['fingerprint']}")) != "resolved":
            wrong.append(f"PagerDuty was not told the end of {incident['labels']}")
        if not any(incident["id"] in json.dumps(r["body"]) for r in stack.doubles["slack"].taken):
            wrong.append(f"Slack was not told of {incident['labels']}")
    wrong += [f"refused by {v['double']}: {v['problems']}" for v in stack.violations()]
    wrong += [f"not delivered: {d}" for d in stack.pending()]
    code, text = stack.verify()
    return wrong + ([f"verify: {text}"] if code else [])


def run(directory, kills, seed=1):
    """The whole experiment; a dictionary with `ok` and what was wrong."""
    chance, began = random.Random(seed), time.time()
    seconds = kills * 1.2 + 10
    with Stack(directory, services=40 if kills < 50 else 100, seed=seed, overrides=OVERRIDES,
               targets=("hook", "slack", "pagerduty")) as stack:
        stack.start()
        stack.wait_learned()
        for double in stack.doubles.values():
            double.faults.set({"random": 0.5, "answers": [500, 429, "cut", "hang"]})
        destinations = stack.denial_places()[:max(8, min(40, kills))]
        with Storm(stack, destinations, seconds / len(destinations)) as storm:
            kill_again_and_again(stack, kills, chance)
            wait_until("the storm to end", 120, lambda: len(storm.records) == len(destinations))
        stack.wait_ready(60)
        for double in stack.doubles.values():
            double.faults.set({"clear": True})

        def calm():
            done = [i for i in stack.incidents() if i["rule"] == "authz-denials" and i["state"] == "resolved"]
            return len(done) >= len(destinations) and not stack.pending()

        try:
            wait_until("every incident to resolve and be told", 90, calm, every=0.5)
        except AssertionError as error:
            print(error, file=sys.stderr)
        wrong = judge(stack, storm.records)
        failed = sum(r["verdict"] in ("failed", "lost") for d in stack.doubles.values() for r in d.requests)
        return {"kills": kills, "incidents": len(storm.records), "requests": sum(len(d.requests) for d in stack.doubles.values()),
                "failed_requests": failed, "seconds": round(time.time() - began, 1), "wrong": wrong, "ok": not wrong}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = run(arguments.directory or scratch, arguments.kills, arguments.seed)
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
