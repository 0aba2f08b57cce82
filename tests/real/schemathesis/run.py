"""Our description of the API held against the running service by schemathesis (PyPI), with all its checks. The service
watches a simulated mesh through a real Prometheus, and has incidents. Exit: 0 good, 1 it is not so, 77 schemathesis
cannot be had. Two minutes.

  run.py [--url URL --token TOKEN]     a service that runs already, instead
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
VENV = os.path.join(ROOT, "build", "venv-schemathesis")
VERSION = "4.32.5"
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import Stack, ask, wait_until  # noqa: E402

TOKEN = "all-powerful"
# A stream has no end to wait for (tests/web/events_test.cpp holds it); a reload is tried by itself: it restarts much.
ENDLESS, RELOAD = "/api/v1/events", "/-/reload"


def schemathesis():
    """The program, in a virtual environment of its own; None where it cannot be had."""
    program = os.path.join(VENV, "bin", "schemathesis")
    if not os.access(program, os.X_OK):
        steps = ([sys.executable, "-m", "venv", VENV],
                 [os.path.join(VENV, "bin", "pip"), "install", "-q", "--retries", "1", "schemathesis==" + VERSION])
        for step in steps:
            if subprocess.run(step, timeout=180, check=False).returncode != 0:
                return None
    return program


def run(program, url, token, examples, *which):
    settings = os.path.join(HERE, "schemathesis.toml")
    command = [program, "--config-file", settings, "run", url + "/api/v1/openapi.json",
               "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", "1",
               "--workers", "2", "--request-timeout", "20", "--suppress-health-check", "all", "--no-color",
               "--header", f"Authorization: Bearer {token}", *which]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": HERE}
    return subprocess.run(command, env=environment, cwd=tempfile.gettempdir(), timeout=200, check=False).returncode


def hold(program, url, token):
    kept = run(program, url, token, 50, "--exclude-path", ENDLESS, "--exclude-path", RELOAD)
    return kept or run(program, url, token, 2, "--include-path", RELOAD)


def main():
    program = schemathesis()
    if not program:
        return 77
    if sys.argv[1:2] == ["--url"]:
        return min(1, hold(program, sys.argv[2], sys.argv[4]))
    with tempfile.TemporaryDirectory() as directory:
        with Stack(directory, services=10) as stack:
            file = stack.write("admin.token", TOKEN)
            stack.settings = {"web": {"listen": f"127.0.0.1:{stack.web_port}",
                                      "tokens": [{"name": "boss", "role": "admin", "token_file": file}]}}
            stack.start()
            stack.inject("denials-http", count=40, over=1)

            def incidents():
                status, text = ask("GET", stack.web + "/api/v1/incidents", headers={"Authorization": "Bearer " + TOKEN})
                return status == 200 and json.loads(text)["incidents"]

            wait_until("an incident", 60, incidents, explain=stack.explain)
            code = hold(program, stack.web, TOKEN)
            assert stack.stop_warden() == 0, stack.explain()
            return min(1, code)


if __name__ == "__main__":
    sys.exit(main())
