"""A server between the browser and web_fixture: answers can be changed, and changes told as events."""
import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request


class Between(http.server.ThreadingHTTPServer):
    """`edits[path]` changes an answer (JSON), `answers[path]` makes one of the parameters of the question."""
    daemon_threads = True

    def __init__(self, behind):
        super().__init__(('127.0.0.1', 0), Handler)
        self.behind, self.edits, self.answers = behind, {}, {}
        self.changes, self.told = 0, threading.Condition()
        self.url = f'http://127.0.0.1:{self.server_port}'
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def changed(self):
        """Pages in view ask anew."""
        with self.told:
            self.changes += 1
            self.told.notify_all()

    def edit(self, path, edit):
        self.edits[path] = edit
        self.changed()

    def end(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def events(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.end_headers()
        seen = 0
        while True:
            with self.server.told:
                self.server.told.wait_for(lambda: self.server.changes > seen)
                seen = self.server.changes
            self.wfile.write(b'event: changed\n\n')

    def forward(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0)) or None
        headers = {name: self.headers[name] for name in ('Authorization', 'Content-Type') if self.headers[name]}
        question = urllib.request.Request(self.server.behind + self.path, body, headers, method=self.command)
        try:
            answer = urllib.request.urlopen(question, timeout=20)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            return answer.status, answer.headers, answer.read()

    def answer(self):
        path = urllib.parse.urlsplit(self.path)
        if path.path == '/api/v1/events':
            return self.events()
        if path.path in self.server.answers:
            made = self.server.answers[path.path](dict(urllib.parse.parse_qsl(path.query)))
            status, headers, body = 200, {}, json.dumps(made).encode()
        else:
            status, headers, body = self.forward()
        if status == 200 and path.path in self.server.edits:
            body = json.dumps(self.server.edits[path.path](json.loads(body))).encode()
        self.send_response(status)
        for name in ('Content-Type', 'Content-Security-Policy'):
            if headers.get(name):
                self.send_header(name, headers[name])
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        try:
            self.answer()
        except ConnectionError:
            pass  # the page was left

    do_POST = do_GET
