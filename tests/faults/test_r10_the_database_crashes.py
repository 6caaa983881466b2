"""R10: PostgreSQL crashes and recovers in the middle of a night; the run goes on where it was."""

import os
import signal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection

from m365.models import CheckItem
from tests.mailing import kill
from tests.nightroom import fleet, is_over, result


def backends():
    """The processes of PostgreSQL that serve the portal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def answers():
    """Whether the database takes connections; it does not while it recovers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        connection.close()
        return False
    return True


def crash(watched):
    """One of its processes is killed: PostgreSQL ends all others, forgets its memory and replays its log."""
    os.kill(backends()[0], signal.SIGKILL)
    watched.wait_until(lambda: not answers())
    watched.wait_until(answers, within=60)


def a_night(nightroom, entra, size, *, crashes):
    entra.reset()
    fleet(entra, size)
    entra.latency = 0.02
    children = [nightroom.worker("nightly", 4), nightroom.worker("mail", 2), nightroom.beat()]
    for share in crashes:
        children[0].wait_until(lambda share=share: done() >= size * share, within=60)
        crash(children[0])
    children[0].wait_until(is_over, within=120)
    for child in children:
        kill(child)
    return result()


def done():
    return CheckItem.objects.filter(finished_at__isnull=False).count()


@pytest.mark.parametrize("size", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_r10_a_restart_of_the_database_at_half_time_changes_nothing(nightroom, entra, size):
    undisturbed = a_night(nightroom, entra, size, crashes=())
    call_command("flush", interactive=False, verbosity=0)

    disturbed = a_night(nightroom, entra, size, crashes=(0.25, 0.5))

    assert disturbed == undisturbed
    assert disturbed["digests"] == {("olga@nordhafen.example", "sent"): 1}
