"""What was begun is continued where it stood, by anybody; nothing typed is lost; who else is at it is said."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from m365.tasks import drain_validations
from services.models import Purpose, Service, SipConnection
from tests.conftest import actor_for, make_operator
from tests.services.conftest import ended, signed_in
from tests.services.onboarding.conftest import only_service, url

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LISTS = ["services", "pending_invitations", "onboarding"]


@pytest.fixture
def omar(channel):
    return make_operator("omar@nordhafen.example", channel)


@pytest.fixture
def as_omar(omar):
    client = Client()
    client.force_login(omar, BACKEND)
    return client


@pytest.fixture
def begun(connected, olga, sbc):
    """Validated and with its domain: the SIP connection is next."""
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    connected.choose_domain("brightwaterdental.onmicrosoft.com", actor_for(olga))
    return connected


def text(client, name, service=None):
    return client.get(url(name, service)).content.decode()


def leave(client, service, place, to, typed):
    return client.post(reverse(f"services:onboarding_leave_{to}", args=[service.pk, place]), typed)


def ago(service, **past):
    at = timezone.now() - timedelta(**past)
    Service.objects.filter(pk=service.pk).update(edited_at=at)


@pytest.mark.parametrize("name", LISTS)
def test_a_ready_service_is_added_at_its_details(as_olga, connected, name):
    assert f'href="{url("onboarding_registration", connected)}">Add<' in text(as_olga, name)


@pytest.mark.parametrize("name", LISTS)
def test_another_operator_continues_a_begun_one_where_it_stood(as_omar, begun, name):
    assert f'href="{url("onboarding_sip", begun)}">Continue<' in text(as_omar, name)


def test_lists_take_no_more_queries_for_begun_ones(as_olga, begun, queries_of):
    assert [queries_of(as_olga, url(name)) <= 9 for name in LISTS] == [True] * 3


def test_nobody_else_is_at_it(as_olga, begun, olga):
    page = text(as_olga, "onboarding_sip", begun)

    begun.refresh_from_db()
    assert "is at this, too" not in page
    assert (begun.edited_by, begun.former_editor) == (olga, None)


def test_both_editors_are_told_of_each_other(as_olga, as_omar, begun):
    text(as_omar, "onboarding_settings", begun)
    ago(begun, minutes=2, seconds=5)

    first, again = (text(as_olga, "onboarding_sip", begun) for _ in range(2))
    of_omar = text(as_omar, "onboarding_settings", begun)

    told = "<bdi>Omar</bdi> is at this, too</b> (2 minutes ago)."
    assert (told in first, told in again) == (True, True)
    assert "<bdi>Olga</bdi> is at this, too</b> (just now)." in of_omar


def test_who_left_ten_minutes_ago_is_not_at_it(as_olga, as_omar, begun):
    text(as_omar, "onboarding_sip", begun)
    ago(begun, minutes=10)

    assert "is at this, too" not in text(as_olga, "onboarding_sip", begun)


def test_a_form_that_is_sent_counts_and_a_page_that_asks_by_itself_does_not(as_olga, as_omar, olga, service):
    as_omar.get(url("onboarding_sent", service), headers={"HX-Request": "true"})
    service.refresh_from_db()
    assert service.edited_by is None

    as_olga.post(reverse("services:onboarding_leave_cancel", args=[service.pk, "sip"]), {})
    service.refresh_from_db()
    assert service.edited_by == olga


def test_one_operator_is_noted_once_a_minute(as_olga, begun):
    text(as_olga, "onboarding_sip", begun)
    ago(begun, seconds=50)
    before = Service.objects.get(pk=begun.pk).edited_at
    text(as_olga, "onboarding_sip", begun)
    same = Service.objects.get(pk=begun.pk).edited_at
    ago(begun, seconds=61)
    text(as_olga, "onboarding_sip", begun)

    assert same == before
    assert Service.objects.get(pk=begun.pk).edited_at > before


@pytest.mark.parametrize(
    ("place", "to", "address"),
    [
        ("settings", "back", "onboarding_registration"),
        ("settings", "cancel", "pending_invitations"),
        ("sip", "back", "onboarding_settings"),
        ("sip", "cancel", "pending_invitations"),
        ("values", "back", "onboarding"),
        ("values", "cancel", "pending_invitations"),
    ],
)
def test_back_and_cancel_lead_where_they_say(as_olga, begun, place, to, address):
    of = begun if address.startswith("onboarding_") else None

    assert leave(as_olga, begun, place, to, {})["Location"] == url(address, of)


def test_a_step_that_does_not_exist_cannot_be_left(as_olga, begun):
    assert leave(as_olga, begun, "secrets", "back", {}).status_code == 404


def test_half_a_sip_connection_is_there_again_for_another_operator(as_olga, as_omar, begun, sbc):
    leave(as_olga, begun, "sip", "cancel", {"site_name": "Kiel\0", "host_label": "ki el", "csrf": "x"})

    form = as_omar.get(url("onboarding_sip", begun)).context["form"]

    assert [form[name].value() for name in ("site_name", "host_label")] == ["Kiel", "ki el"]
    assert not SipConnection.objects.exists()


def test_a_finished_step_keeps_nothing_half(as_olga, begun, sbc):
    leave(as_olga, begun, "sip", "back", {"site_name": "Kiel"})
    values = {"site_name": "London", "sbc": str(sbc.pk), "host_label": "b", "trunk_model": "derived_trunk"}
    as_olga.post(url("onboarding_sip", begun), values)

    begun.refresh_from_db()
    assert begun.kept == {}
    assert as_olga.get(url("onboarding_sip", begun)).context["form"]["site_name"].value() == "London"


def test_what_was_refused_is_kept_too(as_olga, begun):
    as_olga.post(url("onboarding_sip", begun), {"site_name": "Kiel", "host_label": "not a label"})

    assert as_olga.get(url("onboarding_sip", begun)).context["form"]["host_label"].value() == "not a label"


def test_a_domain_that_was_only_selected_stays_selected(as_olga, begun):
    leave(as_olga, begun, "settings", "back", {"m365_domain": "brightwaterdental.example"})

    form = as_olga.get(url("onboarding_settings", begun)).context["form"]
    begun.refresh_from_db()
    assert form["m365_domain"].value() == "brightwaterdental.example"
    assert begun.m365_domain == "brightwaterdental.onmicrosoft.com"


def test_of_three_values_the_secret_is_not_kept(as_olga, known):
    as_olga.post(url("onboarding_tenant"), known(client_secret="wrong" * 8))
    drain_validations()
    service = only_service()
    leave(
        as_olga, service, "values", "cancel", {"client_id": "half an ID", "client_secret": "hunter2 and more"}
    )

    page = text(as_olga, "onboarding_registration", service)

    service.refresh_from_db()
    assert service.kept == {"values": {"tenant_id": "", "client_id": "half an ID"}}
    assert ('value="half an ID"' in page, "hunter2" in page) == (True, False)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("onboarding_registration", "The service stays in Pending Invitations, to be continued here."),
        ("onboarding_settings", "What you entered stays with the service in Pending Invitations."),
        ("onboarding_sip", "What you entered stays with the service in Pending Invitations."),
    ],
)
def test_cancel_says_what_is_kept(as_olga, begun, name, words):
    page = text(as_olga, name, begun)

    assert "Cancel</" in page
    assert words in page


def test_cancel_on_the_summary_says_what_is_kept(as_olga, begun, sbc):
    SipConnection.objects.create(service=begun, sbc=sbc, site_name="London", host_label="brightwater")

    assert "Cancel keeps all of this in Pending Invitations." in text(as_olga, "onboarding_summary", begun)


def test_cancel_on_the_first_pages_says_what_is_kept(as_olga, draft):
    assert "The selected customer stays as a draft." in text(as_olga, "onboarding")
    assert "What you typed stays as a draft, but for the secret." in text(as_olga, "onboarding_tenant")
