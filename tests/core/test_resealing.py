"""T21: keys are rotated while the portal runs, whoever dies in between, and the former key can go."""

import base64
import os
import sys
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from m365.models import AppRegistration, Credential
from portal.core.resealing import BATCH, keys_in_use, reseal
from portal.core.sealing import KeyId, first_key, seal_into, unseal
from portal.core.secrets import Secret
from tests.concurrency import at_once
from tests.mailing import kill, stopped

RESEAL = [sys.executable, "-m", "django", "reseal"]


def new_key():
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture
def registration(channel):
    return AppRegistration.objects.create(channel=channel, owner=channel.pk)


@pytest.fixture
def make(registration):
    """So many credentials, each with a secret that says whose it is."""

    def many(number):
        rows = [Credential(registration=registration, hint="abc") for _ in range(number)]
        for row in rows:
            seal_into(row, "sealed_secret", Secret(f"of {row.pk}"))
        return Credential.objects.bulk_create(rows, batch_size=5_000)

    return many


def rotate(settings):
    """Put a new key first, as after a restart of all processes; gives the former ones."""
    former = list(settings.SEALING_KEYS)
    settings.SEALING_KEYS = [new_key(), *former]
    return former


def opens(rows):
    return all(unseal(row, "sealed_secret").reveal() == f"of {row.pk}" for row in rows)


def sealed_anew():
    return Credential.objects.annotate(key=KeyId("sealed_secret")).filter(key=first_key()).count()


def test_everything_is_sealed_with_the_first_key_and_the_former_may_go(make, settings, capsys):
    make(BATCH + 3)
    empty = make(1)[0]
    empty.wipe(Credential.State.RETIRED)
    rotate(settings)

    call_command("reseal")

    assert f"{BATCH + 3:,} sealed anew" in capsys.readouterr().out
    assert keys_in_use() == {first_key()}
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    assert opens(Credential.objects.exclude(sealed_secret=None))
    empty.refresh_from_db()
    assert empty.sealed_secret is None


def test_again_there_is_nothing_to_do(make, settings, capsys):
    make(3)
    rotate(settings)
    call_command("reseal")
    before = dict(Credential.objects.values_list("pk", "sealed_secret"))

    call_command("reseal")

    assert dict(Credential.objects.values_list("pk", "sealed_secret")) == before


def test_rows_that_open_with_no_key_are_named_and_stop_no_other(make, settings):
    rows = make(5)
    swapped, lost = rows[:2], rows[2]
    Credential.objects.filter(pk=swapped[0].pk).update(sealed_secret=swapped[1].sealed_secret)
    Credential.objects.filter(pk=lost.pk).update(sealed_secret="v1.deadbeef.AAAA")
    former = rotate(settings)

    with pytest.raises(CommandError) as refused:
        call_command("reseal")

    assert str(swapped[0].pk) in str(refused.value)
    assert str(lost.pk) in str(refused.value)
    assert str(swapped[1].pk) not in str(refused.value)
    assert sealed_anew() == 3
    assert former  # which is needed for nothing but what cannot be opened anyway


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_share_the_work(make, settings):
    make(3 * BATCH)
    rotate(settings)

    at_once(lambda: list(reseal()), lambda: list(reseal()))

    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    assert opens(Credential.objects.all())


@pytest.mark.parametrize("number", [4_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_t21_a_key_is_rotated_under_load_whoever_is_killed_meanwhile(start_process, make, settings, number):
    make(number)
    rotate(settings)
    environ = {"SEALING_KEYS": ",".join(settings.SEALING_KEYS)}
    ended, load = threading.Event(), []

    def go_on():
        while not ended.is_set():
            row = make(1)[0]
            load.append(row.pk)
            Credential.objects.filter(pk=load[len(load) // 2]).update(sealed_secret=None, state="retired")
        connection.close()

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for place in ("reseal.batch", "reseal.committed", "reseal.batch", "reseal.committed"):
            child = start_process("reseal", RESEAL, **environ, FAILPOINTS=place)
            child.wait_until(lambda child=child: stopped(child))
            kill(child)
        for share in (0.2, 0.4, 0.6) if number > 10_000 else ():
            child = start_process("reseal", RESEAL, **environ)
            child.wait_until(lambda share=share: sealed_anew() - len(load) >= number * share, within=120)
            kill(child)
        last = start_process("reseal", RESEAL, **environ)
        assert last.process.wait(timeout=240) == 0, last.tail()
    finally:
        ended.set()
        writer.join()

    assert "may go" in last.tail()
    assert keys_in_use() == {first_key()}
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]
    assert opens(Credential.objects.exclude(sealed_secret=None).iterator())
    assert Credential.objects.filter(sealed_secret=None).count() <= len(load)
    assert Credential.objects.exclude(sealed_secret=None).count() >= number
