"""The alert rules about ourselves: promtool holds each firing and silent; each leads to its section of the runbook."""
import os
import re
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import debian_binary  # noqa: E402

RULES = os.path.join(ROOT, "dashboards", "alerts", "meshwarden.rules.yml")
TESTS = os.path.join(HERE, "alerts_test.yml")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def rules():
    return [rule for group in yaml.safe_load(read(RULES))["groups"] for rule in group["rules"]]


def promtool(*arguments):
    command = [debian_binary("promtool", "PROMTOOL"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_promtool_finds_the_rules_good():
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_fires_where_it_must_and_is_silent_where_it_must_be():
    done = promtool("test", "rules", TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_that_never_fires_is_told(tmp_path):
    """promtool itself must be able to fail here."""
    for path, text in ((tmp_path / "tests" / "dashboards" / "alerts_test.yml", read(TESTS)),
                       (tmp_path / "dashboards" / "alerts" / "meshwarden.rules.yml",
                        read(RULES).replace("increase(meshwarden_ticks_total[5m])) == 0", "increase(meshwarden_ticks_total[5m])) < 0"))):
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    assert promtool("test", "rules", str(tmp_path / "tests" / "dashboards" / "alerts_test.yml")).returncode == 1


def test_each_says_what_is_wrong_and_what_to_do():
    sections = re.findall(r"^## (\w+)$", read(ROOT, "docs", "runbook.md"), re.MULTILINE)
    assert sections == [rule["alert"] for rule in rules()]
    firing = read(TESTS)
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "none"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, rule["alert"]
        assert rule["annotations"]["runbook_url"] == "docs/runbook.md#" + rule["alert"].lower()
        assert len(rule["annotations"]["summary"]) < 100, rule["alert"]
        assert re.search(rf'alertname(=~?"|: ){rule["alert"]}', firing), f"{rule['alert']} is not held firing"


def test_what_they_name_exists():
    listed = set(re.findall(r"^\| `(\w+)`", read(ROOT, "docs", "metrics.md"), re.MULTILINE))
    for rule in rules():
        named = set(re.findall(r"\b(?:meshwarden|process)_\w+", rule["expr"]))
        assert named and named <= listed, rule["alert"]
