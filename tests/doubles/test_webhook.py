"""The webhook double refuses a body that is not Alertmanager's, a wrong signature and a key that is used for two things."""
import copy
import hashlib
import hmac
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asking import control, send  # noqa: E402
from webhook import NEVER, Webhook  # noqa: E402

PRINT = "0a1b2c3d4e5f6071"
ALERT = {
    "status": "firing", "fingerprint": PRINT, "startsAt": "2026-01-01T00:00:00.123Z", "endsAt": NEVER,
    "generatorURL": "http://127.0.0.1:20011/incidents/1",
    "labels": {"alertname": "authz-denials", "severity": "high", "destination_service": "ledger"},
    "annotations": {"summary": "40 requests were denied", "action": "Investigate the source service"},
}
GOOD = {
    "version": "4", "groupKey": "{}:1", "truncatedAlerts": 0, "status": "firing", "receiver": "hook",
    "groupLabels": {"alertname": "authz-denials"}, "commonLabels": {"alertname": "authz-denials", "severity": "high"},
    "commonAnnotations": {}, "externalURL": "http://127.0.0.1:20011", "alerts": [ALERT],
}
RESOLVED = {**GOOD, "status": "resolved", "alerts": [{**ALERT, "status": "resolved", "endsAt": "2026-01-01T00:05:00Z"}]}
OPENED_KEY, RESOLVED_KEY = f"{PRINT}:opened:1", f"{PRINT}:resolved:2"


def changed(path, value):
    body = copy.deepcopy(GOOD)
    place = body
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return body


def post(double, body, key=OPENED_KEY, secret=None, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    if key is not None:
        headers["Idempotency-Key"] = key
    if secret is not None:
        headers["X-Meshwarden-Signature"] = "sha256=" + hmac.new(secret, data, hashlib.sha256).hexdigest()
    return send(double.url, data, headers=headers)[0]


WRONG = {f"no {key}": changed([key], None) for key in GOOD}
WRONG |= {f"alert without {key}": changed(["alerts", 0, key], None) for key in ALERT}
WRONG |= {
    "version is a number": changed(["version"], 4),
    "truncatedAlerts is true": changed(["truncatedAlerts"], True),
    "unknown status": changed(["status"], "open"),
    "group resolved, alert firing": changed(["status"], "resolved"),
    "label is a number": changed(["alerts", 0, "labels", "value"], 40),
    "label name with a dash": changed(["alerts", 0, "labels", "a-b"], "x"),
    "no alertname": changed(["alerts", 0, "labels", "alertname"], None),
    "common label that is not": changed(["commonLabels", "team"], "pay"),
    "annotation is null": changed(["alerts", 0, "annotations"], {"summary": None}),
    "no alerts": changed(["alerts"], []),
    "startsAt in seconds": changed(["alerts", 0, "startsAt"], 1700000000),
    "startsAt without zone": changed(["alerts", 0, "startsAt"], "2026-01-01T00:00:00"),
    "startsAt is not set": changed(["alerts", 0, "startsAt"], NEVER),
    "startsAt on no day": changed(["alerts", 0, "startsAt"], "2026-02-31T00:00:00Z"),
    "firing, but ended": changed(["alerts", 0, "endsAt"], "2026-01-01T00:05:00Z"),
    "fingerprint in words": changed(["alerts", 0, "fingerprint"], "ledger"),
    "not an object": [],
    "not JSON": b"{",
}
WRONG_KEYS = ["", "x", f"{PRINT}:opened", f"{PRINT}:fired:1", f"{PRINT}:opened:one", f"ffff{PRINT}:opened:1", f"{PRINT}:resolved:1"]


@pytest.fixture(name="hook")
def hook_fixture():
    with Webhook() as double:
        yield double


@pytest.mark.parametrize("name", WRONG)
def test_wrong_is_refused(hook, name):
    assert post(hook, WRONG[name]) == 400
    assert len(hook.violations) == 1 and hook.violations[0]["problems"] and not hook.taken


@pytest.mark.parametrize("key", WRONG_KEYS + [None])
def test_wrong_key_is_refused(hook, key):
    assert post(hook, GOOD, key) == 400 and not hook.taken


def test_ends_before_it_starts(hook):
    assert post(hook, GOOD) == 200
    early = copy.deepcopy(RESOLVED)
    early["alerts"][0]["endsAt"] = "2025-12-31T00:00:00Z"
    assert post(hook, early, RESOLVED_KEY) == 400


def test_opened_and_resolved(hook):
    assert post(hook, GOOD) == 200 and post(hook, RESOLVED, RESOLVED_KEY) == 200
    assert post(hook, {**GOOD, "routeLabels": {}}, f"{PRINT}:still_open:3") == 200, "unknown keys are ignored"
    assert [r["note"] for r in hook.taken] == ["opened", "resolved", "still_open"] and not hook.violations


def test_resolved_before_it_fired(hook):
    assert post(hook, RESOLVED, RESOLVED_KEY) == 422


def test_a_repeat_has_the_same_body(hook):
    control(hook, next=1, answer=500)
    assert [post(hook, GOOD) for _ in range(3)] == [500, 200, 200]
    assert post(hook, changed(["groupKey"], "{}:2")) == 422
    assert len(hook.taken) == 2 and len(hook.keys) == 1


def test_signature():
    with Webhook(secret=b"hush") as double:
        assert post(double, GOOD, secret=b"hush") == 200
        assert post(double, GOOD, secret=b"loud") == 401
        assert post(double, GOOD) == 401
        assert len(double.violations) == 2


def test_wrong_way_to_ask(hook):
    data = json.dumps(GOOD).encode()
    assert send(hook.url, data, method="PUT")[0] == 405
    assert send(hook.base + "/", data)[0] == 404
    assert send(hook.url, data, content_type="text/plain")[0] == 415
