"""Client Secret Days Until Expire: the right number, or unknown with the reason."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from m365 import causes
from m365.tasks import drain_validations
from tests.conftest import connect
from tests.services.conftest import connect_live, ended, in_days, signed_in


def url_of(service):
    return reverse("services:m365_configuration", args=[service.pk])


def validate_url(service):
    return reverse("services:validate", args=[service.pk])


def page(client, service):
    answer = client.get(url_of(service))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def days_left(client, service):
    """The one big number, or the word in its place."""
    number = re.search('id="days-left">(.*?)</span>', page(client, service))[1]
    return re.sub("<[^>]+>", "", number).strip()


def test_the_days_are_those_of_the_tenant_with_date_offset_and_where_they_came_from(as_olga, live, entra):
    ends = timezone.localtime(entra.secret_of(live.app_registration).ends_at)

    shown = page(as_olga, live)

    assert days_left(as_olga, live) == "41"
    assert f"Client Secret expiration date: <b>{ends.day} {ends:%b %Y, %H:%M} (UTC)</b>" in shown
    assert "read from the tenant, " in shown


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=41, hours=1), "41"),
        (timedelta(days=1, hours=1), "1"),
        (timedelta(hours=23), "0"),
        (timedelta(hours=-1), "Expired"),
        (timedelta(hours=-25), "Expired 1 day ago"),
        (timedelta(days=-3, hours=-1), "Expired 3 days ago"),
    ],
)
def test_days_are_whole_ones_and_past_the_end_it_says_so(as_olga, service, left, words):
    connect(service, not_after=timezone.now() + left)

    assert days_left(as_olga, service) == words


def test_zero_days_are_explained(as_olga, service):
    connect(service, not_after=in_days(0))

    assert "days, less than 24 hours" in page(as_olga, service)


def test_without_the_permission_the_days_are_unknown_and_the_permission_is_named(
    as_olga, olga, service, entra
):
    app = entra.add_tenant(name="Brightwater").add_application(roles=["Organization.Read.All"])
    connect_live(service, app, app.add_secret(), olga)

    shown = page(as_olga, service)

    assert days_left(as_olga, service) == "unknown"
    assert "The permission Application.Read.All is missing, so it cannot be read from the tenant." in shown
    assert "Fix, in the Entra admin center: App registrations › your app › API permissions" in shown


def test_secrets_that_begin_alike_are_unknown_and_never_guessed(as_olga, olga, service, entra):
    app = entra.add_tenant(name="Brightwater").add_application()
    secret = app.add_secret(hint="Ab3")
    app.add_secret(hint="Ab3", ends_in_days=10)
    connect_live(service, app, secret, olga)

    assert days_left(as_olga, service) == "unknown"
    assert "Several valid secrets of this app begin with Ab3" in page(as_olga, service)


def test_a_secret_the_tenant_does_not_list_is_unknown(as_olga, olga, service):
    connect(service)
    outcome = signed_in(matches=[], app_name="Voice")

    ended(service, olga, outcome)

    assert days_left(as_olga, service) == "unknown"
    assert "The tenant lists no valid secret of this app that begins with Ab3." in page(as_olga, service)


def test_an_application_of_another_tenant_is_named_as_the_reason(as_olga, olga, service):
    connect(service)
    outcome = signed_in()
    outcome.find(causes.ELSEWHERE_REGISTERED)

    ended(service, olga, outcome)

    assert "The application object is in another tenant" in page(as_olga, service)


def test_a_permission_withdrawn_later_leaves_the_last_known_date(as_olga, live, entra):
    app = entra.application_of(live.app_registration)
    app.revoke("Application.Read.All")

    as_olga.post(validate_url(live))
    drain_validations()

    assert days_left(as_olga, live) == "41"
    assert "missing" in page(as_olga, live)
