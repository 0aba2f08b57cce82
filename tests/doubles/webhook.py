"""A strict double of a webhook receiver: Alertmanager's webhook body, version 4, with our headers.

It refuses a body that is not of that shape, a signature that is wrong or missing (when it has a secret), a repeat of an
Idempotency-Key with another body, and a resolved alert that was never firing.

  python3 tests/doubles/webhook.py --port 0 --record FILE --secret-file FILE
"""
import datetime
import hashlib
import hmac
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
from double import Double, Verdict, main  # noqa: E402

PATH = "/hook"
NEVER = "0001-01-01T00:00:00Z"
GROUP_KEYS = ("version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels",
              "commonAnnotations", "externalURL", "alerts")
ALERT_KEYS = ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
LABEL_NAME = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
REASONS = ("opened", "escalated", "still_open", "resolved", "test", "heartbeat")
IDEMPOTENCY_KEY = re.compile(r"^([0-9a-f]+):(\w+):(\d+)$")


def moment(text):
    """The time in an RFC 3339 string; None if it is none."""
    match = checks.RFC3339.match(text) if isinstance(text, str) else None
    if not match:
        return None
    try:
        cut = re.sub(r"\.(\d{1,6})\d*", r".\1", text.upper().replace("Z", "+00:00"))
        return datetime.datetime.fromisoformat(cut)
    except ValueError:
        return None


def check_map(problems, where, value):
    if not isinstance(value, dict):
        problems.append(f"{where}: not an object")
        return
    for name, text in value.items():
        if not LABEL_NAME.match(name):
            problems.append(f"{where}: {name!r:.40} is not a label name")
        if not isinstance(text, str):
            problems.append(f"{where}.{name}: not a string")


def check_times(problems, where, alert):
    start, end = moment(alert["startsAt"]), moment(alert["endsAt"])
    if start is None or end is None:
        problems.append(f"{where}: startsAt and endsAt must be RFC 3339")
    elif start.year < 1970:
        problems.append(f"{where}: startsAt is not set")
    elif alert["status"] == "firing" and alert["endsAt"] != NEVER:
        problems.append(f"{where}: endsAt of a firing alert is {NEVER}")
    elif alert["status"] == "resolved" and end < start:
        problems.append(f"{where}: ends before it starts")


def check_alert(problems, where, alert, group):
    if not isinstance(alert, dict) or any(k not in alert for k in ALERT_KEYS):
        problems.append(f"{where}: needs {', '.join(ALERT_KEYS)}")
        return
    checks.one_of(problems, where + ".status", alert["status"], ("firing", "resolved"))
    for key in ("labels", "annotations"):
        check_map(problems, f"{where}.{key}", alert[key])
    if isinstance(alert["labels"], dict):
        if not alert["labels"].get("alertname"):
            problems.append(f"{where}.labels: alertname is missing")
        for name, value in (group["commonLabels"] or {}).items():
            if alert["labels"].get(name) != value:
                problems.append(f"{where}: common label {name} is not among its labels")
    check_times(problems, where, alert)
    checks.string(problems, where + ".generatorURL", alert["generatorURL"], 3000, 0)
    if not isinstance(alert["fingerprint"], str) or not re.fullmatch(r"[0-9a-f]{8,64}", alert["fingerprint"]):
        problems.append(f"{where}.fingerprint: not hexadecimal of 8 to 64 digits")


