"""One end for all that a validation asks of Microsoft: name look-ups, connections, handshakes, trickled answers.

A read time-out begins anew with every byte, a connect time-out with every address, a name look-up has none, and
closing a socket does not wake who reads from it. So a watchdog shuts the sockets down when the time is over.
"""

import math
import os
import queue
import socket
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_running: ContextVar["Deadline | None"] = ContextVar("deadline", default=None)


class Deadline:
    """`with Deadline(30):` everything asked inside ends after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._token = _running.set(self)
        _watchdog.guard(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        _watchdog.leave(self)
        _running.reset(self._token)
        with self._lock:
            for line in self._lines:
                line.close()
            self._lines.clear()

    @property
    def remaining(self) -> float:
        """Seconds; 0 when it is over."""
        return max(0.0, self.ends - time.monotonic())

    def watch(self, line: socket.socket) -> None:
        """Cut this connection, too, when the time is over.

        Held by a descriptor of our own: TLS takes the plain socket's away, and a number that was closed may
        belong to somebody else's connection by then.
        """
        own = socket.socket(fileno=os.dup(line.fileno()))
        with self._lock:
            self._lines.append(own)
        if not self.remaining:
            self.cut()

    def cut(self) -> None:
        """Shut down every connection that is watched."""
        with self._lock:
            for line in self._lines:
                with suppress(OSError):  # the other side was faster
                    line.shutdown(socket.SHUT_RDWR)


class _Watchdog:
    """One thread a process, begun with the first deadline: one for each would cost as much as a request.

    It sleeps until the first of them ends and is woken only for one that ends earlier.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guarded: set[Deadline] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def guard(self, deadline: Deadline) -> None:
        with self._changed:
            self._guarded.add(deadline)
            if self._thread is None or not self._thread.is_alive():  # a fork leaves it behind
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline.ends < self._wakes_at:
                self._changed.notify()

    def leave(self, deadline: Deadline) -> None:
        with self._changed:
            self._guarded.discard(deadline)

    def _watch(self) -> None:
        with self._changed:
            while True:
                for deadline in [one for one in self._guarded if not one.remaining]:
                    self._guarded.discard(deadline)
                    deadline.cut()
                self._wakes_at = min((one.ends for one in self._guarded), default=math.inf)
                left = self._wakes_at - time.monotonic()
                self._changed.wait(None if math.isinf(left) else max(left, 0.0))


_watchdog = _Watchdog()


def overdue() -> bool:
    """Whether the deadline that this code runs under is over."""
    deadline = _running.get()
    return deadline is not None and not deadline.remaining


class WatchedConnection(HTTPSConnection):
    """Resolves and connects within the remaining time, and is cut at its end, new or kept alive."""

    def _new_conn(self) -> socket.socket:
        deadline, given = _running.get(), self.timeout
        budget = given if isinstance(given, int | float) else None
        if deadline is not None:
            budget = deadline.remaining if budget is None else min(budget, deadline.remaining)
        try:
            line = _connect(self._dns_host, self.port, budget)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection to {self.host}: {error.strerror}") from error
        if deadline is not None:
            deadline.watch(line)
        return line

    def request(self, *args: Any, **kwargs: Any) -> None:
        deadline = _running.get()
        if deadline is not None and self.sock is not None:
            deadline.watch(self.sock)
        super().request(*args, **kwargs)


class WatchedPool(HTTPSConnectionPool):
    ConnectionCls = WatchedConnection


def _connect(host: str, port: int | None, budget: float | None) -> socket.socket:
    """A connection to the first address that takes one, all of them within `budget` seconds (None: no limit)."""
    ends = None if budget is None else time.monotonic() + budget
    failure: OSError = TimeoutError("no time left")
    for family, kind, protocol, _, address in _addresses(host, port, budget):
        left = None if ends is None else ends - time.monotonic()
        if left is not None and left <= 0:
            break
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(left)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.connect(address)
        except OSError as error:
            failure = error
            line.close()
        else:
            return line
    raise failure


def _addresses(host: str, port: int | None, budget: float | None) -> list[Any]:
    """What the name stands for. The look-up has no time-out of its own, so it is left behind when it hangs."""
    found: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.get(timeout=budget)
    except queue.Empty:
        raise TimeoutError("the name look-up took too long") from None
    if isinstance(addresses, OSError):
        raise addresses
    return addresses
