"""The Onboarding wizard left on one device and continued on another, and two operators at the same service."""

import pytest
from playwright.sync_api import expect

from portal.core.roles import Role
from services.models import Purpose, Service, SipConnection
from tests.conftest import actor_for, make_operator
from tests.services.conftest import ended, signed_in


@pytest.fixture
def omar(channel):
    return make_operator("omar@nordhafen.example", channel, Role.ADMIN)


@pytest.fixture
def summarised(connected, olga, sbc):
    """Everything is entered: Create service is next."""
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    connected.choose_domain("brightwaterdental.onmicrosoft.com", actor_for(olga))
    connection = SipConnection.proposed(connected)
    connection.sbc = sbc
    connection.store(actor_for(olga))
    return connected


def test_what_was_typed_at_the_desk_is_continued_on_the_telephone(sign_in, olga, customer):
    desk = sign_in(olga)
    desk.goto("/services/add/direct-routing/")
    desk.get_by_role("button", name="Select").click()
    desk.get_by_role("link", name="Add New Tenant").click()
    desk.get_by_label("Full Name of Service").fill("Brightwater Dental, London")
    desk.get_by_label("Unique Short Name of Service").fill("brightwater")
    desk.get_by_label("Hosted Essentials+").check()
    desk.get_by_role("button", name="Cancel").click()
    desk.context.clear_cookies()

    phone = sign_in(olga, viewport={"width": 360, "height": 780})
    phone.goto("/services/add/direct-routing/")
    expect(phone.locator("main")).to_contain_text("You began a service for Brightwater Dental Group")
    phone.get_by_role("link", name="Continue").click()

    expect(phone.get_by_label("Full Name of Service")).to_have_value("Brightwater Dental, London")
    expect(phone.get_by_label("Unique Short Name of Service")).to_have_value("brightwater")
    expect(phone.get_by_label("Hosted Essentials+")).to_be_checked()


def test_a_begun_service_is_continued_by_another_operator_where_it_stood(sign_in, olga, omar, connected, sbc):
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    olgas = sign_in(olga)
    olgas.goto("/services/")
    olgas.get_by_role("link", name="Continue").click()
    expect(olgas.get_by_role("heading", level=1)).to_have_text("Microsoft 365 Settings")

    omars = sign_in(omar)
    omars.goto("/pending-invitations/")
    omars.get_by_role("link", name="Continue").click()

    expect(omars.get_by_role("heading", level=1)).to_have_text("Microsoft 365 Settings")
    expect(omars.locator("main")).to_contain_text("Olga is at this, too")
    olgas.get_by_role("button", name="Next").click()
    expect(olgas.locator("main")).to_contain_text("Omar is at this, too")
    omars.get_by_role("button", name="Next").click()
    expect(omars.get_by_role("heading", level=1)).to_have_text("SIP Connection")


def test_of_two_operators_who_create_a_service_the_second_reads_who_was_first(
    sign_in, olga, omar, summarised
):
    pages = [sign_in(olga), sign_in(omar)]
    for page in pages:
        page.goto(f"/services/{summarised.pk}/onboarding/summary/")

    for page in pages:
        page.get_by_role("button", name="Create service").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("What remains")

    expect(pages[1].locator("main")).to_contain_text("Olga created this service on")
    assert Service.objects.get().activated_by == olga
