"""The journal: what it holds, and that the database refuses to change it."""

import pytest
from django.db import DatabaseError, transaction

from portal.core import journal
from portal.core.journal import JournalDetail, JournalEntry
from tests.conftest import actor_for


@pytest.fixture
def entry(olga, customer):
    return journal.write(actor_for(olga), "customer.added", [customer], name="Brightwater", phone="+44 20")


def test_an_entry_holds_ids_and_field_names_and_its_detail_the_values(entry, olga, customer):
    assert (entry.verb, entry.operator, entry.about, entry.fields) == (
        "customer.added",
        olga,
        [customer.id],
        ["name", "phone"],
    )
    detail = JournalDetail.objects.get(entry=entry)
    assert (detail.actor_label, detail.source, detail.values) == (
        "Olga",
        "192.0.2.1",
        {"name": "Brightwater", "phone": "+44 20"},
    )


@pytest.mark.parametrize("change", [lambda rows: rows.update(verb="nothing"), lambda rows: rows.delete()])
def test_an_entry_can_be_neither_changed_nor_removed(entry, change):
    JournalDetail.objects.all().delete()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(JournalEntry.objects.filter(pk=entry.pk))


def test_entries_are_found_by_what_they_are_about(entry, customer, olga):
    journal.write(actor_for(olga), "other", [])

    assert list(JournalEntry.objects.filter(about__contains=[customer.id])) == [entry]
