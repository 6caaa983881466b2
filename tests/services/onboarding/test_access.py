"""Every page of the wizard and of Pending Invitations: as stranger, as onlooker, and signed out."""

import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from services.models import Purpose, Service
from tests.conftest import connect, make_service
from tests.services.conftest import ended, signed_in

pytestmark = pytest.mark.django_db

OF_A_SERVICE = [
    ("onboarding_sent", "get"),
    ("onboarding_registration", "get"),
    ("onboarding_values", "post"),
    ("onboarding_validate", "post"),
    ("onboarding_check", "get"),
    ("onboarding_settings", "get"),
    ("onboarding_settings", "post"),
    ("onboarding_sip", "get"),
    ("onboarding_sip", "post"),
    ("onboarding_summary", "get"),
    ("onboarding_create", "post"),
    ("onboarding_what_remains", "get"),
    ("onboarding_leave_back", "post"),
    ("onboarding_leave_cancel", "post"),
    ("copy_link", "post"),
    ("resend", "get"),
    ("resend", "post"),
    ("revoke", "get"),
    ("revoke", "post"),
    ("delete_pending", "get"),
    ("delete_pending", "post"),
]
OF_NONE = [
    ("onboarding", "get"),
    ("onboarding_select", "post"),
    ("onboarding_discard", "post"),
    ("onboarding_tenant", "get"),
    ("onboarding_tenant", "post"),
    ("onboarding_short_name", "get"),
    ("onboarding_back", "post"),
    ("onboarding_cancel", "post"),
]


def address(name, service):
    more = {
        "onboarding_check": [uuid.uuid4()],
        "onboarding_leave_back": ["sip"],
        "onboarding_leave_cancel": ["sip"],
    }
    return reverse(f"services:{name}", args=[service.pk, *more.get(name, [])])


def unchanged(service):
    untouched = {"edited_by": None, "kept": {}, "invitation__revoked_at": None}
    return Service.objects.filter(pk=service.pk, state="pending", **untouched).exists()


@pytest.mark.parametrize(("name", "method"), OF_A_SERVICE)
def test_an_operator_of_another_channel_finds_nothing(as_max, service, name, method):
    assert getattr(as_max, method)(address(name, service)).status_code == 404
    assert unchanged(service)


@pytest.mark.parametrize(("name", "method"), OF_A_SERVICE)
def test_a_monitor_may_not(as_monica, service, name, method):
    assert getattr(as_monica, method)(address(name, service)).status_code == 403
    assert unchanged(service)


@pytest.mark.parametrize(("name", "method"), OF_NONE)
def test_a_monitor_may_not_begin(as_monica, name, method):
    assert getattr(as_monica, method)(reverse(f"services:{name}")).status_code == 403


@pytest.mark.parametrize(("name", "method"), OF_A_SERVICE)
def test_signed_out_it_leads_to_the_sign_in(service, name, method):
    answer = getattr(Client(), method)(address(name, service))

    assert answer["Location"].startswith(reverse(settings.LOGIN_URL))
    assert unchanged(service)


@pytest.mark.parametrize(("name", "method"), [*OF_NONE, ("pending_invitations", "get")])
def test_signed_out_nothing_begins(name, method, db):
    answer = getattr(Client(), method)(reverse(f"services:{name}"))

    assert answer["Location"].startswith(reverse(settings.LOGIN_URL))


@pytest.mark.parametrize(
    "name",
    ["onboarding_select", "onboarding_discard", "onboarding_back", "onboarding_cancel"],
)
def test_what_changes_something_is_never_a_get(as_olga, name):
    assert as_olga.get(reverse(f"services:{name}")).status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        "onboarding_validate",
        "onboarding_create",
        "onboarding_leave_back",
        "onboarding_leave_cancel",
        "copy_link",
    ],
)
def test_what_changes_a_service_is_never_a_get(as_olga, service, name):
    assert as_olga.get(address(name, service)).status_code == 405


def test_the_address_of_the_values_leads_who_only_looks_to_their_page(as_olga, connected):
    page = address("onboarding_registration", connected)

    assert as_olga.get(address("onboarding_values", connected))["Location"] == page


def test_a_validation_is_shown_under_its_own_service_to_its_own_channel_only(
    as_olga, as_max, olga, customer, connected
):
    shown = ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    other = connect(make_service(customer, olga, "tidewell"))
    here = reverse("services:onboarding_check", args=[connected.pk, shown.pk])
    elsewhere = reverse("services:onboarding_check", args=[other.pk, shown.pk])

    assert [as_olga.get(here).status_code, as_max.get(here).status_code] == [200, 404]
    assert as_olga.get(elsewhere).status_code == 404
