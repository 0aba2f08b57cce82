"""The console in a real browser, headless, over the sample that web_fixture serves."""
import os
import pathlib
import subprocess
import sys
import time

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('MESHWARDEN_BUILD', ROOT / 'build' / 'dev'))
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--window-size=1280,1000',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage']
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def serve(folder, *tokens):
    binary = BUILD / 'tests' / 'web' / 'web_fixture'
    process = subprocess.Popen([binary, folder / 'console.db', *tokens], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    return process, f'http://127.0.0.1:{process.stdout.readline().strip()}'


def end(process):
    process.stdin.close()
    process.wait(timeout=10)


@pytest.fixture
def url(tmp_path):
    process, address = serve(tmp_path)
    yield address
    end(process)


@pytest.fixture(scope='module')
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = '/usr/bin/chromium'
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def until(browser, condition):
    """The first true answer of condition(browser), within 20 s; elements that vanish under it are asked again."""
    return WebDriverWait(browser, 20, poll_frequency=0.1, ignored_exceptions=[Exception]).until(condition)


def find(browser, selector):
    return until(browser, lambda b: b.find_element(By.CSS_SELECTOR, selector))


def texts(browser, selector):
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, selector)]


def open_page(browser, url, path):
    browser.get('about:blank')
    browser.get(f'{url}/#{path}')


def open_incident(browser, url, words):
    open_page(browser, url, '/incidents')
    until(browser, lambda b: next(e for e in b.find_elements(By.CSS_SELECTOR, 'a.what') if words in e.text)).click()
    find(browser, '.headline')


def test_list_shows_open_incidents_and_filters(browser, url):
    open_page(browser, url, '/incidents')
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tr.row')) == 4)
    assert any('40 requests to pay/ledger were denied' in text for text in texts(browser, 'a.what'))
    browser.find_element(By.CSS_SELECTOR, 'input[value="critical"]').click()
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tr.row')) == 1)
    assert 'severity=critical' in browser.current_url
    browser.refresh()
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tr.row')) == 1)
    field = find(browser, '#match')
    field.send_keys('nonsense', Keys.ENTER)
    until(browser, lambda b: 'match' in b.find_element(By.CSS_SELECTOR, '.note.bad').text)


def test_the_list_says_what_cannot_be_seen(browser, url):
    open_page(browser, url, '/incidents')
    banner = find(browser, '.banner[href="#/signals"]')
    assert 'blind' in banner.text and 'mtls-failures' in banner.text


def test_one_incident_explains_itself(browser, url):
    open_incident(browser, url, 'pay/ledger were denied')
    page = until(browser, lambda b: b.find_element(By.TAG_NAME, 'main').text)
    for words in ['shop/frontend', 'pay/ledger', '40 in 1m', 'more than 10', '4 times the limit',
                  'Investigate the source service', 'Open runbook', 'Open Kiali', 'Opened', 'oncall', 'secops',
                  'istio_requests_total']:
        assert words in page, words
    assert '[object' not in page
    assert len(browser.find_elements(By.CSS_SELECTOR, '.spark polyline')) == 2


def test_blind_and_late_are_explained(browser, url):
    open_incident(browser, url, 'TLS handshakes')
    assert 'nobody can say whether it goes on' in find(browser, '.note.bad').text
    open_incident(browser, url, 'retries towards')
    assert 'calm again before Meshwarden could look' in find(browser, '.note.mild').text


def test_acknowledge_comment_resolve(browser, url):
    open_incident(browser, url, 'pay/ledger were denied')
    find(browser, '#note').send_keys('looking into it')
    find(browser, '#acknowledge').click()
    until(browser, lambda b: b.find_element(By.CSS_SELECTOR, '.state-acknowledged'))
    assert not find(browser, '#acknowledge').is_enabled()
    until(browser, lambda b: 'looking into it' in b.find_element(By.CSS_SELECTOR, '.timeline').text)
    find(browser, '#comment').click()
    until(browser, lambda b: 'note' in b.find_element(By.CSS_SELECTOR, '.act .error').text)
    find(browser, '#resolve').click()
    until(browser, lambda b: b.find_element(By.CSS_SELECTOR, '.headline .state-resolved'))


