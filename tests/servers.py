"""Servers for tests: one that is not there, one that never says a word, and a monitor of nightly runs."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def silent_server():
    """Takes every connection and never answers; gives its port."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=50)
    held = []

    def hold():
        while True:
            try:
                held.append(listening.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in (listening, *held):
            connection.close()


@contextmanager
def dead_server():
    """Refuses every connection; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    yield port


class Monitor:
    """Takes what a monitor of nightly runs is asked; use it with `with`. Each asks for a path, which it keeps."""

    def __init__(self):
        self.asked = []
        self.answers = 200

    def __enter__(self):
        monitor = self

        class Asked(BaseHTTPRequestHandler):
            def do_GET(self):
                monitor.asked.append(self.path)
                self.send_response(monitor.answers)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *said):
                """Nothing on the tests' screen."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/ping/a-secret-path"
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
