"""The random mix of trouble of the soak: each step does one thing, picked by a seeded die."""
import os
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.join(HERE, "..", "..", "e2e")

# Faults that must open exactly one incident of a rule at their place: kind -> rule, events.
COUNTED = {**{kind: ("authz-denials", 40)
              for kind in ("denials-http", "denials-grpc", "denials-ambient", "denials-waypoint", "app-403")},
           **{kind: ("mtls-failures", 12) for kind in ("mtls", "mtls-ambient", "plaintext-strict")},
           "denials-tcp": ("rbac-denials", 40), "retry-storm": ("retry-storm", 200)}
# What a mesh does besides, of which nothing is counted here.
NOISE = [("slow-convergence", {}), ("xds-reject", {}), ("frozen-mesh", {"over": 20}), ("proxies-lost", {"over": 20}),
         ("new-edge", {}), ("scan", {"over": 5}), ("scrape-outage", {"share": 0.2, "over": 20})]
UPKEEP = [("pod-restart", {}), ("deploy", {"over": 10}), ("autoscale", {"replicas": 3}), ("autoscale", {"replicas": 1})]
GARBAGE = [b"\x00" * 64, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
           b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
           b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
           b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
           b"GET /x HTTP/1.1\r\n\r\n"]
CROWDS = [("idle", 2000), ("half", 400), ("deaf", 60), ("stream", 40)]


class Trouble:
    """Places are used once by a counted fault, so that each must have its own incident; upkeep has places of its own,
    for events of a pod that goes before it was scraped are seen by nobody."""

    def __init__(self, stack, chance, places):
        self.stack, self.chance = stack, chance
        chance.shuffle(places)
        self.free, self.kept = places[:len(places) * 4 // 5], places[len(places) * 4 // 5:]
        self.records, self.done, self.crowds, self.reloads = [], {}, [], 0
        self.steps = [(10, self.fault), (2, self.noise), (3, self.upkeep), (1, self.restart_prometheus),
                      (1, self.pause_prometheus), (2, self.fail_targets), (2, self.abuse), (1, self.garbage),
                      (2, self.reload)]

    def step(self):
        self.disperse(time.monotonic())
        weights, actions = zip(*self.steps)
        action = self.chance.choices(actions, weights)[0]
        what = action()
        self.done[what] = self.done.get(what, 0) + 1

    # -- the mesh

    def fault(self):
        """At the first free place that suits the kind."""
        kind = self.chance.choice(list(COUNTED))
        rule, count = COUNTED[kind]
        for place in self.free:
            try:
                record = self.stack.inject(kind, destination=place, count=count, over=self.chance.choice((0, 1, 4)))
            except AssertionError:
                continue
            self.free.remove(place)
            self.records.append({**record, "rule": rule, "expected": count, "injected": time.time()})
            return kind
        return "no place left for " + kind

    def noise(self):
        kind, parameters = self.chance.choice(NOISE)
        self.stack.inject(kind, **parameters)
        return kind

    def upkeep(self):
        kind, parameters = self.chance.choice(UPKEEP)
        self.stack.inject(kind, destination=self.chance.choice(self.kept), **parameters)
        return kind

    # -- Prometheus

    def restart_prometheus(self):
        self.stack.stop_prometheus()
        time.sleep(self.chance.uniform(0, 5))
        self.stack.start_prometheus()
        return "Prometheus restarted"

    def pause_prometheus(self):
        child = self.stack.parts["prometheus"].child
        child.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(2, 25))
        child.send_signal(signal.SIGCONT)
        return "Prometheus paused"

    # -- the targets

    def fail_targets(self):
        if self.chance.random() < 0.4:
            for double in self.stack.doubles.values():
                double.faults.set({"clear": True})
            return "targets well"
        double = self.chance.choice(list(self.stack.doubles.values()))
        double.faults.set({"random": self.chance.choice((0.3, 0.7, 1.0)), "answers": [500, 429, "cut", "hang"]})
        return "a target fails"

    # -- the API

    def abuse(self):
        mode, count = self.chance.choice(CROWDS)
        command = [sys.executable, os.path.join(E2E, "crowd.py"), str(self.stack.web_port), mode, str(count)]
        crowd = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.crowds.append((time.monotonic() + self.chance.uniform(5, 30), crowd))
        return f"crowd: {mode}"

    def disperse(self, now):
        """Ends the crowds whose time is over."""
        for until, crowd in list(self.crowds):
            if until <= now:
                crowd.kill()
                crowd.communicate(timeout=30)
                self.crowds.remove((until, crowd))

    def garbage(self):
        for bytes_ in GARBAGE:
            try:
                with socket.create_connection(("127.0.0.1", self.stack.web_port), timeout=20) as client:
                    client.sendall(bytes_)
                    client.recv(65_536)
            except OSError:
                pass
        return "garbage"

    def reload(self):
        self.reloads += 1
        if self.reloads % 4 == 0:
            self.stack.write("meshwarden.yaml", "overrides: {authz-denial: {threshold: x}}\n")
        else:
            self.stack.write_config(repeat_interval=f"{self.reloads % 9 + 1}h")
        os.kill(self.stack.parts["meshwarden"].pid, signal.SIGHUP)
        return "reload of a wrong file" if self.reloads % 4 == 0 else "reload"

    def end(self):
        """Everything is well again."""
        self.disperse(float("inf"))
        for double in self.stack.doubles.values():
            double.faults.set({"clear": True})
