"""A storm of findings in one tick: how long until all are settled and the first page is out, memory, and the database.

  python3 tests/bench/incidents/run.py [--findings 1000 3000 10000]

Builds storm_bench in the folder MESHWARDEN_BUILD names (build/release), writes build/bench/incidents.json and .md. Exit
1 where a tick is not near linear or the first page waits for the others: not out in a fifth of the time that all take.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
COLUMNS = [("findings", "findings", 0), ("settled_seconds", "all settled, s", 2), ("settled_cpu_seconds", "CPU, s", 2),
           ("first_page_seconds", "first page out, s", 3), ("last_page_seconds", "all pages (1 %) out, s", 2),
           ("told_a_second", "notices told a second", 0), ("unchanged_tick_seconds", "next tick, nothing new, s", 2),
           ("resolved_seconds", "all resolved, s", 2), ("peak_megabytes", "peak memory, MB", 0),
           ("peak_growth_megabytes", "of it in the tick, MB", 0),
           ("database_growth_megabytes", "database grows, MB", 1),
           ("database_bytes_a_finding", "bytes a finding", 0)]


def measure(program, findings):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, str(findings), folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, timeout=600, check=True)
    return json.loads(done.stdout)


def table(results):
    lines = ["# A storm of findings in one tick", "",
             "Through the loop's keeper, the store (on disk, synchronous) and the courier to a webhook on loopback.",
             "",
             "| | " + " | ".join(str(r["findings"]) for r in results) + " |", "|---|" + "---|" * len(results)]
    for key, name, digits in COLUMNS[1:]:
        cells = [f"{r[key]:.{digits}f}" for r in results]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def wrong(results):
    """Sentences on what is not as it must be."""
    first, last = results[0], results[-1]
    growth = (last["settled_cpu_seconds"] / first["settled_cpu_seconds"]) / (last["findings"] / first["findings"])
    sentences = []
    if growth > 2:
        sentences.append(f"{last['findings']} cost {growth:.1f} times as much a finding as {first['findings']}")
    if last["first_page_seconds"] > last["settled_seconds"] / 5:
        sentences.append("the first page waits for the others")
    return sentences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, nargs="+", default=[1000, 3000, 10000])
    arguments = parser.parse_args()
    build = os.path.join(ROOT, os.environ.get("MESHWARDEN_BUILD", "build/release"))
    subprocess.run(["cmake", "--build", build, "--target", "storm_bench"], stdout=subprocess.DEVNULL, check=True)
    program = os.path.join(build, "tests", "bench", "incidents", "storm_bench")
    results = [measure(program, findings) for findings in arguments.findings]
    os.makedirs(os.path.join(ROOT, "build", "bench"), exist_ok=True)
    with open(os.path.join(ROOT, "build", "bench", "incidents.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    with open(os.path.join(ROOT, "build", "bench", "incidents.md"), "w", encoding="utf-8") as file:
        file.write(table(results))
    sentences = wrong(results)
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
