"""A target's labels change while its counters stand: nothing new has happened, and what happens then is counted exactly."""
import os
import signal
import sys
import time

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Stack, wait_until  # noqa: E402
from page import Page  # noqa: E402

DENIED = ('istio_requests_total{{reporter="destination",response_code="403",source_workload="cart",source_workload_namespace="shop",'
          'destination_workload="ledger",destination_workload_namespace="pay",destination_service_name="ledger",'
          'destination_service_namespace="pay",request_protocol="http"}} {denied}\nistio_build{{component="proxy"}} 1\n')


class Labelled(Stack):
    role = "replica"

    def prometheus_config(self):
        config = super().prometheus_config()
        for job in config["scrape_configs"]:
            if job["job_name"].startswith("page"):
                job["static_configs"][0]["labels"] = {"role": self.role, "pod": "ledger-7d9f8b6c5d-bcdfg"}
        return config

    def relabel(self, role):
        self.role = role
        self.write("prometheus.yml", yaml.safe_dump(self.prometheus_config(), sort_keys=False))
        self.parts["prometheus"].child.send_signal(signal.SIGHUP)
        wait_until("the new label", 30, lambda: self.query(f'istio_requests_total{{role="{role}"}}'), explain=self.explain)


def test_a_label_that_changes_brings_no_event_back(tmp_path):
    with Page(DENIED.format(denied=400)) as page, Labelled(str(tmp_path), pages=[page.address]) as stack:
        stack.start()
        ours = lambda: [i for i in stack.incidents() if i["labels"].get("destination_service") == "ledger"  # noqa: E731
                        and i["rule"] in ("authz-denials", "authz-new-caller")]
        wait_until("the signal", 30, lambda: stack.get("/api/v1/signals"), explain=stack.explain)
        time.sleep(5)
        assert ours() == []
        stack.relabel("primary")
        time.sleep(8)
        assert ours() == []
        page.text = DENIED.format(denied=423)
        incident = wait_until("the incident", 30, lambda: [i for i in ours() if i["rule"] == "authz-denials"], explain=stack.explain)[0]
        assert incident["value"] == 23
