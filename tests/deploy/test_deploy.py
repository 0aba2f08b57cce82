"""What is installed: files, the unit's hardening, the Debian package. What a machine cannot tell is skipped by name."""
import os
import re
import shutil
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import binary  # noqa: E402

UNIT = os.path.join(ROOT, "deploy", "meshwarden.service")
INSTALLED = [
    "usr/bin/meshwarden", "usr/lib/systemd/system/meshwarden.service", "etc/meshwarden/meshwarden.yaml",
    "usr/share/meshwarden/dashboards/security-overview.json", "usr/share/meshwarden/dashboards/incidents.json",
    "usr/share/meshwarden/dashboards/meshwarden.json", "usr/share/meshwarden/dashboards/alerts/meshwarden.rules.yml",
    "usr/share/meshwarden/dashboards/provisioning/datasources/prometheus.yaml", "usr/share/doc/meshwarden/runbook.md",
]


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not on this machine")


@needs("systemd-analyze")
def test_the_unit_is_hardened(tmp_path):
    done = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", UNIT)
    assert done.returncode == 0, done.stdout.splitlines()[-1:] + [done.stderr]
    open_door = tmp_path / "meshwarden.service"
    open_door.write_text("[Service]\nExecStart=/usr/bin/meshwarden\n", encoding="utf-8")
    done = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", str(open_door))
    assert done.returncode != 0


@needs("systemd-analyze")
def test_systemd_understands_every_line_of_the_unit(tmp_path):
    with open(UNIT, encoding="utf-8") as file:
        text = file.read().replace("/usr/bin/meshwarden", "/bin/true")
    unit = tmp_path / "meshwarden.service"
    unit.write_text(text, encoding="utf-8")
    done = run("systemd-analyze", "verify", "--man=no", str(unit))
    assert [line for line in done.stderr.splitlines() if "meshwarden.service" in line] == []


def install(destination):
    build = os.path.dirname(binary("meshwarden"))
    there = {**os.environ, "DESTDIR": str(destination)}
    done = run("cmake", "--install", build, "--prefix", "/usr", "--strip", env=there)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    destination = tmp_path_factory.mktemp("installed")
    install(destination)
    return destination


def test_an_installation_over_another_keeps_its_configuration(tmp_path):
    install(tmp_path)
    configuration = tmp_path / "etc/meshwarden/meshwarden.yaml"
    assert "storage:" in configuration.read_text()
    configuration.write_text("# ours")
    install(tmp_path)
    assert configuration.read_text() == "# ours"


def test_the_files_are_there_and_no_others(installed):
    for name in INSTALLED:
        assert (installed / name).is_file(), name
    assert os.access(installed / "usr/bin/meshwarden", os.X_OK)
    assert (installed / "etc/meshwarden/secrets").stat().st_mode & 0o077 == 0
    assert not list(installed.glob("**/node_modules")) and not list(installed.glob("**/*.ts"))


def test_the_installed_configuration_is_good(installed):
    done = run(str(installed / "usr/bin/meshwarden"), "check", str(installed / "etc/meshwarden/meshwarden.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    with open(installed / "etc/meshwarden/meshwarden.yaml", encoding="utf-8") as file:
        examples = re.sub(r"^# (targets:|routes:|  - )", r"\1", file.read(), flags=re.MULTILINE)
    whole = installed / "whole.yaml"
    whole.write_text(examples, encoding="utf-8")
    (installed / "secret_slack-url").write_text("https://hooks.slack.com/services/T0/B0/x", encoding="utf-8")
    done = run(str(installed / "usr/bin/meshwarden"), "check", str(whole),
               env={**os.environ, "CREDENTIALS_DIRECTORY": str(installed)})
    assert done.returncode == 0, done.stdout + done.stderr


@needs("dpkg-shlibdeps")
@needs("cpack")
@needs("file")
def test_the_debian_package(tmp_path):
    build = os.path.dirname(binary("meshwarden"))
    done = run("cpack", "-G", "DEB", "--config", os.path.join(build, "CPackConfig.cmake"), "-B", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = tmp_path.glob("*.deb")
    listed = run("dpkg-deb", "--contents", str(package)).stdout
    for name in INSTALLED:
        assert f"./{name}\n" in listed, name
    assert "./etc/meshwarden/secrets/\n" in listed
    control = run("dpkg-deb", "--field", str(package)).stdout
    assert "Package: meshwarden" in control and "libsqlite3-0" in control
    conffiles = run("dpkg-deb", "--info", str(package), "conffiles").stdout
    assert conffiles == "/etc/meshwarden/meshwarden.yaml\n"
