"""Sockets: a threading HTTP/1.1 server with keep-alive, over TLS or plain, that ends when told."""

import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

from m365.simulator.wire import Request, Response, Trickle

logger = logging.getLogger(__name__)

Answer = Callable[[Request], Response | None]
LARGEST_BODY = 1_000_000  # bytes
_HANDSHAKE_SECONDS = 10


class Handler(BaseHTTPRequestHandler):
    """Turns a socket's requests into `Request`; the answer None ends the connection without a word."""

    protocol_version = "HTTP/1.1"
    timeout = 120  # seconds a kept-alive connection may idle
    # One segment per answer and no waiting for the peer's delayed acknowledgement (40 ms each otherwise).
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(_HANDSHAKE_SECONDS)
            self.request.do_handshake()
        super().setup()

    def respond(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Response.of_text(413, "", "text/plain"))
            return
        server = cast(Server, self.server)
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
            base_url=f"{server.scheme}://{self._host()}",
        )
        response = server.answer(request)
        if response is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._send(response)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = respond  # noqa: N815 - names that http.server looks up

    def _host(self) -> str:
        """The name the client used, as long as it is a plain host and port."""
        named = self.headers.get("Host", "")
        host = f"localhost:{cast(Server, self.server).port}"
        return named if urlsplit(f"//{named}").netloc == named and named.isprintable() and named else host

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        self.send_header("Date", self.date_time_string())
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        if response.trickle is None and not any(name == "Content-Length" for name, _ in response.headers):
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        if response.trickle:
            self._trickle(response.trickle)
            return
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)

    def _trickle(self, trickle: Trickle) -> None:
        self.close_connection = True
        if trickle.part == "body":
            self.end_headers()
        else:
            self.flush_headers()
            self.wfile.write(b"X-Endless:")
        try:
            while not cast(Server, self.server).stopping.wait(trickle.seconds):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            trickle.on_cut()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http.server
        logger.debug("%s %s", self.command, self.path)


class Server(ThreadingHTTPServer):
    """Listens on this machine only. Port 0 takes a free one; OSError when the port is taken."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.answer = answer
        self.stopping = threading.Event()
        self.scheme = "https" if tls else "http"
        self.port: int = self.server_address[1]
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Free the port and end every connection, idle or not."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _end(connection)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake waits for the connection's own thread: a silent client must not block the others."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        problem = sys.exception()
        if isinstance(problem, OSError):  # a client that left or does not trust our certificate
            logger.debug("Connection ended: %s", problem)
        else:
            logger.error("Request failed", exc_info=problem)


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as problem:  # it ended by itself meanwhile
        logger.debug("Connection ended: %s", problem)
