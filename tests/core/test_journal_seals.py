"""T33: the journal is sealed without gaps, and whoever changes it past the database's trigger is found."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from portal.core import journal, journal_seals
from portal.core.clock import now
from portal.core.journal import JournalDetail
from portal.core.journal_seals import JournalSeal, seal
from portal.core.tasks import seal_journal
from tests.concurrency import at_once
from tests.conftest import actor_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(olga, customer):
    def some(number):
        return [
            journal.write(actor_for(olga), "customer.edited", [customer], name=f"no {n}")
            for n in range(number)
        ]

    return some


def past_the_trigger(statement, *parameters):
    """As somebody who owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE"
        )  # else they wait for the end of the test's transaction
        for table in ("core_journalentry", "core_journalseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        for table in ("core_journalentry", "core_journalseal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verified(capsys, *arguments):
    """What the command says, and whether it found no flaw."""
    capsys.readouterr()
    try:
        call_command("verify_journal", *arguments)
    except CommandError as error:
        return capsys.readouterr().out + str(error), False
    return capsys.readouterr().out, True


def test_each_entry_has_one_seal_and_numbers_have_no_gaps(write, capsys):
    entries = write(7)
    assert (seal(), seal()) == (7, 0)
    entries += write(3)
    seal_journal()

    seals = list(JournalSeal.objects.order_by("number"))
    assert [one.number for one in seals] == list(range(1, 11))
    assert {one.entry_id for one in seals} == {entry.id for entry in entries}
    assert [one.previous for one in seals[1:]] == [one.hash for one in seals[:-1]]
    said, well = verified(capsys)
    assert well
    assert f"10 sealed entries; head 10:{seals[-1].hash}" in said


@pytest.mark.django_db(transaction=True)
def test_two_who_seal_at_the_same_moment_leave_one_chain(write, capsys):
    write(300)

    sealed = at_once(seal, seal, seal)

    seal_journal()
    assert sum(sealed) == 300
    assert list(JournalSeal.objects.order_by("number").values_list("number", flat=True)) == list(
        range(1, 301)
    )
    assert verified(capsys)[1]


def test_an_entry_that_became_visible_late_is_sealed_late(write, capsys):
    """Its transaction began before others that were sealed meanwhile, and ended after them."""
    write(2)
    seal()
    late = write(1)[0]
    past_the_trigger(
        "UPDATE core_journalentry SET created_at = created_at - interval '2 hours' WHERE id = %s", late.id
    )

    assert seal() == 1

    assert JournalSeal.objects.get(entry=late).number == 3
    assert verified(capsys)[1]


@pytest.mark.parametrize("change", [lambda rows: rows.update(hash="0"), lambda rows: rows.delete()])
def test_a_seal_can_be_neither_changed_nor_removed(write, change):
    write(1)
    seal()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(JournalSeal.objects.all())


@pytest.mark.parametrize(
    "change",
    ["verb = 'nothing'", "operator_id = NULL", "about = '{}'", "created_at = created_at - interval '1 s'"],
)
def test_t33_an_entry_that_was_changed_is_named(write, capsys, change):
    entry = write(5)[2]
    seal()
    past_the_trigger(f"UPDATE core_journalentry SET {change} WHERE id = %s", entry.id)  # noqa: S608 - from above

    said, well = verified(capsys)

    assert not well
    assert f"3, entry {entry.id}: was changed" in said
    assert "1 flaws" in said


def test_t33_an_entry_that_was_removed_is_named(write, capsys):
    entry = write(5)[2]
    seal()
    JournalDetail.objects.filter(entry=entry).delete()
    past_the_trigger("DELETE FROM core_journalseal WHERE entry_id = %s", entry.id)
    past_the_trigger("DELETE FROM core_journalentry WHERE id = %s", entry.id)

    said, well = verified(capsys)

    assert not well
    assert "1 seals before it are missing" in said


def test_t33_an_end_that_was_cut_off_is_found_by_a_head_kept_elsewhere(write, capsys):
    entries = write(5)
    seal()
    kept = str(journal_seals.head())
    JournalDetail.objects.filter(entry=entries[-1]).delete()
    past_the_trigger("DELETE FROM core_journalseal WHERE number = 5")
    past_the_trigger("DELETE FROM core_journalentry WHERE id = %s", entries[-1].id)

    assert verified(capsys)[1]  # by itself it looks whole
    said, well = verified(capsys, "--head", kept)
    assert not well
    assert "is missing, or another one than was kept" in said


def test_a_changed_detail_is_named_and_a_purged_one_is_said(write, capsys):
    entries = write(4)
    seal()
    JournalDetail.objects.filter(entry=entries[1]).update(actor_label="somebody else")
    JournalDetail.objects.filter(entry__in=[entries[0], entries[3]]).delete()

    said, well = verified(capsys)

    assert not well
    assert f"2, entry {entries[1].id}: its detail was changed" in said
    assert "The details of 2 entries were purged, between seals 1 to 4." in said


def test_an_entry_that_nobody_sealed_is_named(write, capsys, monkeypatch):
    entry = write(1)[0]
    assert verified(capsys)[1]  # the next minute's work

    monkeypatch.setenv("CLOCK_SHIFT", str(int(timedelta(minutes=11).total_seconds())))

    said, well = verified(capsys)
    assert not well
    assert f"entry {entry.id}: was never sealed" in said
    assert now() > entry.created_at


def test_without_the_key_no_chain_can_be_made(write, settings, capsys):
    write(3)
    settings.SECRET_KEY = "of somebody who has the database alone" * 2
    seal()
    settings.SECRET_KEY = "the portal's own, which they do not have" * 2

    said, well = verified(capsys)
    assert not well
    assert said.count("was changed") == 6  # three entries, three details


def test_a_rotated_secret_key_still_proves_what_it_sealed(write, settings, capsys):
    write(3)
    seal()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one" * 4

    write(1)
    seal()
    assert verified(capsys)[1]


@pytest.mark.parametrize("text", ["5", "5:abc", "x:" + "0" * 64])
def test_a_head_has_a_form(text):
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        call_command("verify_journal", "--head", text)
