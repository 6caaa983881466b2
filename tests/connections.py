"""Which connections this process opens, told by Python's own audit events, whatever library opens them.

PostgreSQL's client is C and raises none, so the database does not show; nothing that a person types names its host.
"""

import os
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

_listening = []


def _hook(event, arguments):
    if not _listening:
        return
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = arguments[:2]
    else:
        return
    for heard in _listening:
        heard.append((event, address))


sys.addaudithook(_hook)  # it cannot be taken away again, so there is one for all tests


def ours():
    """Host and port of each server that the tests themselves start."""
    names = ("M365_LOGIN_URL", "M365_GRAPH_URL", "REDIS_URL", "EMAIL_URL", "DATABASE_URL", "PUBLIC_URL")
    places = [urlsplit(os.environ[name]) for name in names]
    return {(host, place.port) for place in places for host in (place.hostname, "127.0.0.1", "::1")}


@contextmanager
def watched():
    """Gives two lists, filled until the end: what was connected to or looked up, and what of it is none of ours."""
    heard, foreign = [], []
    _listening.append(heard)
    try:
        yield heard, foreign
    finally:
        _listening.remove(heard)
        known = ours()
        foreign += [
            (event, at) for event, at in heard if not isinstance(at, tuple) or _place(at) not in known
        ]


def _place(address):
    host, port = address[:2]
    return host.decode() if isinstance(host, bytes) else host, int(port) if port else port
