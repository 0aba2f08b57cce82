"""What a soak has shown: growth, ticks, incidents, notices, the chain."""
import collections
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "e2e"))
from crash import per_incident  # noqa: E402
from harness import belongs  # noqa: E402

WARM_UP = 1 / 3          # of the time
MOST_GROWTH = 0.10       # of the memory after the warm-up, by the line through what came after
MOST_DESCRIPTORS = 10    # more at the calm end than at the calm beginning


def line_through(points):
    """(slope, value at the first x) by least squares."""
    xs, ys = zip(*points)
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    slope = sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a in xs)
    return slope, y + slope * (xs[0] - x)


def growth(samples):
    """How much the memory grew after the warm-up: (MB before, MB by the line at the end). Of each minute the least
    counts, so that what a crowd or a long answer holds for a moment does not."""
    minutes = collections.defaultdict(list)
    for at, resident, _ in samples:
        minutes[int(at // 60)].append(resident)
    points = [(minute, min(values)) for minute, values in sorted(minutes.items())]
    points = points[int(len(points) * WARM_UP):]
    if len(points) < 3:
        return points[0][1], points[-1][1]
    slope, first = line_through(points)
    return first, first + slope * (points[-1][0] - points[0][0])


def incidents_wrong(stack, records):
    """(sentences, how many have the exact value)."""
    wrong, exact = [], 0
    rules = {record["rule"] for record in records}
    incidents = [i for i in stack.incidents() if i["rule"] in rules]
    owned = set()
    for record in records:
        found = [i for i in incidents if i["rule"] == record["rule"] and belongs(i["labels"], record)]
        owned |= {i["id"] for i in found}
        what = f"{record['kind']} at {record['labels']}"
        if len(found) != 1:
            wrong.append(f"{len(found)} incidents of {record['rule']} for {what}, injected at {record['injected']:.0f}")
            continue
        exact += found[0]["value"] == record["expected"]
        if found[0]["value"] > record["expected"]:
            wrong.append(f"value {found[0]['value']} of {record['expected']}: {what}")
        if found[0]["state"] != "resolved":
            wrong.append(f"{found[0]['state']} at the end: {what}")
        if found[0].get("reopened"):
            wrong.append(f"reopened: {what}")
    wrong += [f"nobody's: {i['rule']} {i['labels']} value {i['value']} {i['opened_at']}"
              for i in incidents if i["id"] not in owned]
    return wrong, exact


def notices_wrong(stack, records):
    wrong, keys = [], per_incident(stack)
    rules = {record["rule"] for record in records}
    for incident in stack.incidents():
        if incident["rule"] not in rules:
            continue
        for reason in ("opened", "resolved"):
            count = len(keys[incident["fingerprint"]][reason])
            if count != 1 + (incident.get("reopened") or 0):
                wrong.append(f"{count} keys for {reason} of {incident['rule']} {incident['labels']}")
    wrong += [f"refused by {v['double']}: {v['problems']}" for v in stack.violations()]
    return wrong + [f"not delivered: {d}" for d in stack.pending()]


def ticks_wrong(ticks, interval, reloads):
    """A reload may move the beat by one interval."""
    uncounted = ticks["seconds"] / interval - ticks["held"] - ticks["missed"]
    most = 2 + reloads
    if abs(uncounted) <= most:
        return []
    return [f"{uncounted:.1f} ticks are neither held nor counted as missed (at most {most})"]


def markdown(result):
    trouble = sorted(result["trouble"].items(), key=lambda entry: -entry[1])
    rows = [("hours, services, series", f"{result['seconds'] / 3600:.2f}, {result['services']}, {result['series']}"),
            ("trouble", ", ".join(f"{count} {what}" for what, count in trouble)),
            ("ticks held, missed and counted, neither", "{held}, {missed}, {uncounted:.1f}".format(**result["ticks"])),
            ("memory after the warm-up, at the end, highest",
             "{0:.0f} MB, {1:.0f} MB, {2:.0f} MB".format(*result["memory_mb"])),
            ("descriptors at the beginning, at the end, most", "{0}, {1}, {2}".format(*result["descriptors"])),
            ("faults that must open one incident, did, with the exact count",
             "{faults}, {opened}, {exact}".format(**result)),
            ("requests to the targets, failed ones", "{requests}, {failed_requests}".format(**result)),
            ("CPU of ours", f"{result['cpu_seconds']:.0f} s"), ("database", f"{result['database_mb']:.1f} MB")]
    lines = ["# Soak", "", "| what | figure |", "|---|---|", *[f"| {name} | {value} |" for name, value in rows], ""]
    lines.append("ok" if result["ok"] else "**NOT OK**")
    return "\n".join([*lines, *[f"- {sentence}" for sentence in result["wrong"]]]) + "\n"
