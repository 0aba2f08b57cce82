"""The Slack double refuses what Slack refuses; each wrong message differs from a good one in one thing."""
import copy
import http.client
import json
import os
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asking import control, send  # noqa: E402
from slack import PATH, Slack, unescaped  # noqa: E402

GOOD = {
    "text": "40 requests to pay/ledger were denied &amp; more",
    "unfurl_links": False,
    "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "high: authz-denials <ledger>", "emoji": False}},
        {"type": "section", "block_id": "what", "text": {"type": "mrkdwn", "text": "*40* &gt; 10, see <https://x.test/i/1?a=1|the incident>"},
         "fields": [{"type": "mrkdwn", "text": "*Source*\nshop/web"}, {"type": "plain_text", "text": "a & b"}]},
        {"type": "divider"},
        {"type": "actions", "elements": [
            {"type": "button", "action_id": "open", "url": "http://127.0.0.1:20011/", "text": {"type": "plain_text", "text": "Open"}}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Investigate the source service"}]},
    ],
}


def changed(path, value):
    """GOOD with the thing at `path` set to value; the value None takes it away."""
    message = copy.deepcopy(GOOD)
    place = message
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return message


def mrkdwn(text):
    return changed(["blocks", 1, "text", "text"], text)


def section(length):
    return {"type": "section", "text": {"type": "plain_text", "text": "x" * length}}


def buttons(count):
    one = {"type": "button", "text": {"type": "plain_text", "text": "b"}}
    return [{**one, "action_id": str(n)} for n in range(count)]


BUTTON = ["blocks", 3, "elements", 0]
WRONG = {
    "no text": (changed(["text"], None), "no_text"),
    "empty text": (changed(["text"], "  "), "no_text"),
    "text is a number": (changed(["text"], 4), "no_text"),
    "unknown key": (changed(["blcoks"], []), "invalid_payload"),
    "not an object": ([GOOD], "invalid_payload"),
    "not JSON": (b'{"text": "x"', "invalid_payload"),
    "repeated key": (b'{"text": "x", "text": "y"}', "invalid_payload"),
    "51 blocks": (changed(["blocks"], [{"type": "divider"}] * 51), "invalid_blocks"),
    "no blocks in blocks": (changed(["blocks"], []), "invalid_blocks"),
    "unknown block": (changed(["blocks", 2, "type"], "hr"), "invalid_blocks"),
    "section text 3001": (mrkdwn("x" * 3001), "invalid_blocks"),
    "empty section text": (mrkdwn(""), "invalid_blocks"),
    "section without text": (changed(["blocks", 1], {"type": "section"}), "invalid_blocks"),
    "11 fields": (changed(["blocks", 1, "fields"], [{"type": "mrkdwn", "text": "f"}] * 11), "invalid_blocks"),
    "field of 2001": (changed(["blocks", 1, "fields", 0, "text"], "x" * 2001), "invalid_blocks"),
    "header of 151": (changed(["blocks", 0, "text", "text"], "x" * 151), "invalid_blocks"),
    "header in mrkdwn": (changed(["blocks", 0, "text"], {"type": "mrkdwn", "text": "x"}), "invalid_blocks"),
    "11 context elements": (changed(["blocks", 4, "elements"], [{"type": "mrkdwn", "text": "c"}] * 11), "invalid_blocks"),
    "26 buttons": (changed(["blocks", 3, "elements"], buttons(26)), "invalid_blocks"),
    "button text of 76": (changed(BUTTON + ["text", "text"], "x" * 76), "invalid_blocks"),
    "button text in mrkdwn": (changed(BUTTON + ["text", "type"], "mrkdwn"), "invalid_blocks"),
    "button value of 2001": (changed(BUTTON + ["value"], "x" * 2001), "invalid_blocks"),
    "button url of 3001": (changed(BUTTON + ["url"], "https://x/" + "y" * 2991), "invalid_blocks"),
    "button url is none": (changed(BUTTON + ["url"], "javascript:alert(1)"), "invalid_blocks"),
    "action_id twice": (changed(["blocks", 3, "elements"], buttons(1) * 2), "invalid_blocks"),
    "action_id of 256": (changed(BUTTON + ["action_id"], "x" * 256), "invalid_blocks"),
    "block_id of 256": (changed(["blocks", 1, "block_id"], "x" * 256), "invalid_blocks"),
    "block_id twice": (changed(["blocks", 2, "block_id"], "what"), "invalid_blocks"),
    "12001 characters": (changed(["blocks"], [section(3000)] * 4 + [section(1)]), "msg_blocks_too_long"),
    "bare ampersand": (mrkdwn("a & b"), "invalid_blocks"),
    "foreign entity": (mrkdwn("a &quot; b"), "invalid_blocks"),
    "bare less-than": (mrkdwn("1 < 2"), "invalid_blocks"),
    "bare greater-than": (mrkdwn("2 > 1"), "invalid_blocks"),
    "channel mention": (mrkdwn("<!channel> come"), "invalid_blocks"),
    "user mention": (mrkdwn("<@U123>"), "invalid_blocks"),
    "link of another scheme": (mrkdwn("<mailto:a@b.test|a>"), "invalid_blocks"),
    "link with ampersand": (mrkdwn("<https://x.test/?a=1&b=2|x>"), "invalid_blocks"),
    "mention in the fallback": (changed(["text"], "<!here>"), "invalid_blocks"),
    "mention in a field": (changed(["blocks", 1, "fields", 0, "text"], "<!here>"), "invalid_blocks"),
    "attachment's colour": (changed(["attachments"], [{"color": "reddish", "text": "x"}]), "invalid_attachments"),
    "21 blocks in an attachment": (changed(["attachments"], [{"blocks": [{"type": "divider"}] * 21}]), "invalid_attachments"),
}

AT_THE_LIMIT = {
    "as it is": GOOD,
    "text alone": {"text": "x"},
    "50 blocks": changed(["blocks"], [{"type": "divider"}] * 50),
    "section text 3000": mrkdwn("x" * 3000),
    "10 fields": changed(["blocks", 1, "fields"], [{"type": "mrkdwn", "text": "f" * 100}] * 10),
    "field of 2000": changed(["blocks", 1, "fields", 0, "text"], "x" * 2000),
    "header of 150": changed(["blocks", 0, "text", "text"], "x" * 150),
    "25 buttons": changed(["blocks", 3, "elements"], buttons(25)),
    "button text of 75": changed(BUTTON + ["text", "text"], "x" * 75),
    "12000 characters": changed(["blocks"], [section(3000)] * 4),
    "link with entity": mrkdwn("<https://x.test/?a=1&amp;b=2|x &amp; y>"),
    "attachment": changed(["attachments"], [{"color": "#a30200", "blocks": [{"type": "divider"}]}]),
}


@pytest.fixture(name="slack")
def slack_fixture():
    with Slack() as double:
        yield double


@pytest.mark.parametrize("name", WRONG)
def test_wrong_is_refused(slack, name):
    body, word = WRONG[name]
    status, _, text = send(slack.url, body)
    assert (status, text) == (400, word)
    assert len(slack.violations) == 1 and slack.violations[0]["problems"] and not slack.taken


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_good_is_taken(slack, name):
    status, _, text = send(slack.url, AT_THE_LIMIT[name])
    assert (status, text) == (200, "ok"), slack.violations
    assert not slack.violations and len(slack.taken) == 1


def test_wrong_way_to_ask(slack):
    assert send(slack.url, GOOD, method="PUT")[0] == 405
    assert send(slack.base + PATH + "X", GOOD)[0] == 404
    assert send(slack.url, GOOD, content_type="text/plain")[0] == 400
    assert len(slack.violations) == 3


def test_told_to_fail(slack):
    control(slack, next=2, answer=429, retry_after=7)
    control(slack, next=1, answer=500)
    first = send(slack.url, GOOD)
    assert first[0] == 429 and first[1]["retry-after"] == "7" and json.loads(first[2])["error"] == "rate_limited"
    assert [send(slack.url, GOOD)[0] for _ in range(3)] == [429, 500, 200]
    assert [r["verdict"] for r in slack.requests] == ["failed", "failed", "failed", "accepted"]


def test_wrong_stays_wrong_while_it_fails(slack):
    control(slack, next=1, answer=500)
    assert send(slack.url, {"text": "<!channel>"})[0] == 400
    assert send(slack.url, GOOD)[0] == 500


def test_hangs_and_cuts(slack):
    control(slack, next=1, answer="hang", seconds=0.3)
    began = time.monotonic()
    with pytest.raises((http.client.HTTPException, OSError)):
        send(slack.url, GOOD)
    assert time.monotonic() - began >= 0.3
    control(slack, next=1, answer="cut")
    with pytest.raises((http.client.HTTPException, OSError)):
        send(slack.url, GOOD)
    assert [r["verdict"] for r in slack.requests] == ["failed", "lost"] and len(slack.taken) == 1


def test_fails_at_random_half_of_the_time(slack):
    control(slack, random=0.5, answers=[500, 429])
    statuses = [send(slack.url, GOOD)[0] for _ in range(100)]
    assert 25 <= statuses.count(200) <= 75 and {500, 429} <= set(statuses)
    control(slack, clear=True)
    assert [send(slack.url, GOOD)[0] for _ in range(10)] == [200] * 10


def test_escaping():
    assert unescaped("a &amp; b &lt;!channel&gt; <https://x.test|y>") is None
    for text in ("&", "&#60;", "<", ">", "<!date^1^{date}|x>", "<#C1>", "<https://x.test|<!here>>", "<https://>", "<javascript:x|y>"):
        assert unescaped(text), text


def test_command_line(tmp_path):
    record = tmp_path / "slack.jsonl"
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slack.py")
    process = subprocess.Popen([sys.executable, script, "--port", "0", "--record", record], stdout=subprocess.PIPE, text=True)
    try:
        word, url = process.stdout.readline().split()
        assert word == "listening" and send(url, GOOD)[0] == 200 and send(url, {})[0] == 400
    finally:
        process.terminate()
    assert process.wait(5) == 0
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["verdict"] for line in lines] == ["accepted", "refused"]
    assert lines[0]["body"] == GOOD and abs(lines[0]["received_at"] - time.time()) < 60
