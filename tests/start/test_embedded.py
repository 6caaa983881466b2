import os
import shutil
import signal
import stat
from pathlib import Path

import psycopg2
import pytest
import redis

from portal import places
from portal.embedded import PostgreSQL, Valkey, redis_url
from portal.processes import stop_all


@pytest.fixture
def start(home):
    children = []

    def start(server):
        child = server.start()
        children.append(child)
        return child

    yield start
    stop_all(children)


def ask(home, question):
    connection = psycopg2.connect(host=str(home / "sockets"), user="portal", dbname="portal")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def test_the_portals_role_owns_its_database_and_is_no_superuser(home, start):
    start(PostgreSQL(home, home / "sockets", home / "log"))

    role = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(home, role) == [(False, False, False)]
    assert ask(home, owner) == [("portal",)]


def test_postgresql_killed_and_started_again_has_every_committed_row(home, start):
    server = PostgreSQL(home, home / "sockets", home / "log")
    child = start(server)
    ask(home, "CREATE TABLE kept AS SELECT 7 AS number")

    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    start(server)

    assert ask(home, "SELECT number FROM kept") == [(7,)]


def test_postgresql_listens_on_a_socket_in_a_private_folder_only(home, start):
    start(PostgreSQL(home, home / "sockets", home / "log"))

    assert ask(home, "SHOW listen_addresses") == [("",)]
    assert stat.S_IMODE((home / "sockets").stat().st_mode) == 0o700


def test_valkey_keeps_what_it_was_given_over_a_restart_and_wants_its_password(home, start):
    server = Valkey(home, places.free_port(), "p4ss", home / "log")
    child = start(server)
    redis.Redis.from_url(redis_url(server.port, "p4ss")).lpush("mail", "wake up")

    stop_all([child])
    start(server)

    assert redis.Redis.from_url(redis_url(server.port, "p4ss")).lrange("mail", 0, -1) == [b"wake up"]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port).ping()


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_binaries_are_copied_only_where_the_servers_user_cannot_walk(home, tmp_path, mode):
    package = places.new_home()
    tools, libraries = package / "postgres" / "install", package / "postgres.libs"
    for folder in (tools / "bin", libraries):
        folder.mkdir(parents=True)
    binary = tools / "bin" / "server"
    binary.write_text("binary")
    (libraries / "libpq.so").write_text("library")
    package.chmod(mode)

    found = places.within_reach(home, binary, tools, libraries)

    must_copy = os.geteuid() == 0 and mode == 0o700
    expected = home / "bin" / "postgres" / "install" / "bin" / "server" if must_copy else binary
    assert found == expected
    assert places.reachable(found.parent)
    assert Path(found.parents[3] / "postgres.libs" / "libpq.so").read_text() == "library"
    shutil.rmtree(package)
