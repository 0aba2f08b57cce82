"""Gives a real Prometheus a past: what the simulated mesh's counters of calls would have shown had they always run as they do now, until
all proxies were started anew."""
import math
import os
import random
import subprocess
import time

from harness import debian_binary

CALLS = '{__name__=~"istio_requests_total|istio_tcp_connections_opened_total",reporter=~"destination|waypoint"}'
UPTIMES = "envoy_server_uptime"


def poisson(dice, mean):
    if mean > 30:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-mean)
    product = dice.random()
    while product > left:
        count += 1
        product *= dice.random()
    return count


def line(labels, value, at):
    def quoted(text):
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    pairs = ",".join(f'{name}="{quoted(text)}"' for name, text in sorted(labels.items()) if name != "__name__")
    return f"{labels['__name__']}{{{pairs}}} {value} {at:.3f}\n"


def give_past(stack, hours, step, watched=20, seed=1):
    """Blocks of the past of a stack of which mesh and Prometheus run; Prometheus is started anew with them. The rates are those of
    `watched` seconds, so that the past and the present are one."""
    dice = random.Random(seed)
    key = lambda labels: tuple(sorted(labels.items()))  # noqa: E731
    before, began = {key(labels): value for labels, value in stack.query(CALLS)}, time.time()
    time.sleep(watched)
    now, lasted = stack.query(CALLS), time.time() - began
    uptimes = stack.query(UPTIMES)
    until = stack.query(f"min(min_over_time(timestamp({UPTIMES})[1h:1s]))")[0][1] - 1
    stack.stop_prometheus()
    path = os.path.join(stack.directory, "past.txt")
    with open(path, "w", encoding="utf-8") as file:
        for labels, value in now:
            rate = max(0.0, value - before.get(key(labels), value)) / lasted
            total = 0
            for i in reversed(range(int(3600 * hours / step))):
                total += poisson(dice, rate * step)
                if total > 0:
                    file.write(line(labels, total, until - step * i))
        for labels, value in uptimes:
            for i in reversed(range(int(3600 * hours / 60))):
                file.write(line(labels, max(86400.0, value + 86400) - 60 * i, until - 60 * i))
        file.write("# EOF\n")
    made = subprocess.run([debian_binary("promtool", "PROMTOOL"), "tsdb", "create-blocks-from", "openmetrics", path,
                           os.path.join(stack.directory, "tsdb")], capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    os.remove(path)
    stack.start_prometheus()
    stack.wait_scraped()
