"""The application behind the sidecars: /ok answers 200, /ok/fail 503, /ok/hold when it is let go; and a TCP echo."""
import http.server
import socketserver
import threading


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        app = self.server.app
        if self.path.startswith("/ok/hold"):
            app.holding.set()
            app.let_go.wait(30)
        self.send_response(503 if self.path.startswith("/ok/fail") else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


class App:
    """Serves on free loopback ports until it is closed."""

    def __init__(self):
        self.holding, self.let_go = threading.Event(), threading.Event()
        self._servers = [HttpServer(("127.0.0.1", 0), Http), EchoServer(("127.0.0.1", 0), Echo)]
        self._servers[0].app = self
        self.http_port, self.tcp_port = [server.server_address[1] for server in self._servers]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()
