"""What a crossed threshold does: the contact is asked, or the operators are told that nobody can be."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from invitations.models import Invitation
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from services.models import Service
from services.renewal_links import Asked, ask_customer
from tests.conftest import IDA, make_operator
from tests.renewal import deployed

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
