"""The table of the cost benchmark."""

OWN_CPU, MEMORY, SHARE = 0.3, 300, 0.25  # seconds a tick, MB, of the five rows


def share(result, rules="five rows"):
    rows = result["prometheus"][rules].get("cpu")
    return result["prometheus"]["alerts"]["cpu"] / rows if rows else None


# The families that the alert signals, the topology or the five rows ask for.
ASKED = {
    "istio_requests_total": "istio_requests_total",
    "TCP connections and bytes": '{__name__=~"istio_tcp_.*"}',
    "retries of services": 'envoy_cluster_upstream_rq_retry{cluster_name!="xds-grpc"}',
    "listeners": '{__name__=~"envoy_listener_(ssl_.*|no_filter_chain_match)"}',
    "RBAC filters": '{__name__=~"envoy_(http_.*|tcp)"}',
    "uptimes": "envoy_server_uptime",
    "up": "up",
    "istiod": '{__name__=~"pilot_.*"}',
}


def goals(result):
    """Those that must hold."""
    own = result["our_cpu_by_kind"]["alerts"]
    if own is None:  # in a small mesh every tick asks for the topology too
        own = result["our_cpu_per_tick"]
    return {f"alert ticks below {OWN_CPU} s of our CPU": own < OWN_CPU,
            f"below {MEMORY} MB at the highest": result["peak_mb"] < MEMORY,
            "no signal blind": not result["blind"]}


def wishes(result):
    parts = {rules: share(result, rules) for rules in ("five rows", "five rows, births seen")}
    return {f"a poll of all alert signals below {SHARE:.0%} of the {rules}": part is not None and part < SHARE
            for rules, part in parts.items()}


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def line(name, results, value):
    return "| " + " | ".join([name, *[value(result) for result in results]]) + " |"


def markdown(results):
    def asked(kind, what, digits=3):
        return lambda r: number(r["prometheus"][kind].get(what), digits)

    def plain(what):
        return lambda r: number(r[what])

    def own(kind):
        return lambda r: f"{number(r['our_cpu_by_kind'][kind])} ({r['ticks_by_kind'][kind]} ticks)"

    lines = ["# Cost", "",
             "CPU in seconds, of Prometheus the mean. A tick's kind is the dearest thing that it asked for; alert",
             "signals are read at every tick.", "",
             line("", results, lambda r: f"{r['services']} services"), "|---" * (len(results) + 1) + "|",
             line("series, targets", results, lambda r: f"{r['series']}, {r['targets']}"),
             line("a tick every", results, lambda r: f"{r['seconds_per_tick']:.1f} s"),
             line("ticks asked again: those that were not late", results, lambda r: str(r["ticks_in_pace"])),
             line("our CPU, a tick of alert signals only", results, own("alerts")),
             line("... with the liveness of the families", results, own("liveness")),
             line("... with the topology", results, own("topology")),
             line("our CPU a tick, mean", results, lambda r: number(r["our_cpu_per_tick"])),
             line("our memory: highest, now", results, lambda r: f"{r['peak_mb']} MB, {r['resident_mb']} MB"),
             line("Prometheus: one poll of all alert signals", results, asked("alerts", "cpu")),
             line("... its answers", results, lambda r: asked("alerts", "megabytes", 2)(r) + " MB"),
             line("Prometheus: the liveness of the families", results, asked("liveness", "cpu")),
             line("Prometheus: the topology once", results, asked("topology", "cpu")),
             line("... its answers", results, lambda r: asked("topology", "megabytes", 2)(r) + " MB"),
             *[row for rules in results[0]["prometheus"] if rules not in ("alerts", "liveness", "topology") for row in (
                 line(f"Prometheus: {rules}, one evaluation", results, asked(rules, "cpu")),
                 line("... a poll of alert signals by it", results, lambda r, rules=rules: number(share(r, rules), 2)))],
             line("Prometheus, CPU added per tick while we ran", results, plain("prometheus_added_cpu_per_tick")),
             line("Prometheus, scraping alone, CPU a second", results, plain("prometheus_scraping_cpu_per_second")),
             ""]
    lines += ["Series by family:", "", line("", results, lambda r: f"{r['services']} services"),
              "|---" * (len(results) + 1) + "|"]
    for family in results[0]["families"]:
        lines.append(line(family, results, lambda r, family=family: str(r["families"][family])))
    lines.append("")
    lines += ["The dearest questions of the ticks of the largest mesh:", "",
              "| asked in 20 ticks | CPU, once | query |", "|---|---|---|"]
    for row in results[-1]["queries"][:10]:
        shown = row["query"].replace("|", "\\|")
        lines.append(f"| {row['asked']} | {row['cpu']:.3f} | `{shown}` |")
    lines.append("")
    for result in results:
        for goal, held in {**goals(result), **wishes(result)}.items():
            lines.append(f"- {result['services']} services: {'yes' if held else '**no**'}: {goal}")
    return "\n".join(lines) + "\n"
