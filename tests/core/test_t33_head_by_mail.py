"""T33: the journal's head leaves the house each day, and tells later whether the journal still contains it."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from portal.core import journal, journal_seals
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail, seal_journal
from tests.conftest import actor_for
from tests.core.test_journal_seals import past_the_trigger
from tests.portal.test_settings import read_settings

pytestmark = pytest.mark.django_db

AUDIT = "audit@nordhafen.example"


@pytest.fixture
def write(olga, customer):
    def one():
        return journal.write(actor_for(olga), "customer.edited", [customer])

    return one


@pytest.fixture
def tomorrow(monkeypatch):
    def move(days=1):
        monkeypatch.setenv("CLOCK_SHIFT", str(int(timedelta(days=days).total_seconds())))

    return move


def test_t33_the_head_is_mailed_once_a_day(settings, write, mailbox, tomorrow):
    settings.JOURNAL_HEAD_MAIL_TO = AUDIT
    write()
    seal_journal()
    first = str(journal_seals.head())
    write()
    seal_journal()
    tomorrow()
    seal_journal()
    second = str(journal_seals.head())
    drain_mail()

    assert sorted((mail.to, first in mail.text, second in mail.text) for mail in mailbox) == [
        ([AUDIT], False, True),
        ([AUDIT], True, False),
    ]
    assert all(first in mail.html or second in mail.html for mail in mailbox)


@pytest.mark.parametrize("to", ["", AUDIT])
def test_t33_without_an_address_or_a_seal_nothing_is_mailed(settings, write, to):
    settings.JOURNAL_HEAD_MAIL_TO = to
    if not to:
        write()

    seal_journal()

    assert OutboxMail.objects.count() == 0


def test_t33_a_mailed_head_tells_whether_the_chain_contains_it(settings, write, mailbox, capsys):
    settings.JOURNAL_HEAD_MAIL_TO = AUDIT
    write()
    entry = write()
    seal_journal()
    drain_mail()
    kept = mailbox[0].text.partition("--head ")[2].split()[0]

    call_command("verify_journal", "--head", kept)
    assert "The chain still contains seal 2 as it was kept." in capsys.readouterr().out

    journal.JournalDetail.objects.filter(entry=entry).delete()
    past_the_trigger("DELETE FROM core_journalseal WHERE number = 2")
    past_the_trigger("DELETE FROM core_journalentry WHERE id = %s", entry.id)
    with pytest.raises(CommandError):
        call_command("verify_journal", "--head", kept)
    said = capsys.readouterr().out
    assert "is missing, or another one than was kept" in said
    assert "still contains" not in said


@pytest.mark.parametrize("address", ["audit", "a@x.example,b@x.example", "Audit <a@x.example>"])
def test_t33_the_setting_is_one_address(address):
    refusal = "JOURNAL_HEAD_MAIL_TO is one mail address, as audit@provider.example"
    assert read_settings(JOURNAL_HEAD_MAIL_TO=address) == refusal
