"""Leases under real concurrency: separate connections and threads, and workers that come back late."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from portal.core import shutdown
from portal.core.actors import PORTAL
from portal.core.leases import EndOfTurn, drain, pause
from portal.core.outbox import MailState, OutboxMail, post
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = timedelta(minutes=2)


def claim(batch=1):
    return OutboxMail.objects.claim(batch=batch, lease=LEASE)


def test_of_two_claims_at_the_same_moment_one_wins(mail):
    taken = at_once(*[claim] * 8)

    assert sorted(len(rows) for rows in taken) == [0] * 7 + [1]


def test_two_workers_share_a_queue_without_overlap(queue):
    queue(20)

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


def test_what_is_handed_back_is_due_at_once_as_if_it_had_never_been_claimed(queue):
    queue(3)
    _begun, *waiting = claim(3)

    assert OutboxMail.objects.hand_back(waiting) == 2

    assert {(row.key, row.attempts, row.lease_no) for row in claim(3)} == {(row.key, 1, 2) for row in waiting}
    assert OutboxMail.objects.hand_back([]) == 0


def test_what_somebody_else_took_over_is_not_handed_back(mail):
    late = claim()
    OutboxMail.objects.update(lease_until=Now() - timedelta(seconds=1))
    [successor] = claim()

    assert OutboxMail.objects.hand_back(late) == 0
    assert successor.settle(state=MailState.SENT) is True


def drained(*, stopping_after, error):
    """The keys at which work began in one turn with batches of four, its work ending so."""
    begun = []

    def work(row):
        begun.append(row.key)
        if len(begun) == stopping_after:
            raise error
        row.settle(state=MailState.SENT)

    try:
        more = drain(OutboxMail.objects.all(), work, lease=LEASE, batch=4)
    except RuntimeError:
        more = None
    return begun, more


@pytest.mark.parametrize(("error", "said"), [(EndOfTurn(), True), (RuntimeError(), None)])
def test_when_work_ends_a_turn_the_rest_of_its_batch_is_free_for_others(queue, error, said):
    queue(6)

    begun, more = drained(stopping_after=2, error=error)

    assert (len(begun), more) == (2, said)
    assert len(claim(10)) == 4
    assert dict(OutboxMail.objects.values_list("key", "attempts")) == dict.fromkeys(map(str, range(6)), 1)


def test_a_turn_that_finds_nothing_left_says_so(mail):
    assert drained(stopping_after=None, error=None) == (["one"], False)


def test_what_workers_die_of_takes_no_other_row_with_it_twice(queue):
    queue(4)
    assert len(claim(4)) == 4
    OutboxMail.objects.update(lease_until=Now() - timedelta(seconds=1))

    alone = [[row.key for row in claim(4)] for _ in range(4)]

    assert sorted(alone) == [["0"], ["1"], ["2"], ["3"]]


def test_what_is_overdue_waits_for_a_claim_of_its_own(queue):
    queue(4)
    OutboxMail.objects.filter(key="2").update(
        lease_until=Now() - timedelta(seconds=1), next_try_at=Now() - timedelta(seconds=0.001)
    )
    OutboxMail.objects.exclude(key="2").update(next_try_at=Now() - timedelta(minutes=1))

    assert {row.key for row in claim(4)} == {"0", "1", "3"}
    assert {row.key for row in claim(4)} == {"2"}


def test_a_row_is_begun_within_a_quarter_of_its_lease_or_handed_back(queue):
    queue(3)
    lease = timedelta(seconds=1.2)
    at_hand = []

    def work(row):
        at_hand.append(OutboxMail.objects.held().count())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.4)")
        row.settle(state=MailState.SENT)

    drain(OutboxMail.objects.all(), work, lease=lease, batch=3)

    assert at_hand == [3, 2, 1]  # claimed anew each time, the rest handed back


def test_a_worker_that_is_asked_to_end_begins_nothing(mail):
    shutdown.ask()
    try:
        assert drain(OutboxMail.objects.all(), lambda row: pytest.fail("begun"), lease=LEASE) is True
    finally:
        shutdown._asked[0] = 0
    assert len(claim()) == 1


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
