"""A new edge: found, called expected by an operator, told no longer; withdrawn, told again; all of it in the graph and the log."""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, ask_json, binary, wait_until  # noqa: E402


def command(stack, *arguments):
    done = subprocess.run([binary("meshwarden"), *arguments, "--format", "json"], cwd=stack.directory, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_what_an_operator_calls_expected_is_not_told(tmp_path):
    with Stack(tmp_path, services=12) as stack:
        stack.start()
        stack.wait_learned()
        before = time.time()
        fault = stack.inject("new-edge", count=5, over=1)
        labels = fault["labels"]
        source = f"{labels['source_namespace']}/{labels['source_workload']}"
        incident = stack.wait_incident("topology-new-edge", fault, seconds=90)

        def edge(graph):
            found = [each for each in graph["edges"] if each["source"].endswith("/" + source) and not each["expected"]]
            assert len(found) <= 1
            return found and found[0]

        new = edge(stack.get("/api/v1/topology"))
        assert new["justification"] is None and new["first_seen"] >= time.strftime("%Y-%m-%dT%H:%M", time.gmtime(before))
        changed = stack.get(f"/api/v1/topology/diff?from={before - 1:.0f}")
        assert edge(changed)["change"] == "added" and changed["complete_since"] < changed["from"]
        assert not [each for each in stack.get(f"/api/v1/topology?at={before - 1:.0f}")["edges"]
                    if (each["source"], each["destination"]) == (new["source"], new["destination"])]
        saved = edge(command(stack, "topology"))  # beside the service
        assert {key: saved[key] for key in ("source", "destination", "protocol", "first_seen", "mtls")} == \
               {key: new[key] for key in ("source", "destination", "protocol", "first_seen", "mtls")}

        said = ask_json("POST", stack.web + "/api/v1/expectations",
                        {"match": [f"source_namespace=\"{labels['source_namespace']}\"", f"source_workload=\"{labels['source_workload']}\""],
                         "note": "a planned migration", "owner": "payments", "expires_at": "2999-01-01T00:00:00Z"})
        wait_until("the incident to be over", 30, lambda: stack.incident(incident["id"])["state"] == "resolved", explain=stack.explain)
        assert not edge(stack.get("/api/v1/topology"))
        again = {"count": 5, "over": 1, "source": source, "destination": f"{labels['destination_namespace']}/{labels['destination_service']}",
                 "protocol": new["protocol"]}
        stack.inject("new-edge", **again)
        time.sleep(5)
        assert stack.incident(incident["id"])["state"] == "resolved"

        assert command(stack, "expect", "--withdraw", said["id"])["ended_by"].startswith("cli:")
        stack.inject("new-edge", **again)
        wait_until("the incident to be back", 90, lambda: stack.incident(incident["id"])["state"] == "open", explain=stack.explain)
        assert edge(stack.get("/api/v1/topology"))["destination"] == new["destination"]
        stack.stop_warden()
        assert [each["note"] for each in command(stack, "expect", "--all")["expectations"]] == ["a planned migration"]
        assert edge(command(stack, "topology"))
        assert stack.verify()[0] == 0, stack.verify()
        assert stack.violations() == []
