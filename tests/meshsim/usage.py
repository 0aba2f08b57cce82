"""The program itself: its one line on stdout, its exit codes, and its pages over HTTP under many threads.
usage_test.py MESHSIM"""
import concurrent.futures
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

PROGRAM = sys.argv[1]


def fetch(address, path, body=None, method=None):
    request = urllib.request.Request(f'http://{address}{path}', data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def check(fact, what):
    if not fact:
        raise SystemExit(f'FAILED: {what}')


def stops(which):
    process = subprocess.Popen([PROGRAM, '--threads', '4', '--background'], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    try:
        words = process.stdout.readline().split()
        check(words[0] == 'listening' and len(words) == 2, 'first line')
        address = words[1]
        targets = json.loads(fetch(address, '/targets')[1])
        check(all(t['targets'] == [address] for t in targets), 'targets name this server')
        paths = [t['labels']['__metrics_path__'] for t in targets]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            fault = pool.submit(fetch, address, '/faults', b'{"kind":"denials-http","count":7}', 'POST')
            pages = list(pool.map(lambda path: fetch(address, path)[0], paths * 3))
        check(set(pages) == {200}, 'pages')
        check(fault.result()[0] == 200 and json.loads(fault.result()[1])['count'] == 7, 'fault')
        check(fetch(address, '/faults', b'nonsense', 'POST')[0] == 400, 'nonsense')
        began = time.monotonic()
        process.send_signal(which)
        rest, _ = process.communicate(timeout=5)
        check(process.returncode == 0 and rest == '' and time.monotonic() - began < 1, f'end by {which.name}')
    finally:
        process.kill()


def exits(arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=10, check=False).returncode


stops(signal.SIGTERM)
stops(signal.SIGINT)
check(exits(['--nonsense']) == 2, 'unknown flag')
check(exits(['--listen', 'nowhere']) == 2, 'bad address')
check(exits(['--services', 'many']) == 2, 'bad number')
check(exits(['--scenario', '/nonexistent.yaml']) == 2, 'no scenario file')
check(exits(['--help']) == 0, 'help')
print('ok')
