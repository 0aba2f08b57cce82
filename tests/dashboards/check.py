"""Every query of a Grafana dashboard, asked of a real Prometheus as Grafana would ask it.

  problems = check_dashboard("http://127.0.0.1:9090", "dashboards/security-overview.json")

answers a list of sentences, empty where every panel and every annotation gave data. `interval` stands for Grafana's
step; `since` is how many seconds back the time range begins.
"""
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def panels(dashboard):
    """All panels but rows, those inside collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def queries(dashboard):
    """(where, expression, instant) of every panel's target and of every annotation from Prometheus."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"], bool(target.get("instant"))
    for annotation in dashboard["annotations"]["list"]:
        if not annotation.get("builtIn"):
            yield f"annotation {annotation['name']}", annotation["target"]["expr"], False


def interpolated(expression, interval, since):
    """With Grafana's own variables filled in; ValueError for one that is left."""
    lengths = {"__rate_interval": 4 * interval, "__interval": interval, "__range": since}
    for name, value in ((name, f"{seconds}s") for name, seconds in lengths.items()):
        expression = re.sub(r"\$(\{%s\}|%s\b)" % (name, name), value, expression)
    left = re.search(r"\$(\{\w+\}|[A-Za-z_]\w*)", re.sub(r'"\$1"', "", expression))
    if left:
        raise ValueError(f"a variable that is not filled in: {left.group()}")
    return expression


def ask(prometheus, expression, instant, interval, since, now):
    """The series of the answer. RuntimeError with Prometheus' own words where it refuses."""
    fields = {"query": expression}
    if instant:
        fields["time"] = now
    else:
        fields.update(start=now - since, end=now, step=interval)
    url = f"{prometheus}/api/v1/{'query' if instant else 'query_range'}"
    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(json.load(error)["error"]) from error


def values(series):
    return [float(value) for _, value in series.get("values", [series.get("value")])]


def answers(prometheus, path, interval=15, since=3600, now=None):
    """{where: series or the sentence that says what is wrong} of every query."""
    found = {}
    now = now or time.time()
    for where, expression, instant in queries(load(path)):
        try:
            found[where] = ask(prometheus, interpolated(expression, interval, since), instant, interval, since, now)
        except (RuntimeError, ValueError) as error:
            found[where] = f"{where}: {error}"
    return found


def check_dashboard(prometheus, path, interval=15, since=3600, now=None):
    problems = []
    for where, result in answers(prometheus, path, interval, since, now).items():
        if isinstance(result, str):
            problems.append(result)
        elif not any(value == value for series in result for value in values(series)):
            problems.append(f"{where}: no data")
    return problems
