"""What we send is taken by the strict doubles, every word of it: each kind of target, every reason, and labels as
hostile as they can be. Needs the program notify_render below MESHWARDEN_BUILD (build/release unless given).
"""
import datetime
import json
import os
import re
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "doubles"))
from asking import send  # noqa: E402
from pagerduty import PagerDuty  # noqa: E402
from slack import Slack  # noqa: E402
from webhook import Webhook  # noqa: E402

BUILD = os.environ.get("MESHWARDEN_BUILD", os.path.join(HERE, "..", "..", "build", "release"))
RENDER = os.path.join(BUILD, "tests", "notify", "notify_render")
SECRET = b"a secret"


@pytest.fixture(scope="module")
def messages():
    lines = subprocess.run([RENDER], check=True, capture_output=True, timeout=60).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert len({m["name"] for m in found}) >= 9 and len({m["reason"] for m in found}) == 5
    return found


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def deliver(double, messages, kind):
    for message in [m for m in messages if m["kind"] == kind]:
        headers = {"Idempotency-Key": message["key"], "X-Meshwarden-Signature": message["signature"]}
        status, _, text = send(double.url, message["body"].encode(), headers=headers)
        assert 200 <= status < 300, f"{message['name']}, {message['reason']}: {status} {text}"
    assert double.violations == []
    return double.taken


def test_slack_takes_every_message(messages):
    with Slack() as double:
        assert len(deliver(double, messages, "slack")) >= 45


def test_pagerduty_takes_every_event_and_ends_with_every_alert_resolved(messages):
    with PagerDuty() as double:
        assert len(deliver(double, messages, "pagerduty")) >= 45
        assert set(double.alerts.values()) == {"resolved"}


def test_webhook_takes_every_body_with_its_signature(messages):
    with Webhook(secret=SECRET) as double:
        assert len(deliver(double, messages, "webhook")) >= 36


def test_webhook_can_tell_a_repeat_by_its_key(messages):
    with Webhook(secret=SECRET) as double:
        once = len(deliver(double, messages, "webhook"))
        assert len(double.keys) == once
        assert len(deliver(double, messages, "webhook")) == 2 * once
        assert len(double.keys) == once


def test_alertmanager_gets_alerts_that_its_checks_allow(messages):
    """The checks of Alertmanager's API: label names and values, no empty value, start not after end."""
    seen = {}
    for message in [m for m in messages if m["kind"] == "alertmanager"]:
        for alert in json.loads(message["body"]):
            assert alert["labels"]["alertname"]
            for name, value in alert["labels"].items():
                assert re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) and value
            assert moment(alert["startsAt"]) <= moment(alert["endsAt"])
            seen.setdefault(message["name"], set()).add(json.dumps(alert["labels"], sort_keys=True))
    assert all(len(identities) == 1 for identities in seen.values()), "an alert's identity must not change"
