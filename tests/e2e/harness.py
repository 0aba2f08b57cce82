"""Real processes on free loopback ports in one directory: the simulated mesh, Prometheus, Meshwarden and the doubles.

  with Stack(directory, services=12) as stack:
      stack.start()
      fault = stack.inject("denials-http", count=40, over=1)
      incident = stack.wait_incident("authz-denials", fault)

A Stack belongs to one thread. Every wait has a deadline, and says what it waited for and what stood in the logs when it gave up.
"""
import atexit
import glob
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "doubles"))
from pagerduty import KEY as ROUTING_KEY, PagerDuty  # noqa: E402
from slack import Slack  # noqa: E402
from webhook import Webhook  # noqa: E402

NAMES = {"meshsim": "MESHSIM", "meshwarden": "MESHWARDEN"}
LABELS = ("source_namespace", "source_workload", "destination_namespace", "destination_workload", "destination_service")


class Timeout(AssertionError):
    """What was waited for did not come."""


def binary(name):
    """One of our programs: env MESHWARDEN_BUILD names the build folder, else the newest of the usual ones."""
    folders = [os.environ["MESHWARDEN_BUILD"]] if os.environ.get("MESHWARDEN_BUILD") else ["release", "dev", "e2e"]
    for folder in folders:
        folder = os.path.join(ROOT, "build", folder)  # an absolute MESHWARDEN_BUILD stays as it is
        for path in (os.path.join(folder, name), *glob.glob(os.path.join(folder, "**", name), recursive=True)):
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    raise FileNotFoundError(f"{name} is built in none of {folders}")


def debian_binary(name, variable):
    """A program from a Debian package: env, PATH, or unpacked under build/tools."""
    for path in (os.environ.get(variable), shutil.which(name), os.path.join(ROOT, "build/tools/usr/bin", name)):
        if path and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"{name}: not on PATH, not in build/tools, {variable} not set")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(method, url, body=None, headers=None, timeout=10):
    """(status, text). OSError when nobody answers."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        data = None if body is None else json.dumps(body).encode()
        path = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, path or "/", data, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise ConnectionError(f"{method} {url}: {error!r}") from error
    finally:
        connection.close()


def ask_json(method, url, body=None, timeout=10):
    status, text = ask(method, url, body, timeout=timeout)
    if not 200 <= status < 300:
        raise AssertionError(f"{method} {url} answered {status}: {text[:500]}")
    return json.loads(text) if text else None


def wait_until(what, seconds, look, every=0.1, explain=lambda: ""):
    """The first true answer of `look`; OSError counts as not yet. Raises Timeout."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except OSError:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise Timeout(f"waited {seconds} s for {what}\n{explain()}")
        time.sleep(every)


class Process:
    """A child whose output goes to a file and that dies with us."""

    def __init__(self, name, directory, command):
        self.name, self.log = name, os.path.join(directory, name + ".log")
        self._file = open(self.log, "ab")
        self.log_start = self._file.tell()
        guard = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        self.child = subprocess.Popen(guard + command, cwd=directory, stdin=subprocess.DEVNULL, stdout=self._file,
                                      stderr=subprocess.STDOUT, start_new_session=True)
        atexit.register(self.kill)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def stop(self, seconds=15):
        """Ends it as an operator would; the exit code."""
        if self.running():
            self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Timeout(f"{self.name} did not end within {seconds} s of SIGTERM\n{self.tail()}") from None
        self._close()
        return self.child.returncode

    def kill(self):
        if self.running():
            self.child.kill()
            self.child.wait(10)
        self._close()

    def _close(self):
        self._file.close()
        atexit.unregister(self.kill)

    def tail(self, lines=25):
        with open(self.log, "rb") as file:
            return f"--- {self.name}\n" + "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])


def belongs(labels, fault):
    """Whether an incident with these labels speaks of this fault's place: every side both name is the same, and one is named."""
    shared = [name for name in LABELS if labels.get(name) and fault["labels"].get(name)]
    return bool(shared) and all(labels[name] == fault["labels"][name] for name in shared)


