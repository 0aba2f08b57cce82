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
def token(tmp_path):
    file = tmp_path / 'token'
    file.write_text('opensesame')
    return file


@pytest.fixture
def server(tmp_path, request):
    tokens = [f'alice:write:{request.getfixturevalue("token")}'] if 'token' in request.fixturenames else []
    process, address = serve(tmp_path, *tokens)
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
    ({'cluster': 'prod-eu', 'source_principal': 'spiffe://far/ns/x/sa/y', 'destination_namespace': 'pay',
      'protocol': 'http'},
     ['cluster="prod-eu"', 'source_namespace=""', 'source_workload=""', 'source_principal="spiffe://far/ns/x/sa/y"',
      'destination_namespace="pay"', 'destination_workload=""', 'destination_service=""', 'protocol!="tcp"']),
]


def test_expected_speaks_of_one_edge_only(browser, server):
    def with_edges(topology):
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
    unexpected = [edge['labels'] for edge in ask(server, 'topology')['edges'] if not edge['expected']]
    assert [labels['source_workload'] for labels in unexpected] == ['cart']


def ago(**span):
    return (datetime.datetime.now(datetime.UTC) - datetime.timedelta(**span)).strftime('%Y-%m-%dT%H:%M:%S.000Z')


def troubles():
    """What is wrong in an else good answer; the lamp, which is bad unless it tells of a reading; the banner."""
    fails = {'failing_since': ago(minutes=3), 'error': 'database is locked'}
    refused = {'refused_at': ago(minutes=3), 'problems': ['mw.yaml:3: routes: expected a list', 'another']}
    return [
        ({}, 'Prometheus read', ''),
        ({'prometheus': {'error': 'connection refused'}}, 'main does not answer', 'connection refused'),
        ({'prometheus': {'last_good_poll': None}}, 'main is not read yet', 'has not been read yet'),
        ({'prometheus': {'last_good_poll': ago(minutes=2)}}, 'main was read 2 min', 'Prometheus main is not read'),
        ({'prometheus': {'last_good_poll': ago(minutes=2), 'poll_interval': '1m30s'}}, 'Prometheus read 2 min', ''),
        ({'prometheus': {'last_good_poll': ago(minutes=9), 'poll_interval': '1m30s'}}, 'main was read 9 min', 'is not read'),
        ({'database': fails}, 'nothing is saved', 'database is locked'),
        ({'database': {'error': 'no such file'}}, 'no history', 'no such file'),
        ({'config': refused}, 'configuration refused', 'mw.yaml:3: routes: expected a list (and 1 more)'),
        ({'config': {'problems': ['targets.oncall: the file is empty']}}, 'a secret is missing', 'targets.oncall'),
        ({'outbox': {'dead': {'oncall': 1}}}, '1 notice given up', 'Not told: oncall'),
        ({'outbox': {'dead': {'oncall': 1}}, 'delivery': {'at': ago(hours=25)}}, 'Prometheus read', ''),
        ({'database': fails, 'config': refused}, 'nothing is saved, and 1 more', 'the old one holds'),
    ]


FRAME = "return ['footer', 'pulse', 'banner'].map((id) => document.getElementById(id).innerText)" \
        ".concat(document.getElementById('pulse').className)"


def test_the_lamp_is_green_only_where_all_is_read_and_saved(browser, server):
    case = (0, {})

    def status(answer):
        number, wrong = case
        main = {**answer['prometheus'][0], 'last_good_poll': answer['now'], **wrong.get('prometheus', {})}
        parts = {part: {**answer[part], **wrong.get(part, {})} for part in ('database', 'config')}
        outbox = wrong.get('outbox', {'dead': {}})
        return {**answer, **parts, 'outbox': outbox, 'prometheus': [main], 'version': f'case {number}.'}

    def deliveries(answer):
        return {'deliveries': [{**each, **case[1].get('delivery', {})} for each in answer['deliveries']]}
    server.edits = {'/api/v1/status': status, '/api/v1/deliveries': deliveries,
                    '/api/v1/signals': lambda _: {'signals': []}}
    open_page(browser, server.url, '/incidents')
    for number, (wrong, lamp, banner) in enumerate(troubles()):
        case = (number, wrong)
        server.changed()
        _, pulse, told, kind = until(browser, lambda b, seen=f'case {number}.': next(
            frame for frame in [b.execute_script(FRAME)] if seen in frame[0]))
        assert lamp in pulse and kind == ('pulse good' if 'Prometheus read' in lamp else 'pulse bad'), wrong
        assert banner in told and bool(banner) == bool(told), wrong


def test_the_banner_is_told_once_and_a_server_that_hangs_is_no_good_sign(browser, server):
    open_page(browser, server.url, '/incidents')
    before = find(browser, '.banner[href="#/signals"]')
    browser.execute_script('arguments[0].focus()', before)
    server.edit('/api/v1/status', lambda answer: {**answer, 'version': 'again', 'outbox': {'dead': {}}})
    until(browser, has_text('#footer', 'again'))
    assert browser.switch_to.active_element == before
    browser.execute_script('const usual = AbortSignal.timeout; AbortSignal.timeout = () => usual.call(AbortSignal, 100)')
    hang = threading.Event()
    try:
        server.edit('/api/v1/status', lambda answer: hang.wait(60) and answer)
        until(browser, has_text('.pulse.bad', 'no answer'))
    finally:
        hang.set()


