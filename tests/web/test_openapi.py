"""The answers of a running service against its own description, by jsonschema: every operation, and its errors."""
import http.client
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('MESHWARDEN_BUILD', ROOT / 'build' / 'dev'))
JSON, PROBLEM = 'application/json', 'application/problem+json'


class Service:
    def __init__(self, port, document=None):
        self.port, self.document, self.seen = port, document, set()

    def ask(self, method, path, body=None, token='gold', headers=None):
        """(status, headers, text)"""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)
        data = None if body is None else body if isinstance(body, str) else json.dumps(body)
        who = {'Authorization': f'Bearer {token}'} if token else {}
        all_headers = {'Content-Type': JSON, **who, **(headers or {})}
        connection.request(method, path, data, all_headers)
        answer = connection.getresponse()
        text = '' if answer.headers.get('Content-Type') == 'text/event-stream' else answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def resolved(self, part):
        while '$ref' in part:
            found = self.document
            for name in part['$ref'][2:].split('/'):
                found = found[name]
            part = found
        return part

    def check(self, method, template, status, path=None, **request):
        """Asks, and holds status, content type, headers and body against the description. The body."""
        got, headers, text = self.ask(method, path or template, **request)
        assert got == status, (method, path or template, text)
        responses = self.document['paths'][template][method.lower()]['responses']
        assert str(status) in responses or status >= 400, f'{method} {template} does not describe {status}'
        described = self.resolved(responses.get(str(status), responses['default']))
        for name in described.get('headers', {}):
            assert name in headers, f'{method} {template} {status} has no header {name}'
        content = described.get('content', {})
        kind = headers.get('Content-Type', '').split(';')[0]
        assert kind in content or '*/*' in content or not content, (method, template, status, kind)
        self.seen.add((method.lower(), template))
        if kind not in (JSON, PROBLEM):
            return text
        body = json.loads(text)
        schema = {**content[kind]['schema'], 'components': self.document['components']}
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(body)
        return body