def check_group(body):
    """Problems of one body, by itself. Unknown keys are ignored, as receivers must."""
    if not isinstance(body, dict):
        return ["the body is not an object"]
    problems = [f"{key} is missing" for key in GROUP_KEYS if key not in body]
    if problems:
        return problems
    if body["version"] != "4":
        problems.append("version: not the string 4")
    if not isinstance(body["truncatedAlerts"], int) or isinstance(body["truncatedAlerts"], bool) or body["truncatedAlerts"] < 0:
        problems.append("truncatedAlerts: not a whole number")
    checks.string(problems, "groupKey", body["groupKey"], 4096)
    checks.string(problems, "receiver", body["receiver"], 1024)
    checks.string(problems, "externalURL", body["externalURL"], 3000, 0)
    for key in ("groupLabels", "commonLabels", "commonAnnotations"):
        check_map(problems, key, body[key])
    checks.one_of(problems, "status", body["status"], ("firing", "resolved"))
    if not isinstance(body["alerts"], list) or not body["alerts"]:
        return problems + ["alerts: not a list of at least one"]
    if problems:
        return problems
    for n, alert in enumerate(body["alerts"]):
        check_alert(problems, f"alerts[{n}]", alert, body)
    if not problems:
        firing = any(alert["status"] == "firing" for alert in body["alerts"])
        if (body["status"] == "firing") != firing:
            problems.append("status: firing if any alert fires, else resolved")
    return problems


def check_key(key, body):
    """Problems of an Idempotency-Key `fingerprint:reason:sequence` beside its body."""
    match = IDEMPOTENCY_KEY.match(key or "")
    if not match:
        return [f"Idempotency-Key {key!r:.80} is not fingerprint:reason:sequence"]
    fingerprint, reason, _ = match.groups()
    problems = []
    checks.one_of(problems, "Idempotency-Key's reason", reason, REASONS)
    if fingerprint not in [alert["fingerprint"] for alert in body["alerts"]]:
        problems.append("Idempotency-Key's fingerprint is not the alert's")
    if (reason == "resolved") != (body["status"] == "resolved"):
        problems.append(f"reason {reason} with status {body['status']}")
    return problems


class Webhook(Double):
    """`keys` maps each Idempotency-Key seen, in failed tries too, to the digest of its body."""

    name = "webhook"

    def __init__(self, port=0, record=None, secret=None, seed=1):
        super().__init__(port, record, seed)
        self.secret = secret
        self.keys, self._fired = {}, set()

    @property
    def url(self):
        return self.base + PATH

    def judge(self, request):
        status, problems = self._judge(request)
        if problems:
            return Verdict(status, "; ".join(problems)[:2000], "text/plain", problems)
        key = request.headers["idempotency-key"]
        self.keys[key] = hashlib.sha256(request.body).hexdigest()
        return Verdict(200, "{}", note=key.split(":")[1])

    def _judge(self, request):
        problems = []
        if request.path != PATH:
            return 404, [f"no such path {request.path}"]
        if request.method != "POST":
            return 405, [f"{request.method} instead of POST"]
        if not checks.json_content(problems, request):
            return 415, problems
        if self.secret is not None:
            expected = "sha256=" + hmac.new(self.secret, request.body, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(expected, request.headers.get("x-meshwarden-signature", "")):
                return 401, ["X-Meshwarden-Signature is wrong or missing"]
        try:
            body = request.json()
        except ValueError as error:
            return 400, [f"not JSON: {error}"]
        key = request.headers.get("idempotency-key")
        problems = check_group(body) or check_key(key, body)
        if problems:
            return 400, problems
        if self.keys.get(key, hashlib.sha256(request.body).hexdigest()) != hashlib.sha256(request.body).hexdigest():
            return 422, ["the same Idempotency-Key came with another body"]
        unheard = [a["fingerprint"] for a in body["alerts"] if a["status"] == "resolved" and a["fingerprint"] not in self._fired]
        return (422, [f"resolved, but never told that it fires: {unheard[0]}"]) if unheard else (200, [])

    def commit(self, request, verdict):
        for alert in request.json()["alerts"]:
            if alert["status"] == "firing":
                self._fired.add(alert["fingerprint"])


def _make(arguments):
    secret = None
    if arguments.secret_file:
        with open(arguments.secret_file, "rb") as file:
            secret = file.read().strip()
    return Webhook(arguments.port, arguments.record, secret)


if __name__ == "__main__":
    main(_make, lambda parser: parser.add_argument("--secret-file", help="verify the signature with this secret"))
