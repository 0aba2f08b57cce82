"""A plain HTTP client for the tests of the doubles: sends what it is given, wrong or right, and says what came back."""
import http.client
import json
import urllib.parse


def send(url, body, method="POST", content_type="application/json", headers=None, timeout=5):
    """(status, headers in lower case, body text). `body` is bytes as they are, or anything JSON can say."""
    parts = urllib.parse.urlsplit(url)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path, data, {"Content-Type": content_type, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def control(double, **order):
    status, _, text = send(double.base + "/_control", order)
    assert status == 200, text
