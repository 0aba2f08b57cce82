"""The console while what the server says changes under it: headless browser, web_fixture, and `Between` in between."""
import datetime
import json
import threading
import urllib.request

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from between import Between
from test_console import browser, end, find, open_page, serve, texts, until  # noqa: F401 (browser is a fixture)


@pytest.fixture
def server(tmp_path):
    process, address = serve(tmp_path)
    between = Between(address)
    yield between
    between.end()
    end(process)


def ask(server, path):
    with urllib.request.urlopen(f'{server.behind}/api/v1/{path}', timeout=20) as answer:
        return json.load(answer)


def has_text(selector, words):
    return lambda b: words in b.find_element(By.CSS_SELECTOR, selector).text


EDGES = [  # labels of an edge, matchers that speak of it and of no other
    ({'cluster': 'prod-eu', 'destination_namespace': 'pay', 'destination_service': 'ledger', 'protocol': 'tcp'},
     ['cluster="prod-eu"', 'source_namespace=""', 'source_workload=""', 'source_principal=""',
      'destination_namespace="pay"', 'destination_workload=""', 'destination_service="ledger"', 'protocol="tcp"']),
    ({'source_namespace': 'shop', 'source_workload': 'a"b\\c', 'destination_namespace': 'pay',
      'destination_workload': 'books', 'destination_service': 'books', 'protocol': 'grpc'},
     ['cluster=""', 'source_namespace="shop"', 'source_workload="a\\"b\\\\c"', 'destination_namespace="pay"',
      'destination_workload="books"', 'destination_service="books"', 'protocol!="tcp"']),
    ({'cluster': 'prod-eu', 'source_principal': 'spiffe://far/ns/x/sa/y', 'destination_namespace': 'pay', 'protocol': 'http'},
     ['cluster="prod-eu"', 'source_namespace=""', 'source_workload=""', 'source_principal="spiffe://far/ns/x/sa/y"',
      'destination_namespace="pay"', 'destination_workload=""', 'destination_service=""', 'protocol!="tcp"']),
]


def test_expected_speaks_of_one_edge_only(browser, server):
    def with_edges(topology, _):
        topology['edges'] = [{**topology['edges'][0], 'labels': labels, 'expected': False, 'score': 9 - i}
                             for i, (labels, _) in enumerate(EDGES)]
        return topology
    server.edit('/api/v1/topology', with_edges)
    open_page(browser, server.url, '/topology')
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'button.expect')) == len(EDGES))
    for i in range(len(EDGES)):
        browser.find_elements(By.CSS_SELECTOR, 'button.expect')[i].click()
        find(browser, '#why').send_keys('health checks', Keys.ENTER)
        until(browser, lambda b: not b.find_elements(By.ID, 'why'))
    said = [each['match'] for each in ask(server, 'expectations')['expectations']]
    assert sorted(said) == sorted(match for _, match in EDGES)
    # The other caller of pay/ledger, which has a name, stays new.
    assert [edge['labels']['source_workload'] for edge in ask(server, 'topology')['edges'] if not edge['expected']] == ['cart']