class Stack:
    """All parts together. `overrides` are rule overrides; `settings` are merged over the generated configuration."""

    def __init__(self, directory, services=12, seed=1, scrape="1s", overrides=None, settings=None, learning="5s",
                 targets=("hook",), pages=(), mesh=()):
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.services, self.seed, self.scrape, self.learning = services, seed, scrape, learning
        self.overrides, self.settings, self.pages, self.mesh_arguments = overrides or {}, settings or {}, list(pages), list(mesh)
        self.secret = secrets.token_hex(16)
        self.doubles = {}
        for name in targets:
            record = os.path.join(self.directory, name + ".jsonl")
            self.doubles[name] = {"hook": lambda r: Webhook(record=r, secret=self.secret.encode()),
                                  "slack": lambda r: Slack(record=r),
                                  "pagerduty": lambda r: PagerDuty(record=r)}[name](record)
        self.parts = {}
        self.web_port, self.prometheus_port = free_port(), free_port()
        self.web, self.prometheus = f"http://127.0.0.1:{self.web_port}", f"http://127.0.0.1:{self.prometheus_port}"
        self.mesh = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in ("meshwarden", "prometheus", "meshsim", *[n for n in self.parts]):
            if name in self.parts:
                self.parts[name].kill()
        for double in self.doubles.values():
            double.stop()

    @property
    def hook(self):
        return self.doubles["hook"]

    # -- parts

    def start(self):
        """Everything, until Meshwarden is ready and has seen the mesh."""
        self.start_others()
        self.start_warden()
        return self

    def start_others(self):
        """Everything but Meshwarden, until Prometheus has seen the mesh."""
        for double in self.doubles.values():
            double.start()
        self.start_mesh()
        self.start_prometheus()
        self.wait_scraped()

    def spawn(self, name, *command):
        self.parts[name] = Process(name, self.directory, list(command))
        return self.parts[name]

    def start_mesh(self):
        part = self.spawn("meshsim", binary("meshsim"), "--listen", "127.0.0.1:0", "--services", str(self.services), "--seed",
                          str(self.seed), *self.mesh_arguments)

        def address():
            with open(part.log, encoding="utf-8", errors="replace") as file:
                file.seek(part.log_start)
                words = [line.split()[1] for line in file if line.startswith("listening ") and line.endswith("\n")]
            return words[0] if words else None

        where = wait_until("meshsim's address", 20, address, explain=self.explain)
        self.mesh = where.rstrip("/") if where.startswith("http") else "http://" + where

    def prometheus_config(self):
        jobs = [{"job_name": "mesh", "honor_labels": True,
                 "http_sd_configs": [{"url": self.mesh + "/targets", "refresh_interval": "1s"}]},
                {"job_name": "meshwarden", "static_configs": [{"targets": [f"127.0.0.1:{self.web_port}"]}]}]
        for number, address in enumerate(self.pages):
            jobs.append({"job_name": f"page{number}", "honor_labels": True, "static_configs": [{"targets": [address]}]})
        return {"global": {"scrape_interval": self.scrape, "scrape_timeout": self.scrape, "evaluation_interval": "5s"},
                "scrape_configs": jobs}

    def start_prometheus(self):
        path = self.write("prometheus.yml", yaml.safe_dump(self.prometheus_config(), sort_keys=False))
        self.spawn("prometheus", debian_binary("prometheus", "PROMETHEUS"), "--config.file=" + path,
                   "--storage.tsdb.path=" + os.path.join(self.directory, "tsdb"), "--storage.tsdb.retention.time=1d",
                   f"--web.listen-address=127.0.0.1:{self.prometheus_port}", "--log.level=warn")
        wait_until("Prometheus", 60, lambda: ask("GET", self.prometheus + "/-/ready")[0] == 200, explain=self.explain)

    def stop_prometheus(self):
        self.parts["prometheus"].stop(30)

    def warden_config(self):
        targets = []
        if "slack" in self.doubles:
            targets.append({"name": "slack", "slack": {"webhook_url_file": self.write("slack.url", self.doubles["slack"].url)}})
        if "pagerduty" in self.doubles:
            targets.append({"name": "pagerduty", "pagerduty": {
                "routing_key_file": self.write("pagerduty.key", ROUTING_KEY), "url": self.doubles["pagerduty"].url}})
        if "hook" in self.doubles:
            targets.append({"name": "hook", "webhook": {
                "url": self.hook.url, "hmac_secret_file": self.write("hook.secret", self.secret)}})
        return {"instance": "e2e",
                "prometheus": [{"name": "main", "url": self.prometheus}],
                "web": {"listen": f"127.0.0.1:{self.web_port}", "external_url": self.web},
                "storage": {"url": "sqlite:meshwarden.db"},
                "anomaly": {"learning_period": self.learning},
                "overrides": self.overrides, "targets": targets, **self.settings}

    def start_warden(self, seconds=30):
        self.launch_warden()
        self.wait_ready(seconds)

    def launch_warden(self):
        path = self.write("meshwarden.yaml", yaml.safe_dump(self.warden_config(), sort_keys=False))
        self.spawn("meshwarden", binary("meshwarden"), "run", "--config", path)

    def wait_ready(self, seconds=30):
        def ready():
            if not self.parts["meshwarden"].running():
                raise AssertionError("Meshwarden ended\n" + self.explain())
            return ask("GET", self.web + "/readyz")[0] == 200

        wait_until("Meshwarden to be ready", seconds, ready, explain=self.explain)

    def stop_warden(self):
        """A clean stop; the exit code, which is 0."""
        return self.parts["meshwarden"].stop(10)

    def kill_warden(self):
        self.parts["meshwarden"].kill()

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def verify(self):
        """(exit code, output) of `meshwarden verify` over our database."""
        done = subprocess.run([binary("meshwarden"), "verify", os.path.join(self.directory, "meshwarden.db")],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def explain(self):
        return "\n".join(part.tail() for part in self.parts.values())

    # -- the mesh

    def inject(self, kind, **parameters):
        """Injects one fault; its record (id, labels, count, ...)."""
        return ask_json("POST", self.mesh + "/faults", {"kind": kind, **parameters})

    def faults(self):
        answer = ask_json("GET", self.mesh + "/faults")
        return answer["faults"] if isinstance(answer, dict) else answer

    def fault(self, record):
        return next(f for f in self.faults() if f["id"] == record["id"])

    def targets(self):
        return ask_json("GET", self.mesh + "/targets")

    def query(self, expression):
        """An instant query of the real Prometheus: a list of (labels, value)."""
        answer = ask_json("GET", self.prometheus + "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        return [(item["metric"], float(item["value"][1])) for item in answer["data"]["result"]]

    def denial_places(self):
        """Services with HTTP and a sidecar that another service calls, as namespace/name."""
        found = self.query('group by (destination_service_namespace, destination_service_name) (istio_requests_total{'
                           'reporter="destination",request_protocol="http",response_code="200",source_workload!="istio-ingressgateway"})')
        return sorted(f"{labels['destination_service_namespace']}/{labels['destination_service_name']}" for labels, _ in found)

    def wait_scraped(self, seconds=40):
        """Until every target of the mesh was scraped and shows twice, so that births count from here on."""
        expected = sum(len(group["targets"]) for group in self.targets())

        def whole():
            seen = self.query('count(count_over_time(up{job!="meshwarden"}[2m]) > 1)')
            return seen and seen[0][1] >= expected

        wait_until(f"{expected} scraped targets", seconds, whole, every=0.3, explain=self.explain)

    # -- the product

    def get(self, path):
        return ask_json("GET", self.web + path)

    def incidents(self, **filters):
        """All incidents, newest first, over all pages."""
        found, cursor = [], None
        while True:
            query = urllib.parse.urlencode({**filters, "limit": 500, **({"cursor": cursor} if cursor else {})})
            answer = self.get("/api/v1/incidents?" + query)
            found += answer["incidents"]
            cursor = answer.get("next_cursor")
            if not cursor:
                return found

    def incidents_of(self, rule, fault):
        return [i for i in self.incidents(rule=rule) if belongs(i["labels"], fault)]

    def incident(self, identity):
        return self.get("/api/v1/incidents/" + urllib.parse.quote(identity))

    def wait_incident(self, rule, fault, seconds=20, want=lambda incident: True):
        """The one incident of this rule at the fault's place that `want`s; AssertionError if there is more than one."""
        def look():
            found = self.incidents_of(rule, fault)
            assert len(found) <= 1, f"doubled: {found}"
            return found and want(found[0]) and found[0]

        def why():
            try:
                have = json.dumps([{k: i[k] for k in ("rule", "state", "value", "labels")} for i in self.incidents()], indent=1)
            except (OSError, AssertionError) as error:
                have = repr(error)
            return f"fault {fault}\nincidents: {have}\n{self.explain()}"

        return wait_until(f"{rule} of {fault['kind']}", seconds, look, every=0.2, explain=why)

    def wait_learned(self, seconds=60):
        """Until the learning period is over."""
        def learned():
            learning = self.get("/api/v1/status").get("learning")
            return not (learning.get("active", learning.get("learning")) if isinstance(learning, dict) else learning)

        wait_until("the learning period to end", seconds, learned, every=0.3, explain=self.explain)

    def pending(self):
        """Notices that have not been delivered: waiting or dead."""
        return [d for state in ("pending", "dead") for d in self.get("/api/v1/deliveries?state=" + state)["deliveries"]]

    def wait_told(self, seconds=30):
        wait_until("the outbox to be empty", seconds, lambda: not self.pending(), every=0.2, explain=self.explain)

    def told(self, incident):
        """What the webhook's double took about an incident: a list of (reason, received at), repeats included."""
        return [(r["note"], r["received_at"]) for r in self.hook.taken
                if r["body"]["alerts"][0]["labels"].get("incident") == incident["id"]]

    def violations(self):
        return [{"double": name, "problems": v["problems"], "body": v["body"]}
                for name, double in self.doubles.items() for v in double.violations]
