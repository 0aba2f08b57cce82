"""meshwarden detect: a file of edge rows in, JSON lines and scores out, and what it says of files that are wrong."""
import gzip
import json
import math
import os
import pathlib
import random
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MESHWARDEN_BUILD", ROOT / "build" / "dev"))
DAY = 24  # intervals of an hour
KEYS = ["interval", "kind", "source", "destination", "alerts_per_day", "severity", "explanation"]


def detect(*arguments, data=None):
    command = [BUILD / "meshwarden", "detect", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def findings(out):
    return [json.loads(line) for line in out.splitlines()]


def mesh():
    """Twelve days of ten workloads in two namespaces; on the eleventh a scan."""
    chance = random.Random(5)
    lines = ["interval_index,source,destination,count"]
    for at in range(12 * DAY):
        for source in range(10):
            for step in (1, 2, 5):
                mean = 60 * (1 + 0.8 * math.cos((at % DAY / DAY - 0.5) * 2 * math.pi))
                count = round(chance.gauss(mean, math.sqrt(mean)))
                if count > 0:
                    lines.append(f"{at},shop/w{source},shop/w{(source + step) % 10},{count}")
        if at == 10 * DAY + 3:
            lines += [f"{at},shop/w3,bank/b{to},1" for to in range(20)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module", name="rows")
def fixture_rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    path.write_text(mesh())
    return path


def test_a_scan_is_found_in_a_plain_file_a_compressed_one_and_on_stdin(rows, tmp_path):
    code, out, err = detect("--rows", rows, "--interval", "1h")
    assert code == 0 and not err
    found = findings(out)
    assert all(list(one) == KEYS and 0 < one["alerts_per_day"] <= 5 for one in found)
    scan = [one for one in found if one["kind"] == "fan-out"]
    assert [[one[key] for key in KEYS[:4] + ["severity"]] for one in scan] == [[243, "fan-out", "shop/w3", "", "high"]]
    assert "shop/w3 reached 20" in scan[0]["explanation"]
    assert len(found) < 60

    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(rows.read_bytes()))
    assert detect("--rows", packed, "--interval", "60m") == (0, out, "")
    assert detect("--rows", "-", "--interval", "1h", data=rows.read_bytes()) == (0, out, "")
    assert detect("--rows", "-", "--interval", "1h", data=packed.read_bytes()) == (0, out, "")
    carried = rows.read_bytes().replace(b"\n", b"\r\n")
    assert detect("--rows", "-", "--interval", "1h", data=carried) == (0, out, "")


def test_the_budget_chooses_among_the_candidates(rows):
    every = findings(detect("--rows", rows, "--interval", "1h", "--all")[1])
    for budget in (0.5, 5, 50):
        told = findings(detect("--rows", rows, "--interval", "1h", "--budget", budget)[1])
        assert told == [one for one in every if one["alerts_per_day"] <= budget]
    assert min(one["alerts_per_day"] for one in every) < 0.5


def test_scores_stand_one_a_row_and_single_out_the_scan(rows, tmp_path):
    scores = tmp_path / "scores"
    plain = detect("--rows", rows, "--interval", "1h")
    assert detect("--rows", rows, "--interval", "1h", "--scores", scores) == plain
    lines = rows.read_text().splitlines()[1:]
    values = struct.unpack(f"<{len(lines)}f", scores.read_bytes())
    assert all(math.isfinite(value) for value in values)
    oddest = sorted(range(len(lines)), key=lambda i: -values[i])[:20]
    assert all(",bank/b" in lines[i] for i in oddest)


def test_rows_of_one_edge_in_one_interval_are_one_and_have_one_score(tmp_path):
    whole, split = tmp_path / "whole", tmp_path / "split"
    lines = [f"{at},a,b,{20 + at % 3}" for at in range(40)]
    halves = [f"{at},a,b,{10 if half else 10 + at % 3}" for at in range(40) for half in (0, 1)]
    one = detect("--rows", "-", "--interval", "5m", "--all", "--scores", whole, data="\n".join(lines).encode())
    assert one == detect("--rows", "-", "--interval", "5m", "--all", "--scores", split, data="\n".join(halves).encode())
    first, second = (struct.unpack(f"<{n}f", path.read_bytes()) for n, path in ((40, whole), (80, split)))
    assert second[::2] == second[1::2] == first


@pytest.mark.parametrize("data, says", [
    (b"", ""), (b"interval_index,source,destination,count\n", ""), (b"0,a,b,1\n\n\n1,a,b,1", "")], ids=str)
def test_too_little_to_learn_from_is_said(data, says):
    code, out, err = detect("--rows", "-", "--interval", "5m", data=data)
    assert (code, out) == (0, b"") and "too short to learn from" in err and says in err


@pytest.mark.parametrize("data, says", [
    (b"0,a,b,1\n0,a,b\n", "-:2: 3 fields"), (b"5,a,b,1\n4,a,b,1\n", "-:2: interval 4 stands after 5"),
    (b"0,a,b,nan\n", "-:1: 'nan' is no count"), (b"0,a,b,1e99\n", "no count"), (b"0,\"a,b,1\n", "does not end"),
    (b"0,a,b,1\n" + b"x" * 300_000 + b"\n", "-:2: the line is longer"), (b"0,a,b,1\n0,\x1b[2J,,1\n", "-:2: source or"),
    (gzip.compress(b"0,a,b,1\n" * 5000)[:-20], "cannot be read on"), (b"time,src,dst,n\n", "column 1 is named 'time'")],
    ids=lambda value: value[:20] if isinstance(value, str) else "")
def test_what_does_not_parse_is_named_with_its_line(data, says):
    code, out, err = detect("--rows", "-", "--interval", "5m", data=data)
    assert code == 1 and not out and says in err and len(err) < 400


def test_what_cannot_be_opened_and_wrong_usage(rows, tmp_path):
    assert detect("--rows", tmp_path / "none", "--interval", "5m")[0] == 3
    assert detect("--rows", tmp_path, "--interval", "5m")[0] == 3
    assert detect("--rows", rows, "--interval", "5m", "--scores", tmp_path / "no" / "folder")[0] == 3
    for wrong in (["--rows", rows], ["--interval", "5m"], ["--rows", rows, "--interval", "0s"],
                  ["--rows", rows, "--interval", "2h"], ["--rows", rows, "--interval", "five"],
                  ["--rows", rows, "--interval", "5m", "--budget", "-1"], ["--rows", rows, "--interval", "5m", "more"]):
        code, out, err = detect(*wrong)
        assert code == 2 and not out and err, wrong
    assert detect("--help")[0] == 0


@pytest.mark.parametrize("budget", ["nan", "-nan", "inf", "0", "-1", "five", "", "5x"])
def test_a_budget_is_a_positive_number(rows, budget):
    code, out, err = detect("--rows", rows, "--interval", "1h", f"--budget={budget}")
    assert code == 2 and not out
    assert "--budget" in err and len(err) < 200
    assert budget == "" or f'"{budget}" given, expected a positive number' in err


def test_findings_that_cannot_be_written_are_no_success(rows):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([BUILD / "meshwarden", "detect", "--rows", rows, "--interval", "1h"], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == 3 and "cannot write to the output: No space left on device" in done.stderr
