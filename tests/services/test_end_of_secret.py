"""The end of the secret in use, told by an operator where the tenant does not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.core.roles import Role
from tests.conftest import actor_for, connect, make_operator
from tests.services.conftest import connect_live, in_days


def url(service):
    return reverse("services:end_of_secret", args=[service.pk])


def whole(client, service):
    return text_of(client.get(reverse("services:m365_configuration", args=[service.pk])))


def text_of(answer):
    return " ".join(answer.content.decode().split())


def a_day(days):
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def unreadable(service, entra, olga):
    """Connected, and the tenant does not let us read when the secret ends."""
    app = entra.add_tenant(name="Brightwater").add_application(roles=["Organization.Read.All"])
    return connect_live(service, app, app.add_secret(), olga)


@pytest.fixture
def alike(service, entra, olga):
    """Connected with one of two secrets that begin alike."""
    app = entra.add_tenant(name="Brightwater").add_application()
    ours = app.add_secret(name="portal 2026", hint="Ab3", ends_in_days=200.5)
    app.add_secret(name="old portal", hint="Ab3", ends_in_days=10)
    service.chosen = ours
    return connect_live(service, app, ours, olga)


def test_a_typed_date_counts_from_its_first_moment_and_is_marked_with_the_name(as_olga, unreadable):
    answer = as_olga.post(url(unreadable), {"ends_on": a_day(100).isoformat()})

    credential = unreadable.app_registration.active_credential
    credential.refresh_from_db()
    shown = whole(as_olga, unreadable)
    assert answer.url == reverse("services:m365_configuration", args=[unreadable.pk])
    assert timezone.localtime(credential.not_after).isoformat()[:16] == f"{a_day(100)}T00:00"
    assert "typed by <bdi>Olga</bdi>" in shown
    assert "Correct the date" in shown


def test_several_are_shown_with_name_and_date_and_the_right_one_is_chosen(as_olga, alike):
    shown = whole(as_olga, alike)
    assert "“<bdi>portal 2026</bdi>”, ends" in shown
    assert "“<bdi>old portal</bdi>”, ends" in shown
    assert "be ready for the earliest" in shown

    as_olga.post(url(alike), {"which": alike.chosen.key_id})

    alike.app_registration.active_credential.refresh_from_db()
    shown = whole(as_olga, alike)
    assert alike.app_registration.active_credential.days_left == 200
    assert "chosen among several by <bdi>Olga</bdi>" in shown


def test_among_several_none_may_be_right_and_then_the_date_is_typed(as_olga, alike):
    as_olga.post(url(alike), {"which": "other", "ends_on": a_day(30).isoformat()})

    credential = alike.app_registration.active_credential
    credential.refresh_from_db()
    assert (credential.expiry, credential.key_id) == ("typed", None)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "Enter the day on which it expires."),
        ({"ends_on": "soon"}, "Enter a date, as 2027-11-20."),
        ({"ends_on": timezone.localdate().isoformat()}, "Enter a day after today"),
        ({"ends_on": "9999-01-01"}, "Enter a day after today"),
    ],
)
def test_what_is_no_coming_day_is_refused_with_the_reason(as_olga, unreadable, form, reason):
    answer = as_olga.post(url(unreadable), form)

    assert reason in text_of(answer)
    assert "<title>Error: " in text_of(answer)
    unreadable.app_registration.active_credential.refresh_from_db()
    assert unreadable.app_registration.active_credential.expiry == "unknown"


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "Choose one, or say that it is none of these."),
        ({"which": "other"}, "Enter the day on which it expires."),
        ({"which": "0b0b0b0b-0000-0000-0000-000000000000"}, "The tenant does not list this secret any more."),
    ],
)
def test_no_choice_is_refused_with_the_reason(as_olga, alike, form, reason):
    assert reason in text_of(as_olga.post(url(alike), form))


def test_where_the_tenant_told_nobody_is_asked(as_olga, live):
    assert "Type the date" not in whole(as_olga, live)
    answer = as_olga.post(url(live), {"ends_on": a_day(100).isoformat()}, follow=True)

    assert "The end of the secret is known" in text_of(answer)


def test_who_may_not_connect_tells_nothing(client, channel, unreadable):
    client.force_login(make_operator("lena@nordhafen.example", channel, Role.OPERATOR_LITE))

    assert client.post(url(unreadable), {"ends_on": a_day(100).isoformat()}).status_code == 403
    assert "Type the date" not in whole(client, unreadable)


def test_a_stranger_finds_nothing(as_max, unreadable):
    assert as_max.get(url(unreadable)).status_code == 404


def test_a_date_that_was_typed_and_the_names_of_others_are_text(as_olga, olga, service):
    connect(service)
    credential = service.app_registration.active_credential
    olga.name = "<b>Olga</b>"
    credential.type_end(in_days(50), actor_for(olga))

    assert "&lt;b&gt;Olga&lt;/b&gt;" in whole(as_olga, service)
