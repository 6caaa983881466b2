"""Ida signs in to a tenant that nobody expected: held, until an operator confirms or rejects it."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from invitations import news
from invitations.models import Invitation
from invitations.tasks import remind
from m365 import holding
from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.clock import now
from portal.core.notices import Notice
from portal.core.outbox import MailState, OutboxMail
from portal.core.tasks import drain_mail
from services.models import Customer
from tests.conftest import IDA, actor_for, make_operator, make_service
from tests.invitations.conftest import facts_of, follow, page, send
from tests.invitations.test_finished import line
from tests.invitations.test_models import verbs
from tests.invitations.test_result import answer_with, text_of, title_of
from tests.services.conftest import connect_live

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorded(customer, service):
    """The tenant recorded on the customer; not one that Ida will enter."""
    customer.tenant_id = uuid.uuid4()
    customer.save()
    customer.expect_tenant()
    return customer.tenant_id


@pytest.fixture
def held(recorded, ida, invitation, example):
    """What Ida reads, after she entered the values of another tenant."""
    return answer_with(ida, invitation, example("bergmann"))


def fresh(row):
    row.refresh_from_db()
    return row


def decided(invitation):
    return fresh(invitation.app_registration).held


def test_t07_a_wrong_tenant_is_held_for_confirmation_and_nothing_is_swapped(held, invitation):
    registration = fresh(invitation.app_registration)

    assert (fresh(invitation).state, invitation.authenticated_at) == ("held", None)
    assert (registration.active_credential, registration.tenant_id) == (None, None)
    assert registration.held.credential.sealed_secret is not None
    assert verbs(invitation)[-2:] == ["invitation.held", "m365.validated.held"]


def test_ida_reads_that_the_sign_in_worked_what_is_kept_and_what_comes_next(held, recorded, service):
    words = text_of(held)

    assert title_of(held).startswith("The sign-in worked")
    for said in (
        "Bergmann Anlagenbau GmbH",
        "bergmann-anlagenbau.example",
        "kept sealed until we have decided",
        "Olga or a colleague confirms the organisation",
        "You need not do anything.",
        IDA.replace("@", "@ "),  # it may break there
    ):
        assert said in words
    assert str(recorded) not in held.content.decode()


def test_ida_is_not_told_that_another_customer_uses_the_tenant(ida, invitation, entra, olga, channel):
    app = entra.add_tenant(name="Shared Holding").add_application()
    rival = make_service(Customer.objects.create(channel=channel, name="Rival Ltd"), olga, "rival")
    connect_live(rival, app, app.add_secret(ends_in_days=90), olga)
    secret = app.add_secret(ends_in_days=91).value
    form = {"tenant_id": app.tenant.id, "client_id": app.client_id, "client_secret": secret}

    answer = answer_with(ida, invitation, form)

    assert fresh(invitation).state == "held"
    for word in ("Rival", "another customer", "already"):
        assert word not in answer.content.decode()


def test_the_link_is_dead_like_any_other_and_does_not_expire(held, ida, new_browser, invitation, recorded):
    forged = facts_of(new_browser().get("/i/no-link-at-all/"))
    Invitation.objects.update(expires_at=now() - timedelta(days=30), remind_at=now() - timedelta(days=33))
    remind()

    assert fresh(invitation).state == "held"
    assert invitation.remind_at is not None
    for answer in (follow(ida, invitation), ida.get(page("values", invitation))):
        assert facts_of(answer) == forged
    assert ida.get(held.request["PATH_INFO"]).status_code == 200
    assert new_browser().get(held.request["PATH_INFO"]).status_code == 410


def test_the_operator_who_invited_is_told_at_once_and_led_to_the_decision(
    held, invitation, service, olga, mailbox, settings, recorded, example
):
    drain_mail()

    notice = Notice.objects.get()
    assert notice.operator == olga
    assert notice.text == (
        "Brightwater Dental Group has signed in for Brightwater Dental, London: please confirm the tenant."
    )
    assert notice.url == reverse("services:held_tenant", args=[service.pk])
    [mail] = [mail for mail in mailbox if mail.to == [olga.email]]
    assert settings.PUBLIC_URL + notice.url in mail.links
    terms = ("Organisation", "Default domain", "Tenant ID", "Entered by")
    assert [line(mail, term) for term in terms] == [
        "Bergmann Anlagenbau GmbH",
        "bergmann-anlagenbau.example",
        example("bergmann")["tenant_id"],
        f"holder of the link sent to {IDA}",
    ]
    for part in (mail.text, mail.html):
        assert "another tenant than the one recorded on the customer" in part
        assert example("bergmann")["client_secret"] not in part
    assert [mail.to for mail in mailbox if mail.to == [IDA]] == []


def test_a_mail_about_what_was_decided_meanwhile_is_not_sent(held, invitation, olga, mailbox):
    holding.reject(decided(invitation), actor_for(olga))
    drain_mail()

    assert OutboxMail.objects.get(kind=news.HELD).state == MailState.WITHDRAWN


def test_once_confirmed_ida_reads_that_it_is_valid_and_gets_her_receipt(
    held, ida, invitation, olga, mailbox, recorded, customer
):
    assert holding.confirm(decided(invitation), actor_for(olga))
    drain_mail()

    assert fresh(invitation).state == "authenticated"
    assert invitation.authenticated_by == f"holder of the link sent to {IDA}"
    words = text_of(ida.get(held.request["PATH_INFO"]))
    assert "The Application Registration is valid" in words
    [receipt] = [mail for mail in mailbox if mail.to == [IDA]]
    assert line(receipt, "Organisation") == "Bergmann Anlagenbau GmbH"
    assert fresh(customer).tenant_id == recorded  # a confirmation does not change the customer's record


def test_the_operator_who_invited_is_told_of_a_colleagues_decision_only(held, invitation, olga, channel):
    holding.confirm(decided(invitation), actor_for(make_operator("omar@nordhafen.example", channel)))

    assert OutboxMail.objects.filter(kind=news.FINISHED).count() == 1


def test_whoever_confirmed_it_is_not_told_that_it_is_confirmed(held, invitation, olga):
    holding.confirm(decided(invitation), actor_for(olga))

    assert OutboxMail.objects.filter(kind=news.FINISHED).count() == 0


def test_once_rejected_the_link_stays_dead_until_it_is_resent(held, ida, invitation, olga, service):
    assert holding.reject(decided(invitation), actor_for(olga))

    former = fresh(invitation).link
    answer = ida.get(held.request["PATH_INFO"])
    assert invitation.state == "revoked"
    assert title_of(answer).startswith("Error: This organisation was not confirmed")
    assert "The secret was wiped" in text_of(answer)
    assert follow(ida, invitation).status_code == 410

    service.refresh_from_db()
    assert service.invite_again(IDA, actor_for(olga))
    assert (fresh(invitation).state, invitation.held_at) == ("open", None)
    assert invitation.link != former
    assert follow(ida, invitation).status_code == 302


def test_a_held_invitation_is_neither_resent_nor_revoked(held, invitation, service, olga):
    service.refresh_from_db()

    assert not fresh(invitation).resend(IDA, actor_for(olga))
    assert not invitation.revoke(actor_for(olga))
    assert not service.invite_again(IDA, actor_for(olga))
    assert (fresh(invitation).state, invitation.version) == ("held", 1)


def test_what_ida_sent_before_the_link_was_revoked_is_not_held_after(
    ida, recorded, invitation, example, olga
):
    send(ida, invitation, example("bergmann"))
    invitation.revoke(actor_for(olga))
    drain_validations()

    assert (fresh(invitation).state, decided(invitation)) == ("revoked", None)
    assert Validation.objects.get().cause_name == "too_late"
