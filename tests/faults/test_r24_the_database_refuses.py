"""R24: where the database takes nothing, because it is read-only or its disk is full, nothing is done by halves.

A real web process answers with its error page, whose number is in its log; afterwards everything works as before.
"""

import os
import re
import subprocess

import psycopg2
import pytest
from django.db import connection

from portal import processes
from portal.core.outbox import OutboxMail
from portal.places import free_port, identity, own, walkable
from services.models import Service
from tests.conftest import IDA
from tests.realservices import HOME
from tests.visitor import Visitor


@pytest.fixture
def superuser():
    """A cursor of the server's owner in the test database; each statement for itself."""
    params = connection.get_connection_params() | {"user": "postgres"}
    opened = psycopg2.connect(**params)
    opened.autocommit = True
    yield opened.cursor()
    opened.close()


@pytest.fixture
def web(start_process):
    port = free_port()
    child = start_process("web-of-a-database", processes.web(port))
    visitor, stranger = Visitor(port), Visitor(port)
    child.wait_until(visitor.is_answered)
    return child, visitor, stranger


def sign_in(visitor, olga):
    return visitor.signs_in(olga)


def add_service(visitor, customer):
    """What an operator sends who adds a service; the answer to the last form."""
    visitor.select(customer)
    return visitor.invite(IDA, "brightwater")


def is_told(answer, child):
    """The error page, with a number that leads to the traceback in the log, and no insides."""
    number = re.search(r"number: <code>([0-9a-f]{12})</code>", " ".join(answer.text.split()))
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "psycopg2" not in answer.text
    return any(number[1] in line and "traceback" in line for line in child.log.read_text().splitlines())


def stored():
    return Service.objects.count(), OutboxMail.objects.count()


def test_r24_a_read_only_database_is_told_and_nothing_is_stored(web, superuser, olga, customer, sbc):
    child, visitor, stranger = web
    sign_in(visitor, olga)
    name = connection.settings_dict["NAME"]
    superuser.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal'")
    connection.close()

    try:
        page, refused = visitor.ask("GET", "/sign-in/"), sign_in(stranger, olga)
    finally:
        superuser.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal'")
        connection.close()

    assert page.status_code in (200, 302)
    assert is_told(refused, child)
    assert add_service(visitor, customer).status_code == 302
    assert stored() == (1, 1)


@pytest.fixture
def small_disk(superuser, transactional_db):
    """The outbox stands on a disk of a megabyte; `small_disk()` fills it, a second call makes room again."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    folder, user = own(walkable(HOME) / "small-disk"), identity()
    disk = f"size=1m,uid={user.uid},gid={user.gid},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", disk, "tmpfs", folder], check=True)  # noqa: S607
    superuser.execute(f"CREATE TABLESPACE small_disk LOCATION '{folder}'")
    superuser.execute("ALTER TABLE core_outboxmail SET TABLESPACE small_disk")
    superuser.execute("CREATE TABLE filler (text text) TABLESPACE small_disk")

    def fill():
        with pytest.raises(psycopg2.errors.DiskFull):
            while True:
                superuser.execute("INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 20)")

    yield fill
    superuser.execute("DROP TABLE IF EXISTS filler")
    superuser.execute("ALTER TABLE core_outboxmail SET TABLESPACE pg_default")
    superuser.execute("DROP TABLESPACE small_disk")
    subprocess.run(["umount", folder], check=True)  # noqa: S607


def test_r24_a_full_disk_is_told_and_nothing_is_half_done(web, small_disk, superuser, olga, customer, sbc):
    child, visitor, _stranger = web
    sign_in(visitor, olga)
    small_disk()

    refused = add_service(visitor, customer)
    halves = stored()
    superuser.execute("DROP TABLE filler")
    again = add_service(visitor, customer)

    assert is_told(refused, child)
    assert halves == (0, 0)
    assert again.status_code == 302
    assert stored() == (1, 1)
