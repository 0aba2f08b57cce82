"""The generated and the listed must agree with the program."""
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import binary  # noqa: E402


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def run(*arguments):
    return subprocess.run([binary("meshwarden"), *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_the_configuration_reference_is_what_the_program_prints():
    assert run("config", "--reference").stdout == read("docs", "configuration.md"), \
        "run: build/release/meshwarden config --reference > docs/configuration.md"


def test_every_metric_is_listed_and_every_listed_one_exists():
    in_code = set()
    for folder in ("app", "collector", "notify", "web"):
        for file in glob.glob(os.path.join(ROOT, folder, "*.cpp")):
            in_code |= set(re.findall(r'"((?:meshwarden|process)_[a-z_]+)"', read(file)))
    listed = set(re.findall(r"^\| `((?:meshwarden|process)_[a-z_]+)", read("docs", "metrics.md"), re.MULTILINE))
    assert listed == in_code


def test_the_default_file_is_good(tmp_path):
    file = tmp_path / "meshwarden.yaml"
    file.write_text(run("config", "--defaults").stdout)
    checked = run("check", str(file))
    assert (checked.returncode, checked.stderr) == (0, "")


def test_exit_codes(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("prometheus: [{name: main, url: 'http://127.0.0.1:9090', colour: red}]\n")
    broken = tmp_path / "broken.db"
    broken.write_text("no database")
    for arguments, code in [(("version",), 0), ((), 2), (("nonsense",), 2), (("check",), 2), (("check", "/nowhere.yaml"), 3),
                            (("check", str(bad)), 1), (("run", "--config", str(bad)), 1), (("run", "--config", "/nowhere.yaml"), 3),
                            (("verify", "/nowhere.db"), 3), (("config",), 2), (("--help",), 0)]:
        answer = run(*arguments)
        assert answer.returncode == code, (arguments, answer.stdout, answer.stderr)
    assert run("verify", str(broken)).returncode in (1, 3)
    assert re.search(r"bad\.yaml:1: prometheus\[0\]\.colour: ", run("check", str(bad)).stdout)


def test_no_conflict_is_left():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    marks = re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE)
    assert [file for file in files if file.endswith((".md", ".yaml", ".yml", ".json", ".sh", ".js")) and
            os.path.exists(os.path.join(ROOT, file)) and marks.search(read(file))] == []
