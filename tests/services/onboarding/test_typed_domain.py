"""A domain that could not be read is typed, and marked as typed wherever it is shown, until it is chosen."""

import pytest
from django.urls import reverse

from portal.core.journal import JournalDetail
from services.models import Purpose, Service, SipConnection
from tests.conftest import PASSWORD, actor_for, make_operator
from tests.services.conftest import ended, signed_in
from tests.services.onboarding.conftest import url

pytestmark = pytest.mark.django_db

DOMAIN = "contoso.onmicrosoft.com"
VERIFIED = {"name": DOMAIN, "initial": True, "default": True}
OTHER = {"name": "contoso.example", "initial": False, "default": False}


def domains_are(service, *domains):
    service.app_registration.domains = list(domains)
    service.app_registration.save()


@pytest.fixture
def unread(connected, olga):
    """Connected and validated by olga, its domains not readable."""
    domains_are(connected)
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    return Service.objects.with_connection().get(pk=connected.pk)


@pytest.fixture
def typed(as_olga, unread):
    as_olga.post(url("onboarding_settings", unread), {"m365_domain": "Contoso.onmicrosoft.com"})
    unread.refresh_from_db()
    return unread


def test_who_typed_it_is_stored_and_journalled(typed, olga):
    detail = JournalDetail.objects.order_by("-entry__created_at").first()

    assert (typed.m365_domain, typed.m365_domain_typed_by) == (DOMAIN, olga)
    assert detail.values == {"m365_domain": DOMAIN, "typed": True}


def test_it_is_marked_on_every_page_that_shows_it(as_olga, typed, sbc):
    SipConnection.objects.create(service=typed, sbc=sbc, site_name="London", host_label="brightwater")
    places = [url(f"onboarding_{name}", typed) for name in ("settings", "sip", "summary")]
    places += [
        reverse(f"services:{name}", args=[typed.pk]) for name in ("edit_service", "m365_configuration")
    ]
    pages = {place: as_olga.get(place).content.decode() for place in places}
    as_olga.post(url("onboarding_create", typed))
    last = url("onboarding_what_remains", typed)
    pages[last] = as_olga.get(last).content.decode()

    assert [place for place, page in pages.items() if DOMAIN not in page] == []
    assert [place for place, page in pages.items() if "typed" not in page or "Olga" not in page] == []
    assert "was typed by <bdi>Olga</bdi>, not read from the tenant" in pages[last]
    assert f"{DOMAIN}, typed by Olga" in pages[url("onboarding_summary", typed)]  # the line beside the step


def test_chosen_among_the_verified_domains_later_it_is_not_marked_any_more(as_olga, typed, olga):
    domains_are(typed, VERIFIED, OTHER)

    page = as_olga.get(url("onboarding_settings", typed)).content.decode()
    as_olga.post(url("onboarding_settings", typed), {"m365_domain": DOMAIN})

    typed.refresh_from_db()
    assert "it is one of them: Next takes the mark off." in page
    assert (typed.m365_domain, typed.m365_domain_typed_by) == (DOMAIN, None)
    assert JournalDetail.objects.order_by("-entry__created_at").first().values["typed"] is False


def test_one_that_the_tenant_has_not_verified_is_pointed_out(as_olga, typed):
    domains_are(typed, OTHER)

    page = as_olga.get(url("onboarding_settings", typed)).content.decode()

    assert "it is none of them: choose one." in page


def test_pressing_next_again_does_not_make_it_somebody_elses_word(client, channel, typed, olga):
    omar = make_operator("omar@nordhafen.example", channel)
    entries = JournalDetail.objects.count()

    assert client.login(email=omar.email, password=PASSWORD)
    client.post(url("onboarding_settings", typed), {"m365_domain": DOMAIN})

    typed.refresh_from_db()
    assert (typed.m365_domain_typed_by, JournalDetail.objects.count()) == (olga, entries)


def test_one_that_was_chosen_from_the_beginning_is_not_marked(as_olga, unread, olga):
    unread.choose_domain(DOMAIN, actor_for(olga))

    assert "typed" not in as_olga.get(reverse("services:edit_service", args=[unread.pk])).content.decode()
