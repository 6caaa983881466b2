"""`python -m m365.simulator`: the simulator as a process of its own, until SIGTERM or SIGINT."""

import argparse
import secrets
import signal
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from m365.simulator.certificates import ServerCertificate
from m365.simulator.clock import Clock
from m365.simulator.clouds import CLOUDS, WORLDWIDE, Cloud
from m365.simulator.loader import TENANTS, FileDirectory
from m365.simulator.simulator import Simulator


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cloud_and_port(text: str) -> tuple[Cloud, int]:
    name, _, port = text.partition("=")
    if name not in CLOUDS or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no cloud with a port")
    return CLOUDS[name], int(port)


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
    parser.add_argument("--tenants", type=Path, default=TENANTS, help="another folder of tenants")
    parser.add_argument(
        "--cloud",
        type=_cloud_and_port,
        action="append",
        default=[],
        metavar="NAME=PORT",
        help=f"another cloud on a port of its own: {', '.join(name for name in CLOUDS if name != 'worldwide')}",
    )
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Serve until told to stop; 1 when a port is taken."""
    given = _arguments(words)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        simulators = _simulators(given)
    except OSError as problem:
        print(f"The simulator cannot start: {problem}", file=sys.stderr)
        return 1
    for simulator in simulators:
        simulator.start()
    print(f"Simulator ready: {simulators[0].login_url} (page {simulators[0].page_url})", flush=True)
    stop.wait()
    for simulator in simulators:
        simulator.stop()
    return 0


def _simulators(given: argparse.Namespace) -> list[Simulator]:
    """The worldwide cloud first; its front page shows the other clouds' values, too."""
    clock, seed = Clock(given.clock_shift), given.seed or secrets.token_hex()
    certificate, epoch = ServerCertificate.make(), given.epoch or clock.now()
    simulators: list[Simulator] = []
    for cloud, port in ((WORLDWIDE, given.port), *given.cloud):
        directory = FileDirectory(given.tenants, clock=clock, seed=seed, epoch=epoch, cloud=cloud)
        page_port = None if simulators else given.page_port
        simulators.append(
            Simulator(directory, ca_path=given.ca, port=port, page_port=page_port, certificate=certificate)
        )
    shown = simulators[0].directory.examples
    for other in simulators[1:]:
        shown += [replace(example, group="clouds") for example in other.directory.examples]
    return simulators


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
