#!/usr/bin/python3
"""Would the tests notice? Turns around every comparison, sign and logical operator of the increments fold and of
settle, one at a time, in a copy of the tree, builds the one test program and runs it. A mutant that no test kills is a
hole in the tests, or an operator that the code can do without. Writes build/bench/mutation.json and mutation.md; exit 0
only if all were killed but those that no compiler takes, as the sum of two times. Takes long: each is a compilation.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
WORK = os.path.join(ROOT, "build", "mutation")

# No mutant dies of how it looks: these warnings would be errors.
FLAGS = "-O0 -Wno-parentheses -Wno-type-limits"

# source, test target, its program, arguments of each run (the quick ones first)
SUBJECTS = [
    ("collector/increments.cpp", "test_collector", "tests/collector/test_collector",
     [["-#", "[#increments_test],[#fold_test]"], ["~[slow]"], ["[slow]"]]),
    ("incidents/settle.cpp", "incidents_test", "tests/incidents/incidents_test", [["settle*"], ["~settle*"]]),
]
TURNED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "!": "",
          "+": "-", "-": "+", "+=": "-=", "-=": "+="}
# An operator with blanks around it, or a negation; templates, arrows and unary signs have none.
OPERATOR = re.compile(r"(?<= )(<=|>=|==|!=|&&|\|\||\+=|-=|<|>|\+|-)(?= )|(?<=[ (])!(?=[a-z_(*])")


def mutants(path):
    """(line number, column, operator) of everything that can be turned."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            code = re.sub(r'"(\\.|[^"\\])*"', lambda text: '"' + "_" * (len(text[0]) - 2) + '"', line.split("//")[0])
            if not code.lstrip().startswith("#"):
                yield from ((number, found.start(), found[0]) for found in OPERATOR.finditer(code))


def copy_tree():
    source = os.path.join(WORK, "source")
    os.makedirs(source, exist_ok=True)
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        target, original = os.path.join(source, name), os.path.join(ROOT, name)
        if not os.path.isfile(original):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target) or open(target, "rb").read() != open(original, "rb").read():
            shutil.copyfile(original, target)
            shutil.copymode(original, target)
    return source


def build(target):
    command = ["ninja", "-C", os.path.join(WORK, "build"), target]
    plain = os.environ | {"CCACHE_DISABLE": "1"}  # no mutant is ever built again
    return subprocess.run(command, capture_output=True, text=True, check=False, env=plain)


def killed(program, runs):
    """By which run's failure; None if the tests pass."""
    for arguments in runs:
        try:
            done = subprocess.run([os.path.join(WORK, "build", program), "--abort", *arguments],
                                  capture_output=True, timeout=300, check=False, cwd=os.path.join(WORK, "build"))
            if done.returncode != 0:
                return "test"
        except subprocess.TimeoutExpired:
            return "timeout"
    return None


def turn(source, path, original, number, column, operator):
    lines = original.splitlines(keepends=True)
    line = lines[number - 1]
    lines[number - 1] = line[:column] + TURNED[operator] + line[column + len(operator):]
    with open(os.path.join(source, path), "w", encoding="utf-8") as file:
        file.write("".join(lines))
    return line.strip()


def judge(source, path, target, program, runs, report):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        original = file.read()
    try:
        if build(target).returncode != 0 or killed(program, runs):
            raise SystemExit(f"{target} does not pass as it is")
        for number, column, operator in mutants(path):
            line = turn(source, path, original, number, column, operator)
            verdict = "not compiled" if build(target).returncode != 0 else killed(program, runs) or "survived"
            report.append({"file": path, "line": number, "column": column, "operator": operator, "code": line,
                           "verdict": verdict})
            print(f"{path}:{number}:{column}: {operator} -> {TURNED[operator] or 'nothing'}: {verdict}", flush=True)
    finally:
        with open(os.path.join(source, path), "w", encoding="utf-8") as file:
            file.write(original)


def markdown(report):
    head = ["file", "mutants", "killed", "not compiled", "survived"]
    lines = ["# Mutation check", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for path in dict.fromkeys(row["file"] for row in report):
        mine = [row["verdict"] for row in report if row["file"] == path]
        dead = sum(verdict in ("test", "timeout") for verdict in mine)
        counts = [len(mine), dead] + [mine.count(verdict) for verdict in head[3:]]
        lines.append(f"| {path} | " + " | ".join(map(str, counts)) + " |")
    for row in report:
        if row["verdict"] == "survived":
            lines.append(f"- {row['file']}:{row['line']} `{row['operator']}` in `{row['code']}`")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="source files to look at; otherwise all")
    options = parser.parse_args()
    source, report = copy_tree(), []
    configure = ["cmake", "-S", source, "-B", os.path.join(WORK, "build"), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                 "-DCMAKE_CXX_FLAGS_DEBUG=" + FLAGS]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    for path, target, program, runs in SUBJECTS:
        if not options.only or path in options.only:
            judge(source, path, target, program, runs, report)
    folder = os.path.join(ROOT, "build", "bench")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "mutation.json"), "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    with open(os.path.join(folder, "mutation.md"), "w", encoding="utf-8") as file:
        file.write(markdown(report))
    print(markdown(report))
    return 1 if any(row["verdict"] == "survived" for row in report) else 0


if __name__ == "__main__":
    sys.exit(main())
