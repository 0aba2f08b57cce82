"""meshwarden topology and expect, over a database that the service left: forms, past, hostile names, what operators say."""
import getpass
import json
import os
import pathlib
import sqlite3
import subprocess
import xml.etree.ElementTree as xml

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MESHWARDEN_BUILD", ROOT / "build" / "dev"))
START = 1767225600  # 2026-01-01
HOSTILE = '\x1b[2J"]; n0 -> n0 [label="</graphml><script>'
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


def labels(destination, **more):
    return {"source_namespace": "shop", "source_workload": "web", "destination_namespace": "pay", "destination_workload": destination,
            "protocol": "http", **more}


def edge(destination, first, since, last, expected=True, **more):
    """As anomaly/edges.cpp saves one."""
    return [labels(destination, **more), first * 1000, last * 1000, 100, 1.0, 0.5, 12, expected, False, since * 1000, 50, 0.25, False]


@pytest.fixture(name="folder")
def folder_fixture(tmp_path):
    """Known since the first hour: ledger, silent from 1 h to 5 h; since the second: a hostile one, found as new. Saved at 10 h."""
    hour = 3600
    database = sqlite3.connect(tmp_path / "meshwarden.db")
    database.executescript((ROOT / "tests/data/incidents/schema-2.sql").read_text())
    edges = [edge("ledger", START, START + 5 * hour, START + 10 * hour, mtls="mutual_tls"),
             edge(HOSTILE, START + 2 * hour, START + 2 * hour, START + 3 * hour, False, destination_namespace="shop")]
    state = {"version": 1, "edges": json.dumps(edges), "callers": [], "learning_until": START * 1000, "kept_since": START * 1000,
             "at": (START + 10 * hour) * 1000}
    database.execute("UPDATE detector_states SET bytes = ? WHERE name = 'main/topology'", (json.dumps(state).encode(),))
    database.commit()
    (tmp_path / "meshwarden.yaml").write_text("prometheus: [{name: main, url: 'http://127.0.0.1:9'}]\nstorage: {url: 'sqlite:meshwarden.db'}\n")
    yield tmp_path
    database.close()


