"""TLS and client certificates on our own listener, over the sample that web_fixture serves."""
import os
import pathlib
import socket
import ssl
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('MESHWARDEN_BUILD', ROOT / 'build' / 'dev'))
BINARY = BUILD / 'tests' / 'web' / 'web_fixture'
NEW_KEY = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')


def openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, capture_output=True, timeout=30)


def authority(folder, name):
    openssl('req', '-x509', *NEW_KEY, '-days', '2', '-subj', f'/CN={name}',
            '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.pem')


def signed(folder, name, by):
    """NAME.pem and NAME.key for 127.0.0.1."""
    openssl('req', *NEW_KEY, '-subj', f'/CN={name}',
            '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.csr')
    openssl('x509', '-req', '-in', folder / f'{name}.csr', '-CA', folder / f'{by}.pem', '-CAkey', folder / f'{by}.key',
            '-days', '2', '-copy_extensions', 'copy', '-out', folder / f'{name}.pem')


@pytest.fixture(scope='module')
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp('pki')
    authority(folder, 'ca')
    authority(folder, 'other')
    for name, by in (('server', 'ca'), ('second', 'ca'), ('client', 'ca'), ('stranger', 'other')):
        signed(folder, name, by)
    return folder


def command(folder, certificate, key, client_authority):
    return [BINARY, folder / 'web.db', '--tls', certificate, key, client_authority]


class Served:
    def __init__(self, folder, certificate, key, client_authority=''):
        self.process = subprocess.Popen(command(folder, certificate, key, client_authority), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.errors = self.process.stderr.read()
        self.process.wait(timeout=10)


def trusting(pki, who=None):
    context = ssl.create_default_context(cafile=pki / 'ca.pem')
    if who:
        context.load_cert_chain(pki / f'{who}.pem', pki / f'{who}.key')
    return context


def ask(port, context, path='/healthz'):
    """(the answer, the server's common name)"""
    with socket.create_connection(('127.0.0.1', port), timeout=10) as raw:
        with context.wrap_socket(raw, server_hostname='127.0.0.1') as secure:
            secure.sendall(f'GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'.encode())
            answer = b''
            while part := secure.recv(65536):
                answer += part
            name = dict(entry[0] for entry in secure.getpeercert()['subject'])['commonName']
            return answer.decode(), name


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_served_over_tls_and_nothing_older(pki, tmp_path):
    with Served(tmp_path, pki / 'server.pem', pki / 'server.key') as served:
        answer, _ = ask(served.port, trusting(pki), '/api/v1/incidents')
        assert answer.startswith('HTTP/1.1 200') and answer.endswith('}\n')
        old = trusting(pki)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers('ALL:@SECLEVEL=0')
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(served.port, old)
        with socket.create_connection(('127.0.0.1', served.port), timeout=10) as plain:
            plain.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert b'200' not in plain.recv(1000)
        # Half of a handshake holds nobody up.
        with socket.create_connection(('127.0.0.1', served.port), timeout=10) as silent:
            silent.sendall(b'\x16\x03\x01\x02\x00\x01')
            assert ask(served.port, trusting(pki))[0].startswith('HTTP/1.1 200')


def test_only_clients_of_the_authority(pki, tmp_path):
    with Served(tmp_path, pki / 'server.pem', pki / 'server.key', pki / 'ca.pem') as served:
        assert ask(served.port, trusting(pki, 'client'))[0].startswith('HTTP/1.1 200')
        for who in (None, 'stranger'):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                ask(served.port, trusting(pki, who))


def test_changed_files_are_read_again_and_broken_ones_are_not_used(pki, tmp_path):
    certificate, key = tmp_path / 'tls.pem', tmp_path / 'tls.key'

    def put(name):
        key.write_bytes((pki / f'{name}.key').read_bytes())
        certificate.write_bytes((pki / f'{name}.pem').read_bytes())

    def until(name):
        deadline = time.monotonic() + 10
        while ask(served.port, trusting(pki))[1] != name:
            assert time.monotonic() < deadline, name
            time.sleep(0.1)

    put('server')
    with Served(tmp_path, certificate, key) as served:
        until('server')
        put('second')
        until('second')
        certificate.write_text('no certificate')
        assert 'web.tls.cert_file' in served.process.stderr.readline()
        assert ask(served.port, trusting(pki))[1] == 'second'
        put('server')
        until('server')


def test_files_that_cannot_be_used_are_named_at_the_start(pki, tmp_path):
    locked = tmp_path / 'locked.key'
    openssl('ec', '-in', pki / 'server.key', '-aes256', '-passout', 'pass:x', '-out', locked)
    for certificate, key, client_authority, said in (
            (tmp_path / 'none.pem', pki / 'server.key', '', 'web.tls.cert_file'),
            (pki / 'server.pem', pki / 'second.key', '', 'web.tls.key_file'),
            (pki / 'server.pem', locked, '', 'web.tls.key_file'),
            (pki / 'server.pem', pki / 'server.key', pki / 'server.key', 'web.tls.client_ca_file')):
        done = subprocess.run(command(tmp_path, certificate, key, client_authority), input='', text=True,
                              capture_output=True, timeout=20, check=False)
        assert done.returncode == 3 and said in done.stderr, done.stderr