def test_hostile_labels_stay_text(browser, url):
    open_incident(browser, url, 'retries towards')
    assert HOSTILE in find(browser, 'h1').text
    assert any(HOSTILE in name for name in texts(browser, '.party .name'))
    assert not browser.find_elements(By.CSS_SELECTOR, 'main img, main script, main a[href^="javascript"]')
    assert 'owned' != browser.title
    assert browser.execute_script("return [...document.scripts].filter((s) => !s.src).length") == 0


def test_signals_say_what_mends_them(browser, url):
    open_page(browser, url, '/signals')
    blind = find(browser, '[data-signal="mtls_failures"]')
    assert 'blind' in blind.text and 'proxyStatsMatcher' in blind.text and 'mtls-failures' in blind.text
    assert '3 of 10 targets' in find(browser, '[data-signal="retries"]').text
    assert 'zero' in find(browser, '[data-signal="slow_convergence"]').text


def test_deliveries_and_topology(browser, url):
    open_page(browser, url, '/deliveries')
    until(browser, lambda b: 'routing_key' in b.find_element(By.TAG_NAME, 'main').text)
    open_page(browser, url, '/topology')
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tbody tr')) == 3)
    assert 'new' in browser.find_element(By.CSS_SELECTOR, 'tbody tr').text


def test_the_topology_of_an_earlier_time_and_what_changed_since(browser, url):
    open_page(browser, url, '/topology')
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tbody tr')) == 3)
    earlier = time.strftime('%Y-%m-%dT%H:%M', time.gmtime(time.time() - 7200))
    set_value = ("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))")
    browser.execute_script(set_value, find(browser, '#at'), earlier)
    until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tbody tr')) == 2)
    browser.execute_script(set_value, find(browser, '#at'), '')
    browser.execute_script(set_value, find(browser, '#since'), earlier)
    until(browser, lambda b: 'added' in b.find_element(By.CSS_SELECTOR, 'tbody tr').text)
    assert len(browser.find_elements(By.CSS_SELECTOR, 'tbody tr')) == 1 and 'changed since' in find(browser, '.lead').text


def test_a_new_edge_is_called_expected(browser, url):
    open_page(browser, url, '/topology')
    until(browser, lambda b: b.find_element(By.CSS_SELECTOR, 'button.expect')).click()
    find(browser, '#why').send_keys('a planned <b>migration</b>', Keys.ENTER)
    until(browser, lambda b: 'a planned <b>migration</b> (until' in b.find_element(By.TAG_NAME, 'table').text)
    assert not browser.find_elements(By.CSS_SELECTOR, 'button.expect')


def test_a_notice_link_opens_the_incident(browser, url):
    open_incident(browser, url, 'pay/ledger were denied')
    identifier = browser.current_url.split('/')[-1]
    browser.get('about:blank')
    browser.get(f'{url}/incidents/{identifier}')
    assert 'pay/ledger' in find(browser, 'h1').text


def test_the_keyboard_is_enough(browser, url):
    open_page(browser, url, '/incidents')
    find(browser, 'a.what')
    for _ in range(40):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if 'what' in (browser.switch_to.active_element.get_attribute('class') or ''):
            break
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    find(browser, '.headline')


def test_a_token_is_asked_for_and_kept(browser, tmp_path):
    token = tmp_path / 'token'
    token.write_text('opensesame')
    process, url = serve(tmp_path, f'alice:write:{token}')
    try:
        open_page(browser, url, '/incidents')
        field = until(browser, lambda b: next(e for e in b.find_elements(By.ID, 'token') if e.is_displayed()))
        field.send_keys('wrong', Keys.ENTER)
        until(browser, lambda b: 'not known' in b.find_element(By.ID, 'login-error').text)
        find(browser, '#token').send_keys('opensesame', Keys.ENTER)
        until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tr.row')) == 4)
        browser.refresh()
        until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, 'tr.row')) == 4)
    finally:
        end(process)


def test_the_browser_had_nothing_to_complain(browser, url):
    browser.get_log('browser')
    for path in ['/incidents', '/signals', '/topology', '/deliveries']:
        open_page(browser, url, path)
        find(browser, 'main h1')
        until(browser, lambda b: 'Loading' not in b.find_element(By.TAG_NAME, 'main').text)
    complaints = [entry['message'] for entry in browser.get_log('browser') if entry['level'] in ('SEVERE', 'WARNING')]
    assert complaints == []


if __name__ == '__main__':
    sys.exit(pytest.main([__file__, '-q', '-p', 'no:cacheprovider']))
