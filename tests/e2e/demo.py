"""The demonstration behind `make demo`: a simulated mesh, a real Prometheus, Meshwarden, and strict doubles of Slack, PagerDuty and a
webhook. Plays demo.yaml and tells what happens; runs until Ctrl-C, or for DEMO_SECONDS after the past was learned, and then judges itself.

Writes build/demo/report.json. Exit 0: every fault opened an incident of its allowed set and none outside it, everybody was told, all of
it resolved, no double refused anything. With --no-faults, for as long: nothing of severity medium or above may open.
"""
import argparse
import datetime
import json
import os
import shutil
import signal
import sys
import threading
import time

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import LABELS, ROOT, Stack, belongs  # noqa: E402
from past import give_past  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SERIOUS = ("critical", "high", "medium")


def clock(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(stamp):
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


# An incident may begin a little before its fault: an edge's silence counts from its last call, and samples have their own times.
SLACK = 6.0  # seconds
PATIENCE = 300.0  # seconds, until the past must be read


class Account:
    """What was injected and what came of it, printed as it happens. No fault of the scenario comes twice to one place, so an incident
    that reopens was invented. `faults` are demo.yaml's entries plus `record` and `injected`."""

    def __init__(self, stack, began, color):
        self.stack, self.began, self.color = stack, began, color
        self.faults, self.incidents, self.states = [], {}, {}
        self.opened_at, self.told_at, self.resolved_at, self.reopened = {}, {}, {}, []

    def say(self, word, text, code):
        word = f"{word:<9}"
        if self.color:
            word = f"\033[{code}m{word}\033[0m"
        print(f"{time.time() - self.began:6.1f} s  {word} {text}", flush=True)

    def injected(self, fault, record):
        fault["record"], fault["injected"] = record, record.get("started_at") or time.time()
        self.faults.append(fault)
        place = " ".join(f"{k}={v}" for k, v in sorted(record.get("labels", {}).items()) if k in LABELS)
        how = " ".join(f"{k}={v}" for k, v in fault["parameters"].items() if k in ("count", "over", "reason", "share"))
        self.say("injected", f"{fault['kind']} {how} {place}", "33")

    def owner(self, incident):
        """The fault that an incident speaks of: by rule and labels first, then the latest before it began; None if it is nobody's."""
        started = seconds_of(incident["started_at"])
        fitting = [f for f in self.faults if incident["rule"] in f["allowed"] and started >= f["injected"] - SLACK
                   and (belongs(incident["labels"], f["record"]) or not any(incident["labels"].get(k) for k in LABELS))]
        return max(fitting, key=lambda f: f["injected"], default=None)

    def where(self, incident):
        sides = [[incident["labels"].get(f"{side}_{part}") for part in ("namespace", "service", "workload")]
                 for side in ("source", "destination")]
        named = ["/".join(x for x in (space, service or workload) if x) for space, service, workload in sides]
        return " -> ".join(n for n in named if n) or " ".join(f"{k}={v}" for k, v in incident["labels"].items())

    def look(self):
        """Takes in what is new."""
        for incident in reversed(self.stack.incidents()):
            identity, before = incident["id"], self.states.get(incident["id"])
            self.incidents[identity], self.states[identity] = incident, incident["state"]
            if before is None:
                self.opened_at[identity] = incident["opened_at"]
                owner = self.owner(incident)
                cause = f"of {owner['kind']}" if owner else "NOBODY EXPECTED IT"
                self.say("opened", f"{incident['severity']} {incident['rule']} {self.where(incident)}: {incident['summary']} ({cause})", "31")
            self.look_for_telling(incident)
            if before == "resolved" and incident["state"] != "resolved":
                self.reopened.append(incident)
                self.say("REOPENED", f"{incident['rule']} {self.where(incident)}: {incident['summary']} (NOBODY EXPECTED IT)", "31")
            if incident["state"] == "resolved" and before != "resolved":
                self.resolved_at[identity] = incident["resolved_at"]
                self.say("resolved", f"{incident['rule']} {self.where(incident)} ({incident['resolve_reason']})", "32")

    def look_for_telling(self, incident):
        identity = incident["id"]
        if identity in self.told_at:
            return
        times = {name: self.reached(name, incident) for name in self.expected_targets(incident)}
        if all(times.values()):
            self.told_at[identity] = max(times.values())
            self.say("told", f"{incident['rule']} {self.where(incident)}: {', '.join(times)}", "36")

    @staticmethod
    def expected_targets(incident):
        return ("slack", "hook", "pagerduty") if incident["severity"] in ("critical", "high") else ("slack", "hook")

    def reached(self, name, incident):
        """When a double took the first notice about this incident, None if it did not yet."""
        double = self.stack.doubles[name]
        needle = {"slack": incident["id"], "hook": incident["id"], "pagerduty": incident["fingerprint"]}[name]
        return next((r["received_at"] for r in double.taken if needle in json.dumps(r["body"])), None)

    def fault_report(self, fault):
        mine = [i for i in self.incidents.values() if self.owner(i) is fault]
        times = lambda table: sorted(table[i["id"]] for i in mine if i["id"] in table)  # noqa: E731
        whole = all(i["id"] in self.told_at and (i["id"] in self.resolved_at or not fault["resolves"]) for i in mine)
        rules = {i["rule"] for i in mine}
        told = times(self.told_at)
        return {"kind": fault["kind"], "parameters": fault["parameters"], "injected": clock(fault["injected"]),
                "allowed": fault["allowed"], "opened": (times(self.opened_at) or [None])[0],
                "told": clock(told[0]) if told else None, "resolved": (times(self.resolved_at) or [None])[-1],
                "incidents": sorted(f"{i['rule']} {self.where(i)}" for i in mine), "rules": sorted(rules),
                "ok": whole and set(fault["opens"]) <= rules}

    def report(self):
        faults = [self.fault_report(f) for f in self.faults]
        unexpected = [{k: i[k] for k in ("rule", "severity", "labels", "summary", "started_at")}
                      for i in [*(i for i in self.incidents.values() if self.owner(i) is None), *self.reopened]]
        violations = self.stack.violations()
        undelivered = self.stack.pending()
        return {"faults": faults, "unexpected": unexpected, "violations": violations, "undelivered": undelivered,
                "ok": all(f["ok"] for f in faults) and not violations and not undelivered and not unexpected}


def read_scenario(path):
    with open(path, encoding="utf-8") as file:
        scenario = yaml.safe_load(file)
    for fault in scenario["faults"]:
        fault.setdefault("parameters", {})
        fault.setdefault("opens", [])
        fault.setdefault("resolves", True)
        fault["allowed"] = fault["opens"] + fault.pop("also", [])
    return scenario


def make_stack(directory, scenario):
    stack = Stack(directory, services=scenario["services"], seed=scenario["seed"], scrape=scenario["scrape_interval"],
                  overrides=scenario["overrides"], mesh=("--background",), targets=("slack", "pagerduty", "hook"),
                  settings={"instance": "demo", "anomaly": {"learning_period": scenario["learning_period"],
                                                            "interval": scenario["anomaly_interval"],
                                                            "warm_up": f"{scenario['past']['hours']}h"}, "routes": [
                      {"match": ['severity=~"critical|high"'], "targets": ["pagerduty", "slack", "hook"]},
                      {"targets": ["slack", "hook"]}]})
    return stack


def knows_the_past(status):
    return not status["learning"] and not any(each["warm_up"] for each in status["prometheus"])


def play(account, scenario, with_faults, stop, seconds):
    """Injects what is due and looks at what came of it, until the end."""
    stack, ends = account.stack, time.time() + PATIENCE if seconds else float("inf")
    due, learned = sorted(scenario["faults"], key=lambda f: f["at"]) if with_faults else [], None
    while not stop.wait(0.25) and time.time() < ends:
        if learned is None and knows_the_past(stack.get("/api/v1/status")):
            learned = time.time()
            ends = learned + seconds if seconds else ends
            account.say("learned", "the mesh as it is; from here on a new edge is news", "34")
        while learned and due and time.time() - learned >= due[0]["at"]:
            fault = due.pop(0)
            account.injected(fault, stack.inject(fault["kind"], **fault["parameters"]))
        account.look()
    return not due


def judge(account, with_faults, played):
    report = account.report()
    if with_faults:
        report["ok"] = report["ok"] and played
    else:
        report["ok"] = not any(i["severity"] in SERIOUS for i in account.incidents.values()) and not report["violations"]
    return report


def tell(report, path):
    for fault in report["faults"]:
        print(f"  {'ok ' if fault['ok'] else 'BAD'} {fault['kind']:<20} {', '.join(fault['incidents']) or 'opened nothing'}")
    for name in ("unexpected", "violations", "undelivered"):
        for item in report[name]:
            print(f"  BAD {name}: {json.dumps(item)[:600]}")
    print(f"{'ok' if report['ok'] else 'NOT OK'}: {len(report['faults'])} faults; the report is {os.path.relpath(path)}", flush=True)


def run_directory(parent):
    """A fresh directory of this run's own; those of earlier runs that have ended are removed."""
    os.makedirs(parent, exist_ok=True)
    for name in os.listdir(parent):
        if name.startswith("run-") and not os.path.exists(f"/proc/{name.removeprefix('run-')}"):
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)
    run = os.path.join(parent, f"run-{os.getpid()}")
    shutil.rmtree(run, ignore_errors=True)
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default=os.path.join(HERE, "demo.yaml"))
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--directory", default=os.path.join(ROOT, "build", "demo"))
    arguments = parser.parse_args()
    seconds = float(os.environ.get("DEMO_SECONDS") or 0)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    began, scenario = time.time(), read_scenario(arguments.scenario)
    run = run_directory(arguments.directory)
    with make_stack(run, scenario) as stack:
        account = Account(stack, began, sys.stdout.isatty())
        stack.start_others()
        account.say("past", f"of {scenario['past']['hours']} hours is made up for Prometheus", "34")
        give_past(stack, **scenario["past"])
        stack.start_warden()
        account.say("started", f"Console: {stack.web}/   Prometheus: {stack.prometheus}/   Mesh: {stack.mesh}/", "34")
        account.say("learning", "from the past", "34")
        played = play(account, scenario, not arguments.no_faults, stop, seconds)
        report = judge(account, not arguments.no_faults, played)
        code = stack.stop_warden()
        report["ok"] = report["ok"] and code == 0
    path = os.path.join(arguments.directory, "report.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    tell(report, path)
    return 0 if report["ok"] or (not seconds and stop.is_set()) else 1


if __name__ == "__main__":
    sys.exit(main())