def test_who_gives_no_token_sees_that_the_page_is_old_and_is_asked_again(browser, token, server):
    open_page(browser, server.url, '/incidents')
    for word in ('opensesame', 'changed'):
        token.write_text(word)
        find(browser, '#login[open]')
        server.changed()
        until(browser, has_text('.pulse.bad', 'not signed in'))
        browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        until(browser, has_text('.page-problem', 'No token was given'))
        assert 'not signed in' in find(browser, '.pulse.bad').text
        server.changed()
        find(browser, '#login[open] #token').send_keys(word, Keys.ENTER)
        until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tr.row')) == 4)
        until(browser, lambda b: not b.find_elements(By.CSS_SELECTOR, '.page-problem'))


def test_older_incidents_are_kept_up_to_date(browser, server):
    everything = list(range(1250, 1000, -1))  # newest first

    some = ask(server, 'incidents?limit=1')['incidents'][0]

    def incidents(asked):
        left = [number for number in everything if number < int(asked.get('cursor', 9999))]
        limit = int(asked.get('limit', 100))
        page, rest = left[:limit], left[limit:]
        return {'incidents': [{**some, 'id': str(number)} for number in page],
                'next_cursor': str(page[-1]) if rest else None}

    def shown(browser):
        return browser.execute_script("return [...document.querySelectorAll('a.what')].map((a) => +a.hash.split('/')[2])")

    server.answers = {'/api/v1/incidents': incidents}
    open_page(browser, server.url, '/incidents')
    for rows in (100, 200, 250):
        until(browser, lambda b: shown(b) == everything[:rows])
        button = browser.find_element(By.CSS_SELECTOR, 'section ~ button')
        assert button.is_displayed() == (rows < 250)
        if rows < 250:
            button.click()
    # Of the first, the second and the last page some have ended, and new ones have come.
    everything[:] = [1300, 1299, *(number for number in everything if number % 70)]
    server.changed()
    until(browser, lambda b: shown(b) == everything)
    browser.execute_script('document.querySelector(\'input[value="critical"]\').click()')
    until(browser, lambda b: shown(b) == everything[:100])


def moved(server, path, count):
    """The same answer, but that all its values have moved and something new stands first."""
    def signals(answer):
        for each in answer['signals']:
            each.update(value=count, covered=count, cause={'code': '', 'text': f'cause {count}'})
        return {'signals': [{**answer['signals'][0], 'signal': f'a{count}', 'state': 'blind'}, *answer['signals']]}

    def topology(answer):
        for edge in answer['edges']:
            edge.update(rate=count)
        new = {**answer['edges'][0]['labels'], 'source_workload': f'new {count}'}
        first = {**answer['edges'][0], 'labels': new, 'expected': False, 'score': 99}
        return {**answer, 'edges': [first, *answer['edges']]}
    edit = {'signals': signals, 'topology': topology}.get(path, lambda answer: {**answer, 'value': count})
    server.edit(f'/api/v1/{path}', edit)


SELECT = """
const [focused] = arguments;
focused.focus({preventScroll: true});
getSelection().selectAllChildren(focused.closest('tr, .card').querySelector('pre, td'));
return getSelection().toString();"""
KEPT = 'return [document.activeElement, getSelection().toString()]'


@pytest.mark.parametrize('path, button, sign', [
    ('signals', '[data-signal="mtls_failures"] .yaml button', ('[data-signal="mtls_failures"] .note.bad', 'cause {}')),
    ('topology', 'button.expect', ('tbody tr:last-child td.number', '{}')),
    ('incidents/{}', '.card > details > summary', ('.figure .value', '{} in 1m')),
])
def test_a_refresh_leaves_focus_and_selection(browser, server, path, button, sign):
    path = path.format(ask(server, 'incidents?rule=authz-denials')['incidents'][0]['id'])
    open_page(browser, server.url, f'/{path}')
    focused = find(browser, button)
    if focused.tag_name == 'summary':
        focused.click()
    selected = browser.execute_script(SELECT, focused)
    assert any(words in selected for words in ('proxyStatsMatcher', 'shop/cart', 'istio_requests_total'))
    for count in (7, 8):
        moved(server, path, count)
        until(browser, has_text(sign[0], sign[1].format(count)))
        assert browser.execute_script(KEPT) == [focused, selected]
        assert len(browser.find_elements(By.CSS_SELECTOR, 'details[open]')) == (focused.tag_name == 'summary')


def test_the_form_for_an_edge_takes_the_focus_into_view_and_gives_it_back(browser, server):
    def many(answer):
        cart = next(edge for edge in answer['edges'] if not edge['expected'])
        edges = [{**cart, 'labels': {**cart['labels'], 'source_workload': f'w{i}'}, 'score': 90 - i} for i in range(60)]
        return {**answer, 'edges': edges}
    server.edits = {'/api/v1/topology': many}
    open_page(browser, server.url, '/topology')
    button = until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, 'button.expect')[50])
    button.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element == find(browser, '#why')
    assert browser.execute_script("""const header = document.querySelector('.top').getBoundingClientRect();
        const form = document.querySelector('form.card').getBoundingClientRect();
        return form.top >= header.bottom && form.bottom <= innerHeight""")
    find(browser, 'form.card button[type="button"]').send_keys(Keys.ENTER)
    assert browser.switch_to.active_element == button
    button.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys('planned', Keys.ENTER)
    until(browser, lambda b: b.switch_to.active_element.get_attribute('aria-label') == 'Edges')
