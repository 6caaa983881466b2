"""Two requests about one invitation at the same moment, a hundred times each."""

import uuid

import pytest
from django.db import transaction

from invitations.models import Invitation
from invitations.receivers import accept
from m365.models import Credential, Validation
from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from tests.concurrency import in_pairs
from tests.conftest import actor_for
from tests.invitations.conftest import facts_of, follow, send
from tests.invitations.test_models import submit
from tests.invitations.test_values import form_with
from tests.many import many

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAIRS = 100
ONE_WINS = [[False, True]] * PAIRS


@pytest.fixture
def invitations(service):
    return [each.invitation for each in many(service, PAIRS)]


def fresh(invitation):
    """As another request reads it."""
    return Invitation.objects.get(pk=invitation.pk)


@transaction.atomic  # as the settling transaction calls it
def settle(validation):
    return accept(Validation.objects.get(pk=validation.pk))


def revoke(invitation, operator):
    return fresh(invitation).revoke(actor_for(operator))


def journalled(verb):
    return JournalEntry.objects.filter(verb=verb).count()


def test_the_three_values_sent_twice_are_validated_once(invitations, new_browser):
    def holders():
        for invitation in invitations:
            browser, again = new_browser(), new_browser()
            follow(browser, invitation)
            again.cookies = browser.cookies.copy()
            yield invitation, browser, again

    answers = in_pairs(
        holders(),
        lambda of: send(of[1], of[0], form_with()),
        lambda of: send(of[2], of[0], form_with(tenant_id=str(uuid.uuid4()))),
    )

    assert {answer.status_code for pair in answers for answer in pair} == {302}
    led_to = [sorted(answer["Location"] for answer in pair) for pair in answers]
    assert [second for _, second in led_to] == [f"{first}?earlier" for first, _ in led_to]
    assert (Validation.objects.count(), Credential.objects.count()) == (PAIRS, PAIRS)


def test_values_sent_while_the_link_is_revoked_connect_nothing(invitations, olga):
    answers = in_pairs(invitations, lambda one: submit(fresh(one)), lambda one: revoke(one, olga))

    submitted = [answer[0] for answer, _ in answers if answer]
    assert [revoked for _, revoked in answers] == [True] * PAIRS
    assert [settle(validation) for validation in submitted] == [False] * len(submitted)
    assert Validation.objects.count() == len(submitted)
    assert {fresh(one).state for one in invitations} == {"revoked"}


def test_an_invitation_is_answered_or_revoked(invitations, olga):
    running = {one.pk: submit(one)[0] for one in invitations}

    answers = in_pairs(invitations, lambda one: settle(running[one.pk]), lambda one: revoke(one, olga))

    assert [sorted(pair) for pair in answers] == ONE_WINS
    states = [fresh(one).state for one in invitations]
    assert states == ["authenticated" if answered else "revoked" for answered, _ in answers]
    answered = states.count("authenticated")
    assert journalled("invitation.authenticated") == answered
    assert OutboxMail.objects.filter(kind="invitation.receipt").count() == answered


def test_an_invitation_is_answered_once(invitations):
    running = {one.pk: submit(one)[0] for one in invitations}

    answers = in_pairs(invitations, lambda one: settle(running[one.pk]), lambda one: settle(running[one.pk]))

    assert [sorted(pair) for pair in answers] == ONE_WINS
    assert journalled("invitation.authenticated") == PAIRS
    assert OutboxMail.objects.filter(kind="invitation.receipt").count() == PAIRS


def test_t05_a_link_that_was_used_opens_nothing_however_often_and_fast_it_is_tried(invitations, new_browser):
    used = invitations[0]
    holder = new_browser()
    follow(holder, used)
    settle(submit(used)[0])
    dead, attempts = (
        facts_of(new_browser().get("/i/no-link-at-all/")),
        range(PAIRS // 2),
    )  # a hundred requests

    def with_the_cookie():
        browser = new_browser()
        browser.cookies = holder.cookies.copy()
        return browser

    answers = in_pairs(
        attempts,
        lambda _: follow(new_browser(), used),
        lambda _: send(with_the_cookie(), used, form_with()),
    )

    assert all(facts_of(answer) == dead for pair in answers for answer in pair)
    assert (dead[0], Validation.objects.count()) == (410, 1)