@pytest.fixture(scope='module')
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp('openapi')
    tokens = []
    for role, token in (('read', 'red'), ('write', 'blue'), ('admin', 'gold')):
        (folder / role).write_text(token)
        tokens.append(f'{role}er:{role}:{folder / role}')
    process = subprocess.Popen([BUILD / 'tests' / 'web' / 'web_fixture', folder / 'web.db', *tokens],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    served = Service(int(process.stdout.readline()))
    served.document = json.loads(served.ask('GET', '/api/v1/openapi.json')[2])
    yield served
    process.stdin.close()
    process.wait(timeout=10)


def strict(part):
    """Every object schema of the answers closed, so that an undescribed field fails."""
    if isinstance(part, dict):
        for each in part.values():
            strict(each)
        if 'properties' in part and 'allOf' not in part:
            part.setdefault('additionalProperties', False)
    elif isinstance(part, list):
        for each in part:
            strict(each)


def test_every_operation_answers_as_described(service):
    document = service.document
    jsonschema.Draft202012Validator.check_schema({'$defs': document['components']['schemas']})
    schemas = document['components']['schemas']
    # An incident in detail is an incident and more: closed where it is put together.
    detail = {'type': 'object', 'properties': {**schemas['Incident']['properties'],
                                               **schemas['IncidentDetail']['allOf'][1]['properties']},
              'required': schemas['Incident']['required'] + schemas['IncidentDetail']['allOf'][1]['required']}
    schemas['IncidentDetail'] = detail
    strict(schemas)
    check = service.check
    incidents = check('GET', '/api/v1/incidents', 200)['incidents']
    identity = incidents[0]['id']
    one, where = '/api/v1/incidents/{id}', '/api/v1/incidents/' + identity
    for path in ('/api/v1/signals', '/api/v1/rules', '/api/v1/alerts', '/api/v1/topology', '/api/v1/deliveries',
                 '/api/v1/status', '/api/v1/openapi.json', '/api/v1/events', '/metrics', '/healthz', '/readyz',
                 '/-/healthy', '/-/ready', '/'):
        check('GET', path, 200)
        assert service.ask('HEAD', path)[0] == 200, path
    for each in incidents:
        check('GET', one, 200, '/api/v1/incidents/' + each['id'])
    check('GET', '/api/v1/topology/diff', 200, '/api/v1/topology/diff?from=0')
    check('GET', '/api/v1/topology/diff', 400)
    for form in ('dot', 'graphml'):
        assert '"' in check('GET', '/api/v1/topology', 200, '/api/v1/topology?cross_namespace=true&format=' + form)
    said = {'match': ['source_workload="cart"'], 'note': 'planned', 'expires_at': '2999-01-01T00:00:00Z'}
    check('POST', '/api/v1/expectations', 400, body={**said, 'note': ''})
    check('POST', '/api/v1/expectations', 400, body={**said, 'expird_at': said['expires_at']})
    check('POST', '/api/v1/expectations', 403, body=said, token='red')
    expected = check('POST', '/api/v1/expectations', 201, body=said, token='blue')
    assert expected['created_by'] == 'writeer'
    check('GET', '/api/v1/expectations', 200)
    check('GET', '/api/v1/topology', 200)
    expectation = '/api/v1/expectations/{id}'
    check('DELETE', expectation, 403, '/api/v1/expectations/' + expected['id'], token='red')
    check('DELETE', expectation, 200, '/api/v1/expectations/' + expected['id'])
    check('DELETE', expectation, 404, '/api/v1/expectations/none')
    check('GET', '/console/{id}', 200, '/console/app.js')
    check('GET', '/incidents/{id}', 302, '/incidents/' + identity)
    tag = service.ask('GET', where)[1]['ETag']
    check('GET', one, 304, where, headers={'If-None-Match': tag})
    for verb in ('acknowledge', 'comment', 'assign', 'resolve'):
        check('POST', f'{one}/{verb}', 412, f'{where}/{verb}', body={'note': 'x'}, headers={'If-Match': '"0"'})
        check('POST', f'{one}/{verb}', 200, f'{where}/{verb}', body={'note': 'seen', 'until': '2026-01-01T00:00:00Z'})
        check('POST', f'{one}/{verb}', 404, f'/api/v1/incidents/none/{verb}', body={'note': 'x'})
        check('POST', f'{one}/{verb}', 400, f'{where}/{verb}', body={'note': 7})
        check('POST', f'{one}/{verb}', 403, f'{where}/{verb}', body={'note': 'x'}, token='red')
        check('POST', f'{one}/{verb}', 415, f'{where}/{verb}', body='note=x', headers={'Content-Type': 'text/plain'})
        check('POST', f'{one}/{verb}', 400, f'{where}/{verb}', body={'note': 'x', 'foo': 3})
    check('POST', f'{one}/acknowledge', 409, f'{where}/acknowledge')
    check('POST', f'{one}/assign', 200, f'{where}/assign', body={'assignee': 'bob'})
    assert '409' not in document['paths'][f'{one}/assign']['post']['responses']
    check('POST', '/-/reload', 200)
    check('POST', '/-/reload', 403, token='blue')
    described = {(method, path) for path, operations in document['paths'].items() for method in operations}
    assert service.seen == described


def test_bodies_of_requests_are_closed(service):
    for path, operations in service.document['paths'].items():
        for method, operation in operations.items():
            if 'requestBody' in operation:
                schema = service.resolved(operation['requestBody']['content'][JSON]['schema'])
                assert schema['additionalProperties'] is False, (method, path)


def test_what_needs_a_token_says_so_and_what_does_not_answers(service):
    for path, operations in service.document['paths'].items():
        for method, operation in operations.items():
            is_open = operation.get('security') == []
            status, headers, text = service.ask(method.upper(), path.replace('{id}', 'app.js'), token=None)
            assert (status == 401) != is_open, (method, path, status)
            if status == 401:
                assert headers['WWW-Authenticate'].startswith('Bearer')
                assert headers['Content-Type'] == PROBLEM and json.loads(text)['status'] == 401
            assert ('401' in operation['responses']) != is_open


def test_every_path_refuses_other_methods_with_allow(service):
    for path, operations in service.document['paths'].items():
        allowed = {'get': 'GET, HEAD', 'post': 'POST', 'delete': 'DELETE'}
        others = {'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'BREW', 'GET', 'POST'} - {each.upper() for each in operations}
        for method in sorted(others):
            status, headers, text = service.ask(method, path.replace('{id}', 'x'))
            assert status == 405, (method, path)
            assert set(headers['Allow'].split(', ')) == set(', '.join(allowed[each] for each in operations).split(', '))
            assert headers['Content-Type'] == PROBLEM and json.loads(text)['title'] == 'Method Not Allowed'


@pytest.mark.parametrize('query', [
    'incidents?state=x', 'incidents?severity=x', 'incidents?match=x', 'incidents?since=x', 'incidents?until=x',
    'incidents?limit=x', 'incidents?cursor=x', 'topology?at=x', 'topology?format=x',
    'topology?cross_namespace=x', 'topology/diff?from=x', 'expectations?all=x', 'deliveries?state=x', 'deliveries?limit=0',
    'rules?type=x', 'events?last_event_id=x'])
def test_bad_parameters_are_problems(service, query):
    status, headers, text = service.ask('GET', '/api/v1/' + query)
    assert status == 400 and headers['Content-Type'] == PROBLEM
    jsonschema.validate(json.loads(text), service.document['components']['schemas']['Problem'])
    name = query.split('?')[1].split('=')[0]
    assert name in json.loads(text)['detail']
