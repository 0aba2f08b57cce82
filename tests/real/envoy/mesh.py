"""Real sidecars around one application, scraped by a real Prometheus as pods are, watched by Meshwarden."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import Stack, ask, free_port, wait_until  # noqa: E402

import sidecars  # noqa: E402
from app import App  # noqa: E402

# The pods' job of Istio's own Prometheus, less what needs Kubernetes.
PATH = "__meta_kubernetes_pod_annotation_prometheus_io_path"
RELABEL = [{"source_labels": [PATH], "target_label": "__metrics_path__"},
           {"action": "labelmap", "regex": "__meta_kubernetes_pod_label_(.+)"},
           {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
           {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"}]


def pod_name(name):
    return f"{name}-7d4b9c6f5d-x2vkl"


class Mesh(Stack):
    """One server's sidecar a case, and one client's sidecar for all."""

    def __init__(self, directory, python, cases):
        super().__init__(directory, settings={"signals": [os.path.join(HERE, "limits-signals.yaml")],
                                              "rules": [os.path.join(HERE, "limits-rules.yaml")]})
        self.envoy = os.path.join(os.path.dirname(python), "envoy")
        self.folder = os.path.join(self.directory, "certificates")
        os.makedirs(self.folder, exist_ok=True)
        subprocess.run([python, os.path.join(HERE, "certificates.py"), self.folder], check=True, timeout=60)
        self.app = App()
        self.admin_ports = {"client": free_port()}
        self.cases = cases
        for case in cases:
            case["port"] = free_port()
            case["server"] = {"http": free_port(), "tcp": free_port()}
            self.admin_ports[case["name"]] = free_port()

    def __exit__(self, *details):
        super().__exit__(*details)
        self.app.close()

    def start(self):
        for double in self.doubles.values():
            double.start()
        for case in self.cases:
            name = case["name"]
            ports = {**case["server"], "admin": self.admin_ports[name]}
            self.start_sidecar(name, sidecars.server(name, self.folder, ports, self.app))
        self.start_sidecar("client", sidecars.client(self.folder, self.admin_ports["client"], self.cases))
        for name in self.admin_ports:
            self.wait_sidecar(name)
        self.start_prometheus()
        self.wait_scraped()
        self.start_warden()
        return self

    def start_sidecar(self, name, bootstrap=None):
        path = os.path.join(self.directory, name + ".json")
        if bootstrap:
            self.write(name + ".json", json.dumps(bootstrap, indent=1))
        self.spawn(name, self.envoy, "-c", path, "--concurrency", "1", "--disable-hot-restart", "--log-level",
                   "warning")

    def wait_sidecar(self, name):
        def ready():
            if not self.parts[name].running():
                raise AssertionError(f"the sidecar of {name} ended\n{self.parts[name].tail()}")
            return ask("GET", f"http://127.0.0.1:{self.admin_ports[name]}/ready")[0] == 200

        wait_until(f"the sidecar of {name}", 30, ready, explain=self.parts[name].tail)

    def restart_sidecar(self, name):
        self.parts[name].kill()
        self.start_sidecar(name)
        self.wait_sidecar(name)

    def targets(self):
        return [{"targets": [f"127.0.0.1:{port}"],
                 "labels": {"__meta_kubernetes_namespace": "shop", "__meta_kubernetes_pod_name": pod_name(name),
                            "__meta_kubernetes_pod_label_app": name,
                            "__meta_kubernetes_pod_label_pod_template_hash": "7d4b9c6f5d",
                            PATH: "/stats/prometheus"}}
                for name, port in self.admin_ports.items()]

    def prometheus_config(self):
        return {"global": {"scrape_interval": self.scrape, "scrape_timeout": self.scrape},
                "scrape_configs": [{"job_name": "kubernetes-pods", "honor_labels": True, "relabel_configs": RELABEL,
                                    "static_configs": self.targets()}]}

    def explain(self):
        """The sidecars' logs are long and say the same: the other parts'."""
        return "\n".join(self.parts[name].tail() for name in ("prometheus", "meshwarden") if name in self.parts)
