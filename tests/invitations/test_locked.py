"""Five refusals by Entra lock a link: nobody tries out secrets with it."""

import pytest
from django.urls import reverse

from invitations import news
from invitations.models import MOST_REFUSALS, Invitation
from m365 import causes
from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.notices import Notice
from portal.core.outbox import MailState, OutboxMail
from portal.core.tasks import drain_mail
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for
from tests.invitations.conftest import facts_of, follow, page, send
from tests.invitations.test_finished import line
from tests.invitations.test_models import LINK_HOLDER, submit, verbs
from tests.invitations.test_result import answer_with, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def try_(ida, invitation, example):
    """`try_("falschessecret", 3)`: Ida sends these values so many times; her last answer."""

    def call(key, times=1):
        for _ in range(times):
            answer = answer_with(ida, invitation, example(key))
        invitation.refresh_from_db()
        return answer

    return call


def test_t08_the_sixth_try_is_refused_even_with_the_right_secret(
    try_, ida, new_browser, invitation, example, entra
):
    try_("falschessecret", 5)
    before = Validation.objects.count()

    answer = send(ida, invitation, example("bergmann"))

    assert facts_of(answer) == facts_of(new_browser().get("/i/no-link-at-all/"))
    assert (invitation.state, invitation.refusals, Validation.objects.count()) == ("locked", 5, before)
    assert follow(new_browser(), invitation).status_code == 410
    assert verbs(invitation)[-2:] == ["invitation.locked", "m365.validated.invalid"]


def test_after_four_the_right_values_still_connect(try_, invitation):
    try_("falschessecret", 4)
    words = text_of(try_("bergmann"))

    assert ("The Application Registration is valid" in words, invitation.state) == (True, "authenticated")


@pytest.mark.parametrize("key", ["niemand", "ohneapp", "abgelaufen", "abgeschaltet", "bedingterzugriff"])
def test_each_thing_that_entra_refuses_counts(try_, invitation, key):
    try_(key)

    assert invitation.refusals == 1


def test_t08_neither_microsofts_troubles_nor_a_wrong_shape_count(try_, ida, invitation, example):
    try_("ausfall")
    send(ida, invitation, example("secretid"))
    send(ida, invitation, {**example("bergmann"), "tenant_id": "nonsense"})
    invitation.refresh_from_db()

    assert (invitation.refusals, invitation.state) == (0, "open")


def test_what_comes_too_late_does_not_count(ida, invitation, example, olga):
    send(ida, invitation, example("falschessecret"))
    invitation.resend(IDA, actor_for(olga))
    drain_validations()

    invitation.refresh_from_db()
    assert (Validation.objects.get().verdict, invitation.refusals) == ("invalid", 0)


def test_the_page_says_in_time_how_many_tries_are_left(try_):
    assert "more attempt" not in text_of(try_("falschessecret", 2))
    assert "locked after 2 more attempts that Microsoft refuses" in text_of(try_("falschessecret"))
    assert "locked after 1 more attempt that Microsoft refuses" in text_of(try_("falschessecret"))


def test_who_locked_it_keeps_reading_the_last_result_and_whom_to_call(try_, ida, new_browser):
    last = try_("falschessecret", 5)
    again = ida.get(last.request["PATH_INFO"])

    for answer in (last, again):
        words = text_of(answer)
        assert "The link is locked now Microsoft refused 5 attempts with this link." in words
        assert causes.WRONG_SECRET.customer in words
        assert "+49 40 5550 100" in words
        assert "Back to the three values" not in words
        assert "Use the link in the mail again" not in answer.content.decode()
    assert new_browser().get(last.request["PATH_INFO"]).status_code == 410


def test_t08_the_operator_who_invited_is_told_and_led_to_a_new_link(
    try_, invitation, service, olga, mailbox, settings
):
    try_("falschessecret", 5)
    drain_mail()

    notice = Notice.objects.get()
    sentence = (
        "The link for Brightwater Dental, London of Brightwater Dental Group is locked: "
        "Microsoft refused 5 attempts."
    )
    assert (notice.operator, notice.text) == (olga, sentence)
    assert notice.url == reverse("services:resend", args=[service.pk])
    [mail] = [mail for mail in mailbox if mail.to == [olga.email]]
    assert sentence in mail.text
    assert settings.PUBLIC_URL + notice.url in mail.links
    assert (line(mail, "Link sent to"), line(mail, "Refused attempts")) == (IDA, "5")


def test_resending_gives_a_new_link_with_a_fresh_count(try_, ida, invitation, service, olga, mailbox):
    try_("falschessecret", 5)
    former = invitation.link
    service.refresh_from_db()

    assert service.invite_again(IDA, actor_for(olga), version=1)

    invitation.refresh_from_db()
    assert (invitation.state, invitation.refusals, invitation.locked_at) == ("open", 0, None)
    assert invitation.link != former
    assert follow(ida, invitation).status_code == 302
    try_("falschessecret")
    assert (invitation.state, invitation.refusals) == ("open", 1)
    drain_mail()
    assert OutboxMail.objects.get(kind=news.LOCKED).state == MailState.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_in_parallel_nothing_slips_in_beside_the_lock(invitation, entra):
    """20 pairs of the refusal that locks and a further try."""
    for _ in range(20):
        Invitation.objects.update(refusals=MOST_REFUSALS - 1, locked_at=None)
        seen = Invitation.objects.get()
        submit(seen, LINK_HOLDER)

        at_once(drain_validations, lambda seen=seen: submit(seen, LINK_HOLDER))

        # Whoever came first joined the running one; whoever came second found a dead link.
        seen.refresh_from_db()
        assert (seen.state, seen.refusals) == ("locked", MOST_REFUSALS)
        assert not Validation.objects.filter(verdict="running").exists()
    assert Validation.objects.count() == 20
    assert Notice.objects.count() == 1  # one link, one notice


@pytest.mark.django_db(transaction=True)
def test_twenty_tries_at_once_on_a_locked_link_start_nothing(try_, invitation):
    try_("falschessecret", 5)
    seen = [Invitation.objects.get() for _ in range(20)]

    answers = at_once(*[lambda one=one: submit(one, LINK_HOLDER) for one in seen])

    assert answers == [None] * 20
    assert Validation.objects.count() == 5


def test_a_locked_cookie_is_as_dead_as_the_link(try_, ida, new_browser, invitation):
    try_("falschessecret", 5)

    assert facts_of(ida.get(page("welcome", invitation))) == facts_of(new_browser().get("/i/no-link/"))
