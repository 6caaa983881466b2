"""Servers that misbehave, for tests: one that is not there, one that never says a word."""

import socket
import threading
from contextlib import contextmanager


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
