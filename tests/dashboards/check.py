"""Every query of a Grafana dashboard, asked of a real Prometheus as Grafana would ask it.

  problems = check_dashboard("http://127.0.0.1:9090", "dashboards/security-overview.json")

answers a list of sentences, empty where every panel, every annotation and every variable gave data. `interval` stands
for Grafana's step; `since` is how many seconds back the time range begins; `chosen` are values of variables, each a
list (all, unless it is given).
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


def escaped(value):
    """A value of a variable with many, as Grafana's Prometheus data source writes it into a regular expression."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value.replace("\\", "\\\\\\\\"))


def variables(dashboard, chosen=None):
    """{name: text that Grafana writes into a query} of the variables that queries may name."""
    texts = {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            values_of = (chosen or {}).get(variable["name"])
            joined = "|".join(map(escaped, values_of or []))
            texts[variable["name"]] = f"({joined})" if values_of else variable["allValue"]
    return texts


def interpolated(expression, interval, since, texts=None):
    """With Grafana's own variables and the dashboard's filled in; ValueError for one that is left."""
    lengths = {"__rate_interval": 4 * interval, "__interval": interval, "__range": since}
    own = {name: f"{seconds}s" for name, seconds in lengths.items()} | {"__interval_ms": str(1000 * interval)}
    for name, text in [*own.items(), *(texts or {}).items()]:
        expression = re.sub(r"\$(\{%s\}|%s\b)" % (name, name), lambda _, text=text: text, expression)
    known = "".join((texts or {}).values())
    left = next((found for found in re.finditer(r"\$(\{\w+\}|[A-Za-z_]\w*)", re.sub(r'"\$1"', "", expression))
                 if found.group() not in known), None)
    if left:
        raise ValueError(f"a variable that is not filled in: {left.group()}")
    return expression


def variable_values(prometheus, dashboard, since, now):
    """{name: values} of the variables, asked as Grafana would: label_values(label) or label_values(series, label)."""
    texts, found = variables(dashboard), {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        series, label = re.fullmatch(r"label_values\((?:(.+), )?(\w+)\)", variable["query"]).groups()
        fields = [("start", now - since), ("end", now)]
        if series:
            fields.append(("match[]", interpolated(series, 60, since, texts)))
        url = f"{prometheus}/api/v1/label/{label}/values?" + urllib.parse.urlencode(fields)
        with urllib.request.urlopen(url, timeout=60) as answer:
            found[variable["name"]] = json.load(answer)["data"]
    return found


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


def answers(prometheus, path, interval=15, since=3600, now=None, chosen=None):
    """{where: series or the sentence that says what is wrong} of every query."""
    found = {}
    now = now or time.time()
    dashboard = load(path)
    texts = variables(dashboard, chosen)
    for where, expression, instant in queries(dashboard):
        try:
            question = interpolated(expression, interval, since, texts)
            found[where] = ask(prometheus, question, instant, interval, since, now)
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
    offered = variable_values(prometheus, load(path), since, now or time.time())
    return problems + [f"variable {name}: no data" for name, found in offered.items() if not found]
