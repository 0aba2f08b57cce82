"""A strict double of PagerDuty's Events API v2. It keeps the alerts that are open, and records as a violation (400) what the real
one drops in silence with a 202: an acknowledge or resolve without a trigger, or with another routing key than the trigger's.

  python3 tests/doubles/pagerduty.py --port 0 --record FILE --key 32CHARACTERS
"""
import hashlib
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
from double import Double, Verdict, main  # noqa: E402

PATH = "/v2/enqueue"
KEY = "0123456789abcdef0123456789abcdef"
MAX_BODY = 512_000
ISO8601 = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?$")
EVENT_KEYS = ("dedup_key", "payload", "images", "links", "client", "client_url")
PAYLOAD_KEYS = ("timestamp", "component", "group", "class", "custom_details")


def _listed(problems, where, value):
    if not isinstance(value, list):
        problems.append(f"{where}: not a list")
        return []
    return value


def check_payload(problems, payload):
    if not checks.keys(problems, "payload", payload, ("summary", "source", "severity"), PAYLOAD_KEYS):
        return
    checks.string(problems, "payload.summary", payload["summary"], 1024)
    checks.string(problems, "payload.source", payload["source"], 1024)
    checks.one_of(problems, "payload.severity", payload["severity"], ("critical", "error", "warning", "info"))
    stamp = payload.get("timestamp", "2026-01-01T00:00:00Z")
    if not isinstance(stamp, str) or not ISO8601.match(stamp):
        problems.append("payload.timestamp: not ISO 8601")
    for key in ("component", "group", "class"):
        if key in payload:
            checks.string(problems, f"payload.{key}", payload[key], 1024, 0)
    if not isinstance(payload.get("custom_details", {}), dict):
        problems.append("payload.custom_details: not an object")


def check_shapes(problems, event):
    for n, link in enumerate(_listed(problems, "links", event.get("links", []))):
        if checks.keys(problems, f"links[{n}]", link, ("href",), ("text",)):
            checks.url(problems, f"links[{n}].href", link["href"])
            checks.string(problems, f"links[{n}].text", link.get("text", "-"), 1024)
    for n, image in enumerate(_listed(problems, "images", event.get("images", []))):
        if checks.keys(problems, f"images[{n}]", image, ("src",), ("href", "alt")):
            checks.url(problems, f"images[{n}].src", image["src"], schemes=("https",))
            checks.url(problems, f"images[{n}].href", image.get("href", "https://x"))
            checks.string(problems, f"images[{n}].alt", image.get("alt", "-"), 1024)
    if "client" in event:
        checks.string(problems, "client", event["client"], 1024)
    if "client_url" in event:
        checks.url(problems, "client_url", event["client_url"])


def check_event(event, known):
    """Problems of one event, by itself."""
    problems = []
    if not checks.keys(problems, "event", event, ("routing_key", "event_action"), EVENT_KEYS):
        return problems
    if checks.string(problems, "routing_key", event["routing_key"], 32, 32) and event["routing_key"] not in known:
        problems.append("routing_key: nobody knows it")
    action = event["event_action"]
    checks.one_of(problems, "event_action", action, ("trigger", "acknowledge", "resolve"))
    if "dedup_key" in event:
        checks.string(problems, "dedup_key", event["dedup_key"], 255)
    elif action != "trigger":
        problems.append(f"dedup_key: {action!r:.40} needs one")
    if action == "trigger" and "payload" not in event:
        problems.append("payload is missing")
    if "payload" in event:
        check_payload(problems, event["payload"])
    check_shapes(problems, event)
    return problems


class PagerDuty(Double):
    """`alerts` maps (routing key, dedup key) to "open", "acknowledged" or "resolved"."""

    name = "pagerduty"

    def __init__(self, port=0, record=None, known=(KEY,), seed=1):
        super().__init__(port, record, seed)
        self.known = set(known)
        self.alerts = {}

    @property
    def url(self):
        return self.base + PATH

    def judge(self, request):
        status, problems, event = self._judge(request)
        if problems:
            message = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
            return Verdict(status, json.dumps(message), problems=problems)
        key = event.get("dedup_key") or hashlib.sha256(request.body).hexdigest()[:32]
        answer = {"status": "success", "message": "Event processed", "dedup_key": key}
        return Verdict(202, json.dumps(answer), note=self._note_of(event, key))

    def _judge(self, request):
        problems = []
        if request.path != PATH:
            return 404, [f"no such path {request.path}"], None
        if request.method != "POST":
            return 405, [f"{request.method} instead of POST"], None
        if len(request.body) > MAX_BODY:
            return 413, [f"{len(request.body)} bytes, more than {MAX_BODY}"], None
        if not checks.json_content(problems, request):
            return 400, problems, None
        try:
            event = request.json()
        except ValueError as error:
            return 400, [f"not JSON: {error}"], None
        problems = check_event(event, self.known) or self._check_order(event)
        return (400 if problems else 202), problems, event

    def _check_order(self, event):
        if event["event_action"] == "trigger":
            return []
        key = (event["routing_key"], event["dedup_key"])
        if key not in self.alerts:
            others = [k for k in self.alerts if k[1] == key[1]]
            why = "its trigger had another routing key" if others else "it was never triggered"
            return [f"{event['event_action']} would be dropped: {why}"]
        if event["event_action"] == "acknowledge" and self.alerts[key] == "resolved":
            return ["acknowledge would be dropped: already resolved"]
        return []

    def _note_of(self, event, key):
        before = self.alerts.get((event["routing_key"], key))
        if event["event_action"] == "trigger":
            return "opened" if before in (None, "resolved") else "updated"
        if event["event_action"] == "resolve":
            return "repeat" if before == "resolved" else "resolved"
        return "acknowledged"

    def commit(self, request, verdict):
        event = request.json()
        key = (event["routing_key"], json.loads(verdict.body)["dedup_key"])
        state = {"trigger": "open", "acknowledge": "acknowledged", "resolve": "resolved"}[event["event_action"]]
        if verdict.note != "updated":
            self.alerts[key] = state

    def failure(self, fault):
        status, headers, _ = super().failure(fault)
        return status, headers, '{"status":"throttle exceeded","message":"told to fail"}'


if __name__ == "__main__":
    main(lambda a: PagerDuty(a.port, a.record, a.key or (KEY,)),
         lambda parser: parser.add_argument("--key", action="append", help="a routing key that is known; may be repeated"))
