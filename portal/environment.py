"""Fills the settings that `manage.py demo`, `test` and `bench` need and the environment lacks.

Runs before Django is imported, because the settings are read at import; standard library only.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import sys
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import urlsplit

from portal import places, totp
from portal.keys import new_keys

PROJECT = Path(__file__).resolve().parent.parent
OPERATOR_EMAIL = "olga@nordhafen.example"
PROVIDER = {
    "PROVIDER_NAME": "Nordhafen Voice",
    "PROVIDER_CONTACT": "onboarding@nordhafen.example, +49 40 5550 100",
    "MAIL_FROM": "Nordhafen Voice <onboarding@nordhafen.example>",
}
# Microsoft's clouds beside the worldwide one; each has a port of the simulator.
OTHER_CLOUDS = ("gcc_high", "dod", "china")
# For tests/realservices.py: the servers it must start (by their variables), and the folder for everything.
TEST_SERVERS, TEST_HOME = "TRUNKLINE_TEST_SERVERS", "TRUNKLINE_TEST_HOME"


@dataclass(frozen=True)
class Demo:
    """Where everything of one demo stands and listens. `None` for a part that stands elsewhere."""

    data: Path
    home: Path
    """PostgreSQL's and Valkey's folder; it is not in `data` when their user cannot walk there."""
    sockets: Path
    port: int
    inbox_port: int
    smtp_port: int | None
    redis_port: int | None
    redis_password: str
    simulator_port: int | None
    cloud_ports: dict[str, int]
    page_port: int
    simulator_seed: str
    simulator_epoch: str
    operator_password: str
    operator_app_key: str
    """In base32: an authenticator app takes it, and `manage.py demo --code` does without one."""
    own_database: bool
    lock: IO[str]
    """Held open as long as this demo runs: the file lock on the data folder."""


demo: Demo | None = None


def prepare(argv: Sequence[str]) -> None:
    """Fill what the command in `argv` needs; ends the process with a clear message if it cannot start."""
    command = argv[1] if len(argv) > 1 else ""
    if command == "demo" and not {"-h", "--help"} & set(argv):
        global demo
        parser = argparse.ArgumentParser(add_help=False)
        add_demo_options(parser)
        options, _djangos = parser.parse_known_args(list(argv[2:]))
        if options.code:
            _say_code(options.data.absolute())
        demo = prepare_demo(options, os.environ)
    elif command in ("demo", "test", "bench"):
        prepare_tests(os.environ)


def add_demo_options(parser: argparse.ArgumentParser) -> None:
    """The options of `manage.py demo`, for this module and for the command itself."""
    parser.add_argument("--port", type=int, default=8000, help="where the portal listens (8000)")
    parser.add_argument("--inbox-port", type=int, default=8025, help="where the web inbox listens (8025)")
    parser.add_argument(
        "--data",
        type=Path,
        default=PROJECT / "var" / "demo",
        metavar="DIR",
        help="the folder that keeps the demo's data (var/demo)",
    )
    parser.add_argument("--code", action="store_true", help="print the second factor's code and end")
    parser.add_argument(
        "--no-simulator",
        action="store_true",
        help="leave Microsoft to M365_LOGIN_URL, M365_GRAPH_URL and M365_CA_BUNDLE",
    )


def database_url(sockets: Path) -> str:
    """The address of the embedded database, for Django and for libpq alike."""
    return f"postgres://portal@/portal?host={sockets}"


def fill(environ: MutableMapping[str, str], values: dict[str, str]) -> None:
    """Set what is missing or empty; what the user has set stays."""
    for name, value in values.items():
        if not environ.get(name):
            environ[name] = value


def prepare_tests(environ: MutableMapping[str, str]) -> None:
    """Settings for a test run: fresh keys, and addresses at which tests/realservices.py starts servers.

    DATABASE_URL and REDIS_URL are kept when set; mail never leaves the test run. A second call changes
    nothing, so that pytest may be started by `manage.py test` or by itself.
    """
    if TEST_HOME in environ:
        return
    environ[TEST_SERVERS] = " ".join(name for name in ("DATABASE_URL", "REDIS_URL") if not environ.get(name))
    environ[TEST_HOME] = str(places.new_home())
    environ["PORTAL_MODE"] = "test"
    environ["SILENT_AFTER_SECONDS"] = "86400"  # no beat runs here, and pages do not say so unless a test asks
    environ["STATIC_ROOT"] = str(PROJECT / "static")  # served as they are, nothing is collected
    environ.update(new_keys() | PROVIDER)
    _choose_test_addresses(environ)


def prepare_part_of_tests(environ: MutableMapping[str, str], part: int) -> None:
    """After `prepare_tests`, for one of several processes that share its run, counted from 0.

    It gets a folder, ports and servers of its own; on a Redis that was given, a database of its own (on a
    PostgreSQL that was given, pytest-django sees to that).
    """
    environ[TEST_HOME] = str(Path(environ[TEST_HOME], str(part)))
    if "REDIS_URL" not in environ[TEST_SERVERS].split():
        given = urlsplit(environ["REDIS_URL"])
        number = int(given.path.strip("/") or 0) + part
        environ["REDIS_URL"] = given._replace(path=f"/{number}").geturl()
    _choose_test_addresses(environ)


def _choose_test_addresses(environ: MutableMapping[str, str]) -> None:
    servers = {
        "DATABASE_URL": database_url(Path(environ[TEST_HOME], "sockets")),
        "REDIS_URL": f"redis://:{secrets.token_hex(16)}@127.0.0.1:{places.free_port()}/0",
    }
    environ.update({name: servers[name] for name in environ[TEST_SERVERS].split()})
    environ["EMAIL_URL"] = f"smtp://127.0.0.1:{places.free_port()}"
    environ["PUBLIC_URL"] = f"http://localhost:{places.free_port()}"


def prepare_demo(options: argparse.Namespace, environ: MutableMapping[str, str]) -> Demo:
    """Lock the data folder, read or make what the demo keeps there, choose ports, fill the settings."""
    data: Path = options.data.absolute()
    lock = _locked(data)
    kept = _kept(data)
    plan = _plan(data, kept, options, environ, lock)
    _write_privately(data / "demo.json", kept)

    fill(environ, kept["keys"])
    fill(environ, PROVIDER)
    fill(environ, {"PUBLIC_URL": f"http://localhost:{plan.port}", "PORTAL_MODE": "demo"})
    fill(environ, {"STATIC_ROOT": str(data / "static")})
    fill(environ, {"DATABASE_URL": database_url(plan.sockets)})
    if plan.redis_port:
        environ["REDIS_URL"] = f"redis://:{plan.redis_password}@127.0.0.1:{plan.redis_port}/0"
    if plan.smtp_port:
        environ["EMAIL_URL"] = f"smtp://127.0.0.1:{plan.smtp_port}"
    if plan.simulator_port:
        address = f"https://localhost:{plan.simulator_port}"
        environ["M365_LOGIN_URL"] = environ["M365_GRAPH_URL"] = address
        for cloud, port in plan.cloud_ports.items():
            other = f"https://localhost:{port}"
            environ[f"M365_LOGIN_URL_{cloud.upper()}"] = environ[f"M365_GRAPH_URL_{cloud.upper()}"] = other
        environ["M365_CA_BUNDLE"] = str(data / "simulator-ca.pem")
    return plan


def _refuse(message: str) -> NoReturn:
    raise SystemExit(f"The demo cannot start: {message}")


def _locked(data: Path) -> IO[str]:
    """Make the data folder unless it is there, and keep everybody else out of it."""
    try:
        if not data.exists():
            data.mkdir(parents=True)
            places.walkable(data)
        lock = (data / "lock").open("w", encoding="utf-8")
    except OSError as error:
        _refuse(f"{data} cannot hold its data: {error.strerror}. Choose another folder with --data.")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _refuse(f"another one runs on {data}. End it first, or choose another folder with --data.")
    return lock


def _kept(data: Path) -> dict[str, dict[str, str]]:
    """What the first start made up and every later one needs again."""
    file = data / "demo.json"
    if file.exists():
        kept: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        kept["passwords"].setdefault("app", totp.new_key())  # former releases had none
        return kept
    return {
        "keys": new_keys(),
        "passwords": {
            "operator": secrets.token_urlsafe(12),
            "redis": secrets.token_hex(16),
            "app": totp.new_key(),
        },
        "simulator": {
            "seed": secrets.token_hex(16),
            "epoch": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        "places": {},
        "ports": {},
    }


def _say_code(data: Path) -> NoReturn:
    """Print what an authenticator app would show for the operators of this demo now, and end."""
    if not (data / "demo.json").exists():
        _refuse(f"there is no demo in {data}.")
    sys.stdout.write(f"{totp.shown_now(_kept(data)['passwords']['app'])}\n")
    raise SystemExit


def _write_privately(file: Path, kept: dict[str, dict[str, str]]) -> None:
    fresh = file.with_name("demo.json.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    fresh.rename(file)


def _plan(
    data: Path,
    kept: dict[str, dict[str, str]],
    options: argparse.Namespace,
    environ: MutableMapping[str, str],
    lock: IO[str],
) -> Demo:
    own_mail = not environ.get("EMAIL_URL")
    wanted = {"--port": options.port}
    if own_mail:
        wanted["--inbox-port"] = options.inbox_port
    for option, port in wanted.items():
        if not 0 < port < 65536:
            _refuse(f"{option} {port} is no port; take one from 1 to 65535.")
        if list(wanted.values()).count(port) > 1:
            _refuse(f"--port and --inbox-port are both {port}.")
        if not places.port_is_free(port):
            _refuse(f"port {port} is in use. Choose another one with {option}.")

    def port_for(purpose: str) -> int:
        """Yesterday's port where it is free, so that bookmarks stay good."""
        port = places.free_port(int(kept["ports"].get(purpose, "0")))
        kept["ports"][purpose] = str(port)
        return port

    home = _home(data, kept)
    sockets = home / "sockets"
    if len(str(sockets)) > places.LONGEST_SOCKET_FOLDER:
        sockets = places.new_home()
    return Demo(
        data=data,
        home=home,
        sockets=sockets,
        port=options.port,
        inbox_port=options.inbox_port,
        smtp_port=port_for("smtp") if own_mail else None,
        redis_port=None if environ.get("REDIS_URL") else port_for("redis"),
        redis_password=kept["passwords"]["redis"],
        simulator_port=None if options.no_simulator else port_for("simulator"),
        cloud_ports={cloud: port_for(f"simulator {cloud}") for cloud in OTHER_CLOUDS},
        page_port=port_for("simulator page"),
        simulator_seed=kept["simulator"]["seed"],
        simulator_epoch=kept["simulator"]["epoch"],
        operator_password=kept["passwords"]["operator"],
        operator_app_key=kept["passwords"]["app"],
        own_database=not environ.get("DATABASE_URL"),
        lock=lock,
    )


def _home(data: Path, kept: dict[str, dict[str, str]]) -> Path:
    """The servers' folder: in the data folder, or under /var/tmp where their user cannot walk there."""
    elsewhere = kept["places"].get("home")
    if elsewhere is None and not places.reachable(data):
        elsewhere = f"/var/tmp/trunkline-{secrets.token_hex(8)}"  # noqa: S108 - nobody can guess it
        kept["places"]["home"] = elsewhere
    home = data / "servers" if elsewhere is None else Path(elsewhere)
    home.mkdir(mode=0o700, exist_ok=True)
    return places.walkable(home)
