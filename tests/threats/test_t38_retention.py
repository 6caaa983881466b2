"""T38: what names people goes after its time, by a clock that runs ahead; that something happened stays."""

import uuid

import pytest
from django.core.management import call_command
from django.db import connection

from invitations.models import Invitation
from m365.models import Credential, Validation
from portal.core import journal_seals, retention
from portal.core.journal import JournalDetail, JournalEntry
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail
from tests.conftest import IDA, make_service

DAY = 86_400  # seconds
TABLES = ["core_outboxmail", "core_journaldetail", "core_notice", "invitations_invitation", "m365_validation"]


@pytest.fixture
def ahead(monkeypatch):
    """`ahead(days)`: so much later, for everything that asks the portal's clock."""
    return lambda days: monkeypatch.setenv("CLOCK_SHIFT", str(days * DAY))


@pytest.fixture
def lived(service, mailbox, olga):
    """An invitation that was sent, answered by nobody and has expired; a notice; entries in the journal."""
    drain_mail()
    Notice.tell(olga, "Ida has answered.", "/pending-invitations/", key="lived")
    Validation.objects.create(
        registration=service.app_registration,
        channel=service.channel,
        purpose="test",
        credential=Credential.objects.create(registration=service.app_registration),
        tenant_id=uuid.uuid4(),
        client_id=uuid.uuid4(),
        actor_kind="link",
        actor_label=f"holder of the link sent to {IDA}",
        next_try_at=None,
    )
    return service


def dump():
    """Every text in the tables that the purge is about."""
    found = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608 - the names stand above
            found += [row[0] for row in cursor.fetchall()]
    return " ".join(found)


def test_t38_after_its_time_no_table_names_anybody(lived, ahead):
    assert IDA in dump()

    ahead(800)
    retention.purge()

    assert IDA not in dump()
    assert Notice.objects.count() == 0


def test_t38_before_its_time_nothing_goes(lived, ahead):
    before = dump()

    ahead(179)
    retention.purge()

    assert dump() == before


def test_t38_each_kind_has_a_time_of_its_own(lived, ahead):
    ahead(181)
    retention.purge()
    assert not OutboxMail.objects.exclude(recipient="").exists()
    assert Invitation.objects.get().email == IDA

    ahead(380)
    retention.purge()
    assert Invitation.objects.get().email == ""
    assert Validation.objects.get().actor_label == retention.HOLDER
    assert JournalDetail.objects.exists()


def test_t38_an_open_invitation_and_a_mail_that_waits_keep_their_address(customer, olga, ahead, settings):
    settings.MAILS_KEPT_DAYS = settings.INVITATIONS_KEPT_DAYS = 1
    make_service(customer, olga, "brightwater")

    ahead(3)
    retention.purge()

    assert Invitation.objects.get().email == IDA
    assert OutboxMail.objects.get().recipient == IDA


def test_t38_a_purged_mail_is_not_sent_again(lived, ahead, mailbox, olga):
    key = OutboxMail.objects.get().key
    ahead(800)
    retention.purge()
    drain_mail()

    assert OutboxMail.objects.get().key == key
    assert len(mailbox) == 1


def test_t38_the_journal_keeps_that_it_happened_and_verifies(lived, ahead, capsys):
    kept = list(JournalEntry.objects.values_list("pk", "verb", "about", "detail_hash"))
    while journal_seals.seal():
        pass

    ahead(800)
    retention.purge()

    assert list(JournalEntry.objects.values_list("pk", "verb", "about", "detail_hash")) == kept
    assert JournalDetail.objects.count() == 0
    call_command("verify_journal")
    assert "were purged" in capsys.readouterr().out


def test_t38_more_than_a_batch_goes_in_one_night(lived, ahead, monkeypatch, olga):
    monkeypatch.setattr(retention, "BATCH", 3)
    for number in range(10):
        Notice.tell(olga, "A sentence.", "/", key=f"one of {number}")

    ahead(800)

    assert retention.purge()["notices"] == 11
