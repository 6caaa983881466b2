"""Backups: one file with everything that PostgreSQL holds, and what its keys must be; no key is in it.

The file is a tar of `manifest.json` and `portal.dump` (pg_dump's custom format). Both are of one moment, because
pg_dump reads the snapshot that the manifest was read in. Redis is not saved: it may be empty at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg2.extensions import make_dsn

from portal.core.clock import now
from portal.core.resealing import keys_in_use
from portal.core.sealing import known_keys
from portal.embedded import tools

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "portal.dump"


class BackupError(Exception):
    """It cannot be made or restored; nothing was changed. The message says why, to a person at a shell."""


@dataclass(frozen=True)
class Manifest:
    format: int
    made_at: str
    postgresql: int  # major version of the server
    migrations: list[list[str]]
    sealing_keys: list[str]  # ids, not keys
    link_key: str

    @classmethod
    def read(cls, stored: Any) -> Self:
        """Raises BackupError for the format of another release, ValueError for what is no manifest."""
        if not isinstance(stored, dict) or "format" not in stored:
            raise ValueError(f"{MANIFEST} says nothing of a format")
        if stored["format"] != FORMAT:
            raise BackupError(f"Its format is {stored['format']!r}; this release reads {FORMAT}.")
        if missing := {field.name for field in fields(cls)} ^ stored.keys():
            raise ValueError(f"{MANIFEST} is not as this format has it: {', '.join(sorted(missing))}")
        return cls(**stored)

    @classmethod
    def of_now(cls) -> Self:
        """Read in the caller's transaction."""
        applied = MigrationLoader(connection).applied_migrations
        return cls(
            FORMAT,
            now().isoformat(timespec="seconds"),
            _server_version(),
            sorted([list(name) for name in applied]),
            sorted(keys_in_use()),
            _link_key_id(settings.LINK_SIGNING_KEYS[0]),
        )

    def refuse_unless_usable(self) -> None:
        """Raises BackupError when this installation could not read what the backup holds."""
        if lost := set(self.sealing_keys) - known_keys():
            ids = ", ".join(sorted(lost))
            raise BackupError(
                f"Client secrets in it were sealed with keys that are not among SEALING_KEYS ({ids}). Add the keys "
                "that were in use when it was made, or --although-keys-are-lost, after which each customer must "
                "connect once more."
            )
        if self.link_key not in map(_link_key_id, settings.LINK_SIGNING_KEYS):
            raise BackupError(
                "Links in mails were signed with a key that is not among LINK_SIGNING_KEYS. Add it, or "
                "--although-keys-are-lost, after which each open invitation must be resent."
            )

    def refuse_unless_known(self) -> None:
        """Raises BackupError when a newer release made it."""
        ours = MigrationLoader(None).disk_migrations.keys()
        if newer := [f"{app}.{name}" for app, name in self.migrations if (app, name) not in ours]:
            raise BackupError(f"A newer release made it: this one does not know {', '.join(newer[:3])}.")


def make(target: Path) -> Manifest:
    """Write a backup; complete or not at all. Raises BackupError."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
        manifest, dump = Manifest.of_now(), Path(folder, DUMP)
        kept = [
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={dump}",
        ]
        _run("pg_dump", [*kept, f"--dbname={_dsn()}"])
        Path(folder, MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        half = Path(folder, "backup")
        half.touch(mode=0o600)
        with tarfile.open(half, "w") as backup:
            for name in (MANIFEST, DUMP):
                backup.add(Path(folder, name), arcname=name)
        half.rename(target)
    return manifest


def restore(source: Path, *, replace: bool = False, keys_are_lost: bool = False) -> Manifest:
    """Put a backup in place, in one transaction. Raises BackupError, and then the database is as it was.

    With `replace` what is there goes. Web, workers and beat must not run meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        manifest = _unpack(source, Path(folder))
        manifest.refuse_unless_known()
        if not keys_are_lost:
            manifest.refuse_unless_usable()
        _refuse_unless_alone()
        if not replace and (tables := connection.introspection.table_names()):
            raise BackupError(
                f"The database holds {len(tables)} tables. Choose an empty one, or say --replace: then all of it goes."
            )
        script = Path(folder, "restore.sql")
        _run("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(Path(folder, DUMP))])
        connection.close()
        fresh = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        at_once = [
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
        ]
        _run("psql", [*at_once, f"--dbname={_dsn()}", f"--command={fresh}", f"--file={script}"])
    return manifest


def _unpack(source: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(source) as backup:
            for name in (MANIFEST, DUMP):
                _extract(backup, name, folder)
        return Manifest.read(json.loads(Path(folder, MANIFEST).read_text(encoding="utf-8")))
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise BackupError(f"{source} is no backup of the portal, or a damaged one: {error}") from error


def _extract(backup: tarfile.TarFile, name: str, folder: Path) -> None:
    """The content alone: what an archive says of links, places and modes is not followed.

    `TarFile.extract(filter=…)` would do, but came with Python 3.11.4, and Debian 12 has 3.11.2.
    """
    member = backup.getmember(name)
    content = backup.extractfile(member) if member.isreg() else None
    if content is None:
        raise ValueError(f"{name} is no file")
    with content, Path(folder, name).open("wb") as file:
        shutil.copyfileobj(content, file)


def _refuse_unless_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchone()[0]
    if others:
        raise BackupError(f"{others} other connections use the database. Stop web, workers and beat first.")


def _link_key_id(key: str) -> str:
    """Tells keys apart without telling anything of them."""
    return hashlib.sha256(f"link key {key}".encode()).hexdigest()[:8]


def _server_version() -> int:
    return int(connection.cursor().connection.server_version // 10_000)


def _dsn() -> str:
    """Where the database is, for libpq; the password goes another way, because arguments can be seen by others."""
    given = connection.get_connection_params()
    kept = {name: value for name, value in given.items() if name not in ("password", "cursor_factory")}
    return str(make_dsn(**kept))


def _run(tool: str, arguments: Sequence[str]) -> None:
    password = connection.get_connection_params().get("password")
    environ = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [_program(tool), *arguments], check=False, capture_output=True, text=True, env=environ
    )
    if done.returncode:
        raise BackupError(f"{tool} ended with {done.returncode}: {done.stderr.strip()}")


def _program(tool: str) -> str:
    """The one on the PATH, or of the wheel that demo and tests use; it must not be older than the server."""
    wanted, seen = _server_version(), []
    for program in (shutil.which(tool), str(tools() / tool)):
        if program and Path(program).exists():
            version = _version_of(program)
            if version >= wanted:
                return program
            seen.append(f"{program} is {version}")
    raise BackupError(
        f"{tool} of PostgreSQL {wanted} or newer is needed" + (f"; {', '.join(seen)}." if seen else ".")
    )


def _version_of(program: str) -> int:
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", said)
    return int(found[1]) if found else 0
