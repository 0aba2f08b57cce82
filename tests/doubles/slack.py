"""A strict double of a Slack incoming webhook: takes what Slack takes, refuses what Slack refuses, and what it would mangle.

  python3 tests/doubles/slack.py --port 0 --record FILE       prints `listening URL`, the webhook's secret URL
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
from double import Double, Verdict, main  # noqa: E402

PATH = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
MAX_BLOCKS, MAX_ATTACHMENT_BLOCKS, MAX_ATTACHMENTS, MAX_TOTAL, MAX_TEXT = 50, 20, 100, 12000, 40000
LINK = re.compile(r"<(https?://[^<>|\s]+)(\|[^<>|\n]+)?>")
BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
MESSAGE_KEYS = ("text", "blocks", "attachments", "username", "icon_emoji", "icon_url", "channel", "unfurl_links",
                "unfurl_media", "metadata", "mrkdwn")
ATTACHMENT_KEYS = ("color", "fallback", "blocks", "text", "pretext", "title", "title_link", "footer", "ts", "fields",
                   "mrkdwn_in", "author_name", "author_link")
COLOR = re.compile(r"^(#[0-9a-fA-F]{6}|good|warning|danger)$")


def unescaped(text):
    """What in this mrkdwn Slack would take for more than text; None if nothing. Well-formed links to http(s) are fine."""
    if BARE_AMPERSAND.search(text):
        return "an & that is not &amp; &lt; or &gt;"
    rest = LINK.sub("", text)
    found = re.search(r"[<>]", rest)
    return f"unescaped {rest[found.start():found.start() + 12]!r}" if found else None


class Message:
    """One walk over one message; collects problems by Slack's own error word."""

    def __init__(self):
        self.problems, self.total, self._ids, self._actions = [], 0, set(), set()

    def mrkdwn(self, where, text):
        wrong = unescaped(text)
        if wrong:
            self.problems.append(f"{where}: {wrong}")

    def text_object(self, where, value, longest, kinds=("mrkdwn", "plain_text")):
        if not checks.keys(self.problems, where, value, ("type", "text"), ("emoji", "verbatim")):
            return
        if not checks.one_of(self.problems, where + ".type", value["type"], kinds):
            return
        if value["type"] == "mrkdwn" and "emoji" in value:
            self.problems.append(f"{where}: emoji belongs to plain_text")
        if value["type"] == "plain_text" and "verbatim" in value:
            self.problems.append(f"{where}: verbatim belongs to mrkdwn")
        for flag in ("emoji", "verbatim"):
            if not isinstance(value.get(flag, False), bool):
                self.problems.append(f"{where}.{flag}: not a boolean")
        if checks.string(self.problems, where + ".text", value["text"], longest):
            self.total += len(value["text"])
            if value["type"] == "mrkdwn":
                self.mrkdwn(where, value["text"])

    def listed(self, where, value, longest):
        if not isinstance(value, list) or not 1 <= len(value) <= longest:
            self.problems.append(f"{where}: not a list of 1 to {longest}")
            return []
        return value

    def button(self, where, value):
        optional = ("action_id", "value", "url", "style", "confirm", "accessibility_label")
        if not checks.keys(self.problems, where, value, ("type", "text"), optional):
            return
        checks.one_of(self.problems, where + ".type", value["type"], ("button",))
        self.text_object(where + ".text", value["text"], 75, ("plain_text",))
        if "value" in value:
            checks.string(self.problems, where + ".value", value["value"], 2000)
        if "url" in value:
            checks.url(self.problems, where + ".url", value["url"], 3000)
        if "style" in value:
            checks.one_of(self.problems, where + ".style", value["style"], ("primary", "danger"))
        if "action_id" in value and checks.string(self.problems, where + ".action_id", value["action_id"], 255):
            if value["action_id"] in self._actions:
                self.problems.append(f"{where}: action_id {value['action_id']!r} is used twice")
            self._actions.add(value["action_id"])

    def image(self, where, value, optional=()):
        if checks.keys(self.problems, where, value, ("type", "image_url", "alt_text"), optional):
            checks.url(self.problems, where + ".image_url", value["image_url"], 3000)
            checks.string(self.problems, where + ".alt_text", value["alt_text"], 2000)

    def section(self, where, block):
        if not checks.keys(self.problems, where, block, ("type",), ("text", "fields", "accessory", "block_id", "expand")):
            return
        if "text" not in block and "fields" not in block:
            self.problems.append(f"{where}: a section needs text or fields")
        if "text" in block:
            self.text_object(where + ".text", block["text"], 3000)
        if "fields" in block:
            for n, item in enumerate(self.listed(where + ".fields", block["fields"], 10)):
                self.text_object(f"{where}.fields[{n}]", item, 2000)
        if "accessory" in block:
            image = isinstance(block["accessory"], dict) and block["accessory"].get("type") == "image"
            (self.image if image else self.button)(where + ".accessory", block["accessory"])

    def header(self, where, block):
        if checks.keys(self.problems, where, block, ("type", "text"), ("block_id",)):
            self.text_object(where + ".text", block["text"], 150, ("plain_text",))

    def context(self, where, block):
        if checks.keys(self.problems, where, block, ("type", "elements"), ("block_id",)):
            for n, item in enumerate(self.listed(where + ".elements", block["elements"], 10)):
                at = f"{where}.elements[{n}]"
                if isinstance(item, dict) and item.get("type") == "image":
                    self.image(at, item)
                else:
                    self.text_object(at, item, 2000)

    def actions(self, where, block):
        if checks.keys(self.problems, where, block, ("type", "elements"), ("block_id",)):
            for n, item in enumerate(self.listed(where + ".elements", block["elements"], 25)):
                self.button(f"{where}.elements[{n}]", item)

    def divider(self, where, block):
        checks.keys(self.problems, where, block, ("type",), ("block_id",))

    def blocks(self, where, value, longest):
        kinds = {"section": self.section, "header": self.header, "context": self.context, "actions": self.actions,
                 "divider": self.divider, "image": lambda at, b: self.image(at, b, ("title", "block_id"))}
        for n, block in enumerate(self.listed(where, value, longest)):
            at = f"{where}[{n}]"
            if not isinstance(block, dict) or not isinstance(block.get("type"), str) or block["type"] not in kinds:
                self.problems.append(f"{at}: no block of a known type")
                continue
            kinds[block["type"]](at, block)
            if "block_id" in block and checks.string(self.problems, at + ".block_id", block["block_id"], 255):
                if block["block_id"] in self._ids:
                    self.problems.append(f"{at}: block_id is used twice")
                self._ids.add(block["block_id"])

    def attachment(self, where, value):
        if not checks.keys(self.problems, where, value, (), ATTACHMENT_KEYS):
            return
        if "color" in value and not (isinstance(value["color"], str) and COLOR.match(value["color"])):
            self.problems.append(f"{where}.color: neither #rrggbb nor good, warning, danger")
        if not any(key in value for key in ("blocks", "text", "fallback")):
            self.problems.append(f"{where}: nothing to show")
        for key in ("text", "pretext", "title", "fallback", "footer"):
            if key in value and checks.string(self.problems, f"{where}.{key}", value[key], 3000, 0):
                self.total += len(value[key])
                self.mrkdwn(f"{where}.{key}", value[key])
        if "blocks" in value:
            self.blocks(where + ".blocks", value["blocks"], MAX_ATTACHMENT_BLOCKS)