def run(folder, *arguments, code=0):
    done = subprocess.run([BUILD / "meshwarden", *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def graph(folder, *arguments):
    return json.loads(run(folder, "topology", "--format", "json", *arguments).stdout)


def migrate(folder):
    """As the service does at its start: the first that may write."""
    run(folder, "expect", 'source_workload="nobody"', "--note", "x")
    run(folder, "expect", "--withdraw", "14")
    past = {"labels": labels("ledger"), "first_seen": START * 1000, "events": 36, "expected": True, "mtls": "none", "score": 0}
    with sqlite3.connect(folder / "meshwarden.db") as database:
        database.execute("INSERT INTO presences VALUES ('main', 'x', ?, ?, ?)",
                         (START * 1000, (START + 3600) * 1000, json.dumps(past)))


def test_the_graph_of_an_older_database_is_read_and_the_file_left_alone(folder):
    before = (folder / "meshwarden.db").read_bytes()
    assert len(graph(folder)["edges"]) == 2
    assert json.loads(run(folder, "expect", "--format", "json").stdout) == {"expectations": []}
    assert (folder / "meshwarden.db").read_bytes() == before


def test_text_is_a_table_that_no_name_breaks(folder):
    done = run(folder, "topology")
    lines = done.stdout.splitlines()
    assert len(lines) == 3 and lines[0].startswith("SOURCE")
    assert "\x1b" not in done.stdout
    columns = [line.index(word) for line, word in zip(lines[1:], ("pay/ledger", "shop/\ufffd[2J"))]
    assert columns == [lines[0].index("DESTINATION")] * 2
    assert "2 edges as of 2026-01-01T10:00:00.000Z" in done.stderr


def test_forms_are_well_formed_whatever_the_names(folder):
    tree = xml.fromstring(run(folder, "topology", "--format", "graphml").stdout)
    nodes = [{d.get("key"): d.text for d in node} for node in tree.iter(GRAPHML + "node")]
    assert {"cluster": None, "namespace": "shop", "workload": HOSTILE.replace("\x1b", "\ufffd")} in nodes
    edges = [{d.get("key"): d.text for d in each} for each in tree.iter(GRAPHML + "edge")]
    assert len(edges) == 2 and {each["expected"] for each in edges} == {"true", "false"}
    dot = run(folder, "topology", "--format", "dot").stdout.splitlines()
    assert len([line for line in dot if line.lstrip().startswith("n") and "->" in line.split("[")[0]]) == 2
    assert graph(folder)["edges"][1]["destination"] == "/shop/" + HOSTILE


def test_the_past_and_what_changed(folder):
    migrate(folder)
    then = graph(folder, "--at", "2026-01-01T00:30:00Z")
    assert [(each["mtls"], each["rate"], each["last_seen"]) for each in then["edges"]] == [("none", 0.01, "2026-01-01T00:30:00.000Z")]
    assert graph(folder, "--at", "2025-12-31T00:00:00Z")["edges"] == []
    silent = graph(folder, "--at", str(START + 4 * 3600))["edges"]
    assert [(each["active"], each["expected"]) for each in silent] == [(False, True), (True, False)]
    changed = graph(folder, "--diff", "2026-01-01T03:30:00Z")
    assert [each["change"] for each in changed["edges"]] == ["returned", "vanished"]
    assert changed["from"] == "2026-01-01T03:30:00.000Z" and changed["to"] == "2026-01-01T10:00:00.000Z"
    assert [each["change"] for each in graph(folder, "--diff", "2026-01-01T00:30:00Z")["edges"]] == ["changed", "added"]
    done = run(folder, "topology", "--at", "2025-12-31T00:00:00Z")
    assert "the past is complete only since 2026-01-01T00:00:00.000Z" in done.stderr


def test_what_operators_say_is_kept_shown_and_proven(folder):
    said = run(folder, "expect", 'destination_workload="ledger"', 'source_namespace="shop"', "--note", "the nightly\x1b report",
               "--owner", "payments", "--expires", "30d", "--format", "json")
    said = json.loads(said.stdout)
    assert said["created_by"] == "cli:" + getpass.getuser() and said["owner"] == "payments"
    run(folder, "expect", 'destination_namespace="shop"', "--note", "nobody should", "--unexpected")
    edges = graph(folder)["edges"]
    assert [each["expected"] for each in edges] == [True, False]
    assert edges[0]["justification"]["note"] == "the nightly\x1b report" and edges[1]["justification"]["note"] == "nobody should"
    report = run(folder, "topology", "--cross-namespace").stdout.splitlines()
    assert len(report) == 2 and "payments: the nightly\ufffd report (until " in report[1]
    listed = run(folder, "expect").stdout
    assert "unexpected" in listed and "\x1b" not in listed
    run(folder, "expect", "--withdraw", said["id"])
    run(folder, "expect", "--withdraw", said["id"])
    assert run(folder, "topology", "--cross-namespace").stdout.splitlines()[1].endswith("none")
    assert len(json.loads(run(folder, "expect", "--format", "json").stdout)["expectations"]) == 1
    assert len(json.loads(run(folder, "expect", "--all", "--format", "json").stdout)["expectations"]) == 2
    assert "whole: 16 events" in run(folder, "verify", "meshwarden.db").stdout


def test_what_has_no_end_is_not_shown_as_withdrawn(folder):
    run(folder, "expect", 'source_workload="a"', "--note", "x")
    lines = run(folder, "expect").stdout.splitlines()
    assert len(lines) == 2 and "withdrawn" not in lines[1]
    assert lines[1][lines[0].index("UNTIL"):].startswith("no end ")


@pytest.mark.parametrize("arguments", [['source_workload="a"', "--note", "x"], ["--withdraw", "14"]])
def test_a_database_that_cannot_be_written_is_named_with_the_cause(folder, arguments):
    migrate(folder)
    other = sqlite3.connect(folder / "meshwarden.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = run(folder, "expect", *arguments, code=3).stderr
    other.close()
    assert "meshwarden.db'" in said and "database is locked; another process has held" in said
    assert said.endswith("; nothing was changed\n")


@pytest.mark.parametrize("arguments, code", [
    (["topology", "--at", "then"], 2), (["topology", "--format", "svg"], 2), (["topology", "--config", "none.yaml"], 3),
    (["expect", "--note", "x"], 2), (["expect", 'source_workload="a"'], 2), (["expect", 'source_workload=~".*"', "--note", "x"], 2),
    (["expect", 'source_workload="a"', "--note", "x", "--expires", "2020-01-01T00:00:00Z"], 2), (["expect", "--withdraw", "99"], 1),
    (["expect", 'source_workload="a"', "--withdraw", "1"], 2)])
def test_exit_codes(folder, arguments, code):
    assert run(folder, *arguments, code=code).stderr


def test_what_cannot_be_read_is_said(folder):
    with sqlite3.connect(folder / "meshwarden.db") as database:
        database.execute("UPDATE detector_states SET bytes = X'00'")
    assert "learned anew" in run(folder, "topology", code=1).stderr
    (folder / "meshwarden.db").unlink()
    assert "meshwarden.db" in run(folder, "topology", code=3).stderr
    assert "meshwarden.db" in run(folder, "expect", 'source_workload="a"', "--note", "x", code=3).stderr
