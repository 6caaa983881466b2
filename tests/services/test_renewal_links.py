"""What a crossed threshold does: the contact is asked, or the operators are told that nobody can be."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from invitations.models import Invitation
from m365.models import Credential
from portal.core.clock import now
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from services.models import Service
from services.renewal_links import Asked, ask_customer
from tests.conftest import IDA, actor_for, make_operator
from tests.renewal import deployed
from tests.services.nights import the_night_passes

pytestmark = pytest.mark.django_db

DAYS = [60, 30, 14, 7, 1, 0]


@pytest.fixture
def moewe(customer, olga, entra):
    return deployed(customer, olga, entra)[0]


def fresh(service):
    return Service.objects.with_connection().get(pk=service.pk)


def days_of_link(service):
    invitation = fresh(service).invitation
    return round((invitation.expires_at - timezone.now()) / timedelta(days=1), 1)


def test_the_contact_is_asked_and_the_page_of_the_service_shows_it(moewe, as_olga):
    assert ask_customer(moewe, 14, DAYS) is Asked.SENT

    invitation = fresh(moewe).invitation
    shown = as_olga.get(reverse("services:m365_configuration", args=[moewe.pk])).content.decode()
    assert (invitation.email, invitation.purpose, invitation.invited_by.name) == (IDA, "renew", "Olga")
    assert "A renewal invitation is open" in shown


def test_once_for_each_threshold(moewe):
    assert [ask_customer(fresh(moewe), days, DAYS) for days in (14, 14, 30, 7)] == [
        Asked.SENT,
        Asked.WAITING,
        Asked.WAITING,
        Asked.SENT,
    ]
    assert OutboxMail.objects.filter(kind="invitation.activation").count() == 2


@pytest.mark.parametrize(
    ("ends_in_days", "threshold", "thresholds", "lives"),
    [
        (13.5, 14, DAYS, 7.5),  # until 7 days before the end, and the night after
        (59.5, 60, DAYS, 30.0),  # never longer than 30 days
        (6.9, 7, DAYS, 6.9),
        (0.9, 1, DAYS, 1.9),
        (13.5, 14, [14], 30.0),  # nothing else is crossed any more
    ],
)
def test_the_link_lives_until_the_night_after_the_next_crossing(
    customer, olga, entra, ends_in_days, threshold, thresholds, lives
):
    service, _app = deployed(customer, olga, entra, ends_in_days=ends_in_days)

    ask_customer(service, threshold, thresholds)

    assert days_of_link(service) == lives


def test_without_a_contact_those_who_may_act_are_told_once_a_threshold(
    customer, olga, entra, channel, as_olga
):
    service, _app = deployed(customer, olga, entra, contact="")
    otto = make_operator("otto@nordhafen.example", channel)
    make_operator("mona@nordhafen.example", channel, "monitor")

    assert [ask_customer(service, days, DAYS) for days in (14, 14, 7)] == [Asked.NOBODY] * 3

    notices = Notice.objects.order_by("created_at")
    assert {notice.operator for notice in notices} == {olga, otto}
    assert len(notices) == 4
    assert "no Microsoft 365 contact is recorded" in notices[0].text
    assert as_olga.get(notices[0].url).status_code == 200
    assert not Invitation.objects.exists()
    shown = as_olga.get(reverse("services:m365_configuration", args=[service.pk])).content.decode()
    assert "Nobody can be asked to renew it." in shown


def test_the_night_asks_once_a_threshold_and_the_next_one_with_a_new_link(
    customer, olga, entra, later, mailbox
):
    service, _app = deployed(customer, olga, entra, ends_in_days=13.5)
    for day in (0, 1, 2, 7):
        later(days=day)
        the_night_passes()

    asked = [mail for mail in mailbox if mail.to == [IDA]]
    invitation = fresh(service).invitation
    assert [mail.subject.partition(":")[0] for mail in asked] == [
        "Your client secret ends in 13 days",
        "Your client secret ends in 6 days",
    ]
    assert (invitation.version, invitation.threshold) == (2, 7)
    assert [invitation.link in mail.text for mail in asked] == [False, True]


def test_where_several_begin_alike_the_earliest_end_counts_and_the_digest_says_so(
    customer, olga, entra, later, mailbox
):
    service, app = deployed(customer, olga, entra, ends_in_days=300)
    credential = service.app_registration.active_credential
    ours = app.secrets[0]
    app.add_secret(hint=ours.value[:3], ends_in_days=6.5)
    Credential.objects.filter(pk=credential.pk).update(
        key_id=None
    )  # as if both had been there from the start

    the_night_passes()

    digest = next(mail for mail in mailbox if mail.to == [olga.email])
    credential.refresh_from_db()
    assert credential.expiry == "ambiguous"
    assert "The client secret ends in 6 days" in digest.text
    assert "at the earliest." in digest.text
    assert [mail.subject.partition(":")[0] for mail in mailbox if mail.to == [IDA]] == [
        "Your client secret ends in 6 days"
    ]
    assert credential.choose(uuid.UUID(ours.key_id), actor_for(olga))
    assert fresh(service).app_registration.secret_ends_at == credential.not_after


def test_an_end_that_proved_wrong_does_not_keep_the_right_one_quiet(customer, olga, entra, later, mailbox):
    service, app = deployed(customer, olga, entra, ends_in_days=35.5)
    app.revoke("Application.Read.All")
    credential = service.app_registration.active_credential
    Credential.objects.filter(pk=credential.pk).update(key_id=None, not_after=None, expiry="unknown")
    credential.type_end(now() + timedelta(days=6.5), actor_for(olga))
    the_night_passes()
    credential.type_end(now() + timedelta(days=35.5), actor_for(olga))
    for day in (1, 29):
        later(days=day)
        the_night_passes()

    assert [mail.subject.partition(":")[0] for mail in mailbox if mail.to == [IDA]] == [
        "Your client secret ends in 6 days",
        "Your client secret ends in 6 days",
    ]


def test_the_digest_says_where_nobody_can_be_asked(customer, olga, entra, mailbox):
    deployed(customer, olga, entra, contact="")
    the_night_passes()

    [digest] = [mail for mail in mailbox if mail.to == [olga.email]]
    assert "Nobody can be asked to renew it: no Microsoft 365 contact is recorded." in digest.text