def check(body):
    """(Slack's error word, problems) of a message; (None, []) when it is right."""
    if not isinstance(body, dict):
        return "invalid_payload", ["the body is not an object"]
    message = Message()
    if not checks.keys(message.problems, "message", body, (), MESSAGE_KEYS):
        return "invalid_payload", message.problems
    if not checks.string(message.problems, "text", body.get("text"), MAX_TEXT) or not body["text"].strip():
        return "no_text", message.problems or ["text: empty"]
    message.mrkdwn("text", body["text"])
    if "blocks" in body:
        message.blocks("blocks", body["blocks"], MAX_BLOCKS)
    if message.problems:
        return "invalid_blocks", message.problems
    if "attachments" in body:
        for n, item in enumerate(message.listed("attachments", body["attachments"], MAX_ATTACHMENTS)):
            message.attachment(f"attachments[{n}]", item)
    if message.problems:
        return "invalid_attachments", message.problems
    if message.total > MAX_TOTAL:
        return "msg_blocks_too_long", [f"{message.total} characters in all, more than {MAX_TOTAL}"]
    return None, []


class Slack(Double):
    name = "slack"

    @property
    def url(self):
        return self.base + PATH

    def judge(self, request):
        status, word, problems = self._judge(request)
        return Verdict(status, word, "text/html", problems)

    def _judge(self, request):
        problems = []
        if request.path != PATH:
            return 404, "no_service", [f"{request.path} is not the webhook's path"]
        if request.method != "POST":
            return 405, "method_not_allowed", [f"{request.method} instead of POST"]
        if not checks.json_content(problems, request):
            return 400, "invalid_payload", problems
        try:
            body = request.json()
        except ValueError as error:
            return 400, "invalid_payload", [f"not JSON: {error}"]
        word, problems = check(body)
        return (400, word, problems) if word else (200, "ok", [])

    def failure(self, fault):
        status = fault["answer"]
        if status == 429:
            return 429, {"Retry-After": str(fault.get("retry_after", 1))}, '{"retry_after":1,"ok":false,"error":"rate_limited"}'
        return status, {}, "service_unavailable"


if __name__ == "__main__":
    main(lambda arguments: Slack(arguments.port, arguments.record))
