"""How the portal's processes are started, watched and ended; the demo and the tests share it.

Nothing here imports Django: the servers must run before the settings are read.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from portal.places import Identity

PROJECT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Loaded before any fork, as a child between fork and exec must not import anything.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class ChildEnded(RuntimeError):
    """A process ended, or did not get ready; the message carries the end of its log."""


class Child:
    """One process of ours: its output goes to a log, and it dies when we die.

    It leads a session of its own, so that Ctrl-C in the terminal reaches only the supervisor,
    which then ends its children in order. Must be started from the main thread: the kernel
    sends the death signal when the starting *thread* ends (prctl(2), PR_SET_PDEATHSIG).
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        log: Path,
        *,
        environ: Mapping[str, str] | None = None,
        identity: Identity | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self.stop_with = stop_with
        log.parent.mkdir(parents=True, exist_ok=True)
        parent = os.getpid()

        def die_with_parent() -> None:
            if _prctl is not None:
                _prctl(PR_SET_PDEATHSIG, stop_with)
                if os.getppid() != parent:  # it died between fork and prctl
                    os._exit(1)

        with log.open("ab") as output:
            self._log_begins = output.tell()  # before it stands what a process of the same name had to say
            self.process = subprocess.Popen(  # noqa: S603 - a fixed list of arguments, no shell
                [str(part) for part in argv],
                cwd=PROJECT if identity is None else "/",
                env=None if environ is None else dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - only calls what is loaded already
                user=None if identity is None else identity.uid,
                group=None if identity is None else identity.gid,
                extra_groups=None if identity is None else [],
            )

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def tail(self, lines: int = 25) -> str:
        """The last lines of this process in its log."""
        with self.log.open("rb") as said:
            said.seek(self._log_begins)
            return b"".join(deque(said, maxlen=lines)).decode(errors="replace").rstrip()

    def wait_until(self, ready: Callable[[], bool], within: float = 30.0) -> None:
        """Return as soon as `ready` answers true, asking every 50 ms.

        Raises ChildEnded when the process ends first or `within` seconds have passed.
        """
        deadline = time.monotonic() + within
        while not ready():
            if time.monotonic() > deadline:
                raise ChildEnded(f"{self.name} was not ready within {within:.0f} s.\n{self.tail()}")
            try:
                code = self.process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise ChildEnded(f"{self.name} ended with exit code {code}.\n{self.tail()}")

    def ask_to_stop(self) -> None:
        """Send the signal that this process ends properly on."""
        if not self.ended:
            self.process.send_signal(self.stop_with)

    def see_it_end(self, within: float) -> None:
        """Wait at most `within` seconds, then kill it; what it started itself goes with it in any case."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(within, 0.0))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def stop_all(children: Iterable[Child], within: float = 10.0) -> None:
    """End these processes together: all are asked at once, stragglers are killed after `within` seconds."""
    ending = list(children)
    for child in ending:
        child.ask_to_stop()
    deadline = time.monotonic() + within
    for child in ending:
        child.see_it_end(deadline - time.monotonic())


def _python_module(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def web(port: int) -> list[str]:
    """The portal's pages on 127.0.0.1."""
    options = [
        "-c",
        "python:portal.gunicornconfig",
        "-w",
        "2",
        "--no-control-socket",
        "-b",
        f"127.0.0.1:{port}",
    ]
    return _python_module("gunicorn", "portal.wsgi", *options)


# One worker process per queue, with slots of its own: hanging validations never stop mail, and a night of checks
# never stops a validation that somebody waits for.
WORKER_SLOTS = {"mail": 2, "microsoft": 4, "nightly": 2}


def worker_name(queue: str) -> str:
    """The Celery node name of a queue's worker, as `inspect ping` reports it."""
    return f"{queue}@localhost"


def worker(queue: str, slots: int = 0) -> list[str]:
    """The Celery worker of one queue, with so many slots, or the usual number."""
    of_queue = ["-Q", queue, "-c", str(slots or WORKER_SLOTS[queue]), "-n", worker_name(queue)]
    quiet = ["--without-gossip", "--without-mingle", "-l", "INFO"]
    return _python_module("celery", "-A", "portal", "worker", *of_queue, *quiet)


def beat(schedule: Path) -> list[str]:
    """The clock that wakes the sweeps; `schedule` is the file it keeps its last times in."""
    return _python_module("celery", "-A", "portal", "beat", "-s", str(schedule), "--pidfile=", "-l", "INFO")


def inbox(smtp_port: int, http_port: int, store: Path) -> list[str]:
    """The mail sink with its web inbox."""
    ports = ["--smtp-port", str(smtp_port), "--http-port", str(http_port)]
    return _python_module("portal.inbox", *ports, "--store", str(store))


def simulator(
    port: int,
    page_port: int,
    cloud_ports: Mapping[str, int],
    seed: str,
    epoch: str,
    ca: Path,
    clock_shift: str,
) -> list[str]:
    """The local Entra and Graph, a port for each cloud; `epoch` is the ISO moment its directory is dated from."""
    ports = ["--port", str(port), "--page-port", str(page_port)]
    for cloud, other in cloud_ports.items():
        ports += ["--cloud", f"{cloud}={other}"]
    directory = ["--seed", seed, "--epoch", epoch, "--ca", str(ca), "--clock-shift", clock_shift]
    return _python_module("m365.simulator", *ports, *directory)
