"""Leases under real concurrency: separate connections, threads, and workers that come back late."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from portal.core.actors import PORTAL
from portal.core.leases import pause
from portal.core.outbox import MailState, OutboxMail, post
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = timedelta(minutes=2)


@pytest.fixture
def mail(channel):
    return post("test.nothing", channel.id, "ida@brightwater.example", key="one", actor=PORTAL)


def claim(batch=1):
    return OutboxMail.objects.claim(batch=batch, lease=LEASE)


def test_of_two_claims_at_the_same_moment_one_wins(mail):
    taken = at_once(*[claim] * 8)

    assert sorted(len(rows) for rows in taken) == [0] * 7 + [1]


def test_two_workers_share_a_queue_without_overlap(channel):
    for number in range(20):
        post("test.nothing", channel.id, "ida@brightwater.example", key=f"{number}", actor=PORTAL)

    first, second = at_once(lambda: claim(10), lambda: claim(10))

    assert {row.key for row in first} & {row.key for row in second} == set()
    assert len(first) + len(second) == 20


def test_a_leased_row_is_not_due(mail):
    [held] = claim()

    assert (claim(), held.lease_no, held.attempts) == ([], 1, 1)


def test_a_lease_that_ran_out_is_taken_over_and_the_first_worker_changes_nothing_any_more(mail):
    [late] = claim()
    OutboxMail.objects.update(lease_until=Now() - timedelta(seconds=1))
    [successor] = claim()

    assert late.settle(state=MailState.FAILED) is False
    assert late.report(smtp_reply="from the dead") is False
    assert successor.settle(state=MailState.SENT) is True
    assert list(OutboxMail.objects.values_list("state", "smtp_reply")) == [("sent", "")]


def test_a_settled_row_is_finished(mail):
    [held] = claim()
    held.settle(state=MailState.SENT)

    OutboxMail.objects.update(lease_until=None)
    assert claim() == []


def test_a_row_settled_for_later_waits_in_the_database(mail):
    [held] = claim()
    held.settle(next_try_in=timedelta(hours=1))

    assert claim() == []
    OutboxMail.objects.update(next_try_at=Now())
    assert [row.attempts for row in claim()] == [2]


def test_the_most_urgent_come_first(channel):
    for key, priority in (("night", 0), ("page", 10)):
        post("test.nothing", channel.id, "ida@brightwater.example", key=key, actor=PORTAL)
        OutboxMail.objects.filter(key=key).update(priority=priority)

    assert [row.key for row in claim(2)] == ["page", "night"]


def test_what_follows_a_result_is_undone_with_it(mail):
    [held] = claim()
    with pytest.raises(RuntimeError), transaction.atomic():
        held.settle(state=MailState.SENT)
        raise RuntimeError

    assert OutboxMail.objects.get().state == MailState.QUEUED


def test_pauses_grow_up_to_the_longest():
    first, longest = timedelta(seconds=10), timedelta(minutes=1)

    for attempts, full in ((1, 10), (2, 20), (3, 40), (4, 60), (40, 60)):
        length = pause(attempts, first=first, longest=longest).total_seconds()
        assert full * 0.75 <= length <= full
