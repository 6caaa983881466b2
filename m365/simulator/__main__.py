"""`python -m m365.simulator`: the simulator as a process of its own, until SIGTERM or SIGINT."""

import argparse
import secrets
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from m365.simulator.clock import Clock
from m365.simulator.loader import DIRECTORY_FILE, FileDirectory
from m365.simulator.simulator import Simulator


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m m365.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="HTTPS: login host and Graph; 0 takes a free one")
    parser.add_argument("--page-port", type=int, help="plain HTTP: the front page with values to try")
    parser.add_argument(
        "--seed", default="", help="secret values derive from it; default: a new one each time"
    )
    parser.add_argument(
        "--epoch", type=_moment, help="ISO date from which the directory's days count; default: now"
    )
    parser.add_argument(
        "--ca", type=Path, required=True, help="where to write the private CA's certificate (PEM)"
    )
    parser.add_argument("--clock-shift", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--directory", type=Path, default=DIRECTORY_FILE, help="another directory file")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Serve until told to stop; 1 when a port is taken."""
    given = _arguments(words)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clock = Clock(given.clock_shift)
    directory = FileDirectory(
        given.directory,
        clock=clock,
        seed=given.seed or secrets.token_hex(),
        epoch=given.epoch or clock.now(),
    )
    try:
        simulator = Simulator(directory, ca_path=given.ca, port=given.port, page_port=given.page_port)
    except OSError as problem:
        print(f"The simulator cannot start: {problem}", file=sys.stderr)
        return 1
    simulator.start()
    print(f"Simulator ready: {simulator.login_url} (page {simulator.page_url})", flush=True)
    stop.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
