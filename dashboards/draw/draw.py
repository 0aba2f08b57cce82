"""Draws docs/dashboard-*.png: plays faults on a simulated mesh for some minutes, then draws rows of the dashboards in
Chromium over that Prometheus, with Grafana's own components (not with a Grafana: state timelines are left out).

  cd dashboards/draw && npm install && npm run build && /usr/bin/python3 draw.py [MINUTES]
"""
import functools
import http.server
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import Stack, wait_until  # noqa: E402

PICTURES = [  # file, dashboard, rows, width
    ("dashboard-security.png", "security-overview.json", "Now|Authorization denials", 1400),
    ("dashboard-incidents.png", "incidents.json", "Open now|Telling people", 1400),
    ("dashboard-meshwarden.png", "meshwarden.json", "Is it well?|Ticks|Questions to Prometheus", 1400),
]
FAULTS = [("denials-http", 8, 40), ("denials-gateway", 5, 20), ("denials-grpc", 4, 25), ("denials-tcp", 5, 20),
          ("denials-ambient", 5, 20), ("mtls", 5, 20), ("plaintext-strict", 5, 20), ("mtls-ambient", 3, 9),
          ("retry-storm", 60, 200), ("new-edge", 3, 8), ("slow-convergence", 2, 8)]
OVERRIDES = {"authz-denials": {"window": "30s", "keep_firing_for": "30s"},
             "mtls-failures": {"window": "30s", "keep_firing_for": "30s"}}
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --hide-scrollbars --window-size=1500,1000").split()


def play(stack, minutes):
    chance = random.Random(3)
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        kind, least, most = chance.choice(FAULTS)
        stack.inject(kind, count=chance.randint(least, most), over=chance.choice([0, 20, 40]))
        time.sleep(chance.randint(8, 30))


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def draw(prometheus, minutes):
    folder = tempfile.mkdtemp()
    for name in ("draw.js", "draw.css"):
        shutil.copy(os.path.join(HERE, "out", name), folder)
    for _, dashboard, _, _ in PICTURES:
        shutil.copy(os.path.join(ROOT, "dashboards", dashboard), folder)
    with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as page:
        page.write('<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="draw.css">'
                   '<body><div id="root"></div><script src="draw.js"></script>')
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        for file, dashboard, rows, width in PICTURES:
            wish = urllib.parse.urlencode({"dashboard": dashboard, "prometheus": prometheus, "rows": rows,
                                           "minutes": minutes})
            browser.set_window_size(width, 1000)
            browser.get(f"http://127.0.0.1:{server.server_port}/index.html?{wish}")
            wait_until(file, 90, lambda: browser.execute_script("return window.ready"))
            browser.set_window_size(width, browser.execute_script("return bottom + outerHeight - innerHeight"))
            time.sleep(1)
            browser.save_screenshot(os.path.join(ROOT, "docs", file))
    finally:
        browser.quit()
        server.shutdown()
        shutil.rmtree(folder)


def main():
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with Stack(tempfile.mkdtemp(), services=24, overrides=OVERRIDES, scrape="2s", mesh=["--background"]) as stack:
        stack.start()
        stack.wait_learned()
        play(stack, minutes)
        draw(stack.prometheus, minutes)


if __name__ == "__main__":
    main()
