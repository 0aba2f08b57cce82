"""The PagerDuty double refuses what PagerDuty refuses, and what it would drop without a word."""
import copy
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asking import control, send  # noqa: E402
from pagerduty import KEY, PagerDuty  # noqa: E402

OTHER = "f" * 32
GOOD = {
    "routing_key": KEY, "event_action": "trigger", "dedup_key": "meshwarden:0a1b2c", "client": "Meshwarden",
    "client_url": "http://127.0.0.1:20011/incidents/1",
    "links": [{"href": "https://x.test/incidents/1", "text": "Incident"}],
    "images": [{"src": "https://x.test/a.png", "href": "https://x.test/", "alt": "graph"}],
    "payload": {"summary": "40 requests to pay/ledger were denied in 1m", "source": "pay/ledger", "severity": "error",
                "timestamp": "2026-01-01T00:00:00.000Z", "component": "ledger", "group": "pay", "class": "authz-denials",
                "custom_details": {"action": "Investigate the source service", "value": 40}},
}
RESOLVE = {"routing_key": KEY, "event_action": "resolve", "dedup_key": "meshwarden:0a1b2c"}


def changed(path, value):
    event = copy.deepcopy(GOOD)
    place = event
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return event


WRONG = {
    "no routing key": changed(["routing_key"], None),
    "routing key of 31": changed(["routing_key"], KEY[1:]),
    "routing key of 33": changed(["routing_key"], KEY + "0"),
    "routing key nobody knows": changed(["routing_key"], "e" * 32),
    "routing key is a number": changed(["routing_key"], 7),
    "no action": changed(["event_action"], None),
    "unknown action": changed(["event_action"], "fire"),
    "dedup key of 256": changed(["dedup_key"], "x" * 256),
    "empty dedup key": changed(["dedup_key"], ""),
    "no payload": changed(["payload"], None),
    "payload is a list": changed(["payload"], []),
    "no summary": changed(["payload", "summary"], None),
    "empty summary": changed(["payload", "summary"], ""),
    "summary of 1025": changed(["payload", "summary"], "x" * 1025),
    "no source": changed(["payload", "source"], None),
    "no severity": changed(["payload", "severity"], None),
    "severity of another house": changed(["payload", "severity"], "high"),
    "severity in capitals": changed(["payload", "severity"], "Error"),
    "timestamp in seconds": changed(["payload", "timestamp"], 1700000000),
    "timestamp in words": changed(["payload", "timestamp"], "yesterday"),
    "details are a string": changed(["payload", "custom_details"], "x"),
    "unknown key": changed(["dedupkey"], "x"),
    "unknown key in the payload": changed(["payload", "details"], {}),
    "link without href": changed(["links", 0, "href"], None),
    "link is a string": changed(["links", 0], "https://x.test"),
    "links is an object": changed(["links"], {}),
    "link that is no URL": changed(["links", 0, "href"], "incident 1"),
    "image without src": changed(["images", 0, "src"], None),
    "image over http": changed(["images", 0, "src"], "http://x.test/a.png"),
    "client_url that is none": changed(["client_url"], "console"),
    "not an object": [GOOD],
    "not JSON": b"routing_key=1",
    "NaN": json.dumps(changed(["payload", "custom_details"], {"value": float("nan")})).encode(),
    "acknowledge without key": {"routing_key": KEY, "event_action": "acknowledge"},
    "resolve without trigger": RESOLVE,
    "acknowledge without trigger": {**RESOLVE, "event_action": "acknowledge"},
}


@pytest.fixture(name="pagerduty")
def pagerduty_fixture():
    with PagerDuty(known=(KEY, OTHER)) as double:
        yield double


@pytest.mark.parametrize("name", WRONG)
def test_wrong_is_refused(pagerduty, name):
    status, _, text = send(pagerduty.url, WRONG[name])
    answer = json.loads(text)
    assert status == 400 and answer["status"] == "invalid event" and answer["errors"]
    assert len(pagerduty.violations) == 1 and not pagerduty.taken and not pagerduty.alerts


def test_life_of_an_alert(pagerduty):
    for event, note in ((GOOD, "opened"), (GOOD, "updated"), ({**RESOLVE, "event_action": "acknowledge"}, "acknowledged"),
                        (RESOLVE, "resolved"), (RESOLVE, "repeat"), (GOOD, "opened")):
        status, _, text = send(pagerduty.url, event)
        assert status == 202 and json.loads(text) == {
            "status": "success", "message": "Event processed", "dedup_key": GOOD["dedup_key"]}
        assert pagerduty.requests[-1]["note"] == note
    assert not pagerduty.violations and pagerduty.alerts == {(KEY, GOOD["dedup_key"]): "open"}


def test_resolve_with_another_routing_key(pagerduty):
    assert send(pagerduty.url, GOOD)[0] == 202
    assert send(pagerduty.url, {**RESOLVE, "routing_key": OTHER})[0] == 400
    assert "another routing key" in pagerduty.violations[0]["problems"][0]
    assert pagerduty.alerts == {(KEY, GOOD["dedup_key"]): "open"}


def test_acknowledge_after_resolve(pagerduty):
    send(pagerduty.url, GOOD)
    send(pagerduty.url, RESOLVE)
    assert send(pagerduty.url, {**RESOLVE, "event_action": "acknowledge"})[0] == 400


def test_at_the_limit(pagerduty):
    assert send(pagerduty.url, changed(["payload", "summary"], "x" * 1024))[0] == 202
    assert send(pagerduty.url, changed(["dedup_key"], "x" * 255))[0] == 202
    big = changed(["payload", "custom_details"], {"x": ""})
    room = 512_000 - len(json.dumps(big).encode())
    big["payload"]["custom_details"]["x"] = "y" * room
    assert send(pagerduty.url, big)[0] == 202
    big["payload"]["custom_details"]["x"] = "y" * (room + 1)
    assert send(pagerduty.url, big)[0] == 413


def test_wrong_way_to_ask(pagerduty):
    assert send(pagerduty.url, GOOD, method="PUT")[0] == 405
    assert send(pagerduty.base + "/v2/enqueu", GOOD)[0] == 404
    assert send(pagerduty.url, GOOD, content_type="application/x-www-form-urlencoded")[0] == 400
    assert len(pagerduty.violations) == 3


def test_a_failed_trigger_leaves_no_trace(pagerduty):
    control(pagerduty, next=1, answer=429, retry_after=3)
    status, headers, _ = send(pagerduty.url, GOOD)
    assert status == 429 and headers["retry-after"] == "3" and not pagerduty.alerts
    assert send(pagerduty.url, RESOLVE)[0] == 400
    assert send(pagerduty.url, GOOD)[0] == 202
