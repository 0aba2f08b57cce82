"""The commands of the program as a person uses them: exit codes, what stands on which stream, what is said."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MESHWARDEN_BUILD", ROOT / "build" / "dev"))
sys.path.insert(0, str(ROOT / "tests" / "doubles"))
from pagerduty import PagerDuty  # noqa: E402
from slack import Slack  # noqa: E402
from webhook import Webhook  # noqa: E402

ROUTING_KEY = "0123456789abcdef" * 2
TEST = """\
interval: 5s
tests:
  - name: born at twelve
    input_series:
      - {series: 'istio_requests_total{reporter="destination",response_code="403",destination_service_name="l"}', values: _ 12x9}
    expect:
      - {at: 5s, findings: [{rule: authz-denials, value: VALUE}], notices: [{reason: opened}]}
"""


def run(*arguments, cwd=None):
    return subprocess.run([BUILD / "meshwarden", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False,
                          cwd=cwd)


@pytest.mark.parametrize("command", ["", "run", "check", "test", "verify", "notify", "topology", "expect", "config", "version"])
def test_help(command):
    done = run(*([command] if command else []), "--help")
    assert done.returncode == 0 and "Usage" in done.stdout and not done.stderr


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["check"], ["test"], ["notify"], ["notify", "--test"],
                                       ["check", "--format", "xml", "f"], ["notify", "--test", "a", "--dry-run", "b"], ["run", "extra"], ["config"]])
def test_wrong_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and done.stderr and not done.stdout


@pytest.mark.parametrize("arguments, words", [
    (["chek"], '"chek": unknown command, did you mean check?\nRun meshwarden --help'),
    (["bogus", "--config", "x"], '"bogus": unknown command, expected one of run, check, test,'),
    (["--bogus"], '"--bogus": unknown option, expected a command'),
    (["run", "extra"], "extra"),
    (["verify", "x.db", "--expect-head", ""], '"" is no head, expected 64 hexadecimal digits in lower case'),
    (["verify", "x.db", "--expect-head", "abc"], '"abc" is no head'),
    (["verify", "x.db", "--expect-head", "0" * 65], "is no head"),
    (["verify", "x.db", "--expect-head", "AB" * 32], "in lower case: write it in lower case")])
def test_wrong_usage_is_named(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2 and not done.stdout
    assert words in done.stderr


def test_a_head_of_the_right_form_is_looked_for(tmp_path):
    done = run("verify", tmp_path / "none.db", "--expect-head", "0a" * 32)
    assert done.returncode == 3 and "none.db" in done.stderr


def into_a_full_disk(*arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        return subprocess.run([BUILD / "meshwarden", *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=120, check=False)


@pytest.mark.parametrize("command", [["version"], ["version", "--format", "json"], ["--help"], ["config", "--defaults"],
                                     ["config", "--reference"]])
def test_lost_output_is_no_success(command):
    done = into_a_full_disk(*command)
    assert done.returncode == 3 and "cannot write to the output: No space left on device" in done.stderr


def test_lost_output_of_what_was_found_is_no_success(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(TEST.replace("VALUE", "12"))
    bad.write_text(TEST.replace("VALUE", "13"))
    done = into_a_full_disk("test", good)
    assert done.returncode == 3 and "cannot write to the output" in done.stderr
    done = into_a_full_disk("test", bad)
    assert done.returncode == 1 and "cannot write to the output" in done.stderr
    done = into_a_full_disk("check", good)
    assert done.returncode == 3


def test_rule_tests_pass_fail_and_say_why(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(TEST.replace("VALUE", "12"))
    bad.write_text(TEST.replace("VALUE", "13"))
    done = run("test", good)
    assert (done.returncode, done.stdout) == (0, "1 passed, 0 failed\n")
    done = run("test", good, bad)
    assert done.returncode == 1 and done.stdout.endswith("1 passed, 1 failed\n")
    assert (f"{bad}:7: born at twelve: at 5s\n  expected firing: authz-denials value 13\n"
            "  came     firing: authz-denials value 12") in done.stdout
    answer = json.loads(run("test", bad, "--format", "json").stdout)
    assert (answer["passed"], answer["failed"]) == (0, 1)
    assert answer["tests"][0]["failures"][0]["line"] == 7 and not answer["tests"][0]["ok"]


def test_rule_tests_that_cannot_be_read(tmp_path):
    file = tmp_path / "t.yaml"
    file.write_text(TEST.replace("VALUE", "12").replace("findings", "finding"))
    done = run("test", file)
    assert done.returncode == 1 and "expect[0].finding: unknown key, did you mean findings?" in done.stdout
    done = run("test", tmp_path / "none.yaml")
    assert done.returncode == 3 and "No such file" in done.stderr


def test_the_shipped_pack_passes():
    done = run("test", *sorted((ROOT / "config" / "rules" / "tests").glob("*.yaml")))
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.split()[0]) >= 56


def test_the_example_of_the_documentation_passes(tmp_path):
    page = (ROOT / "docs" / "rule-tests.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0].replace("rule_files: [limits.yaml]", "rule_files: []")
    file = tmp_path / "example.yaml"
    file.write_text(example)
    done = run("test", file)
    assert (done.returncode, done.stdout) == (0, "1 passed, 0 failed\n")


def test_check_says_all_at_once(tmp_path):
    (tmp_path / "rules.yaml").write_text("groups: [{name: g, rules: [{name: r, signal: retriess}]}]\n")
    (tmp_path / "tests.yaml").write_text("tests: [{name: t}]\n")
    (tmp_path / "bad.yaml").write_text("prometheus: [{}]\nfoo: 1\nlog: {level: loud}\n")
    done = run("check", *[tmp_path / name for name in ("rules.yaml", "tests.yaml", "bad.yaml", "none.yaml")])
    assert done.returncode == 3 and "none.yaml: cannot be opened: No such file" in done.stderr
    for line in ("rules.yaml:1: groups[0].rules[0].signal", "tests.yaml:1: tests[0].expect: missing, but required",
                 "bad.yaml:2: foo: unknown key", "bad.yaml:3: log.level: is \"loud\""):
        assert line in done.stdout
    done = run("check", tmp_path)
    assert done.returncode == 3 and "it is a directory" in done.stderr


@pytest.fixture(name="places")
def places_fixture(tmp_path):
    """A configuration with a double of every kind of target, and one target that nobody listens at."""
    doubles = {"hook": Webhook(), "slack": Slack(), "pager": PagerDuty()}
    for double in doubles.values():
        double.start()
    (tmp_path / "slack.url").write_text(doubles["slack"].url)
    (tmp_path / "pager.key").write_text(ROUTING_KEY)
    targets = [{"name": "hook", "webhook": {"url": doubles["hook"].url}},
               {"name": "slack", "slack": {"webhook_url_file": "slack.url"}},
               {"name": "pager", "pagerduty": {"routing_key_file": "pager.key", "url": doubles["pager"].url}},
               {"name": "nobody", "webhook": {"url": "http://127.0.0.1:1/x"}},
               {"name": "keyless", "pagerduty": {"routing_key_file": "none.key"}}]
    (tmp_path / "meshwarden.yaml").write_text(json.dumps({"prometheus": [{"name": "main"}], "targets": targets}))
    yield tmp_path, doubles
    for double in doubles.values():
        double.stop()


@pytest.mark.parametrize("name", ["hook", "slack", "pager"])
def test_a_target_is_tried(places, name):
    folder, doubles = places
    done = run("notify", "--test", name, "--config", folder / "meshwarden.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: opened: delivered" in done.stdout
    assert "this is no incident" in json.dumps([r["body"] for r in doubles[name].taken])
    assert not doubles[name].violations
    if name == "pager":  # what was opened is closed
        assert "resolved: delivered" in done.stdout and set(doubles[name].alerts.values()) == {"resolved"}


def test_a_target_that_refuses_or_is_not_there(places):
    folder, doubles = places
    doubles["hook"].faults.set({"random": 1.0, "answers": [403]})
    done = run("notify", "--test", "hook", "--config", folder / "meshwarden.yaml", "--format", "json")
    assert done.returncode == 1 and json.loads(done.stdout)["sent"][0]["result"] == "refused"
    done = run("notify", "--test", "nobody", "--config", folder / "meshwarden.yaml")
    assert done.returncode == 3 and "unreachable" in done.stdout
    done = run("notify", "--test", "keyless", "--config", folder / "meshwarden.yaml")
    assert done.returncode == 3 and "none.key" in done.stdout
    done = run("notify", "--test", "hok", "--config", folder / "meshwarden.yaml")
    assert done.returncode == 2 and "expected one of hook, slack, pager" in done.stderr
    assert run("notify", "--test", "hook", "--config", folder / "none.yaml").returncode == 3


def test_a_trial_of_which_nobody_reads_is_no_success(places):
    folder, _ = places
    done = into_a_full_disk("notify", "--test", "hook", "--config", folder / "meshwarden.yaml")
    assert done.returncode == 3 and "cannot write to the output" in done.stderr


def test_a_dry_run_needs_an_incident(places):
    folder, _ = places
    done = run("notify", "--dry-run", "123", "--config", folder / "meshwarden.yaml")
    assert done.returncode == 3 and "meshwarden.db" in done.stderr
