"""The session ends while the form Add New Tenant is filled in."""

from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from services.models import OnboardingDraft
from tests.signing_in import fill_in


def test_it_is_said_while_typing_and_after_signing_in_it_goes_on_with_what_was_kept(
    sign_in, olga, customer, sbc
):
    OnboardingDraft.choose(olga, customer).keep({"full_name": "Brightwater, London", "send_link": "on"})
    page = sign_in()
    page.goto("/services/add/direct-routing/tenant/")
    Session.objects.all().delete()

    page.get_by_label("Unique Short Name of Service").press_sequentially("brightwater")

    expect(page.locator("#short-name-verdict")).to_contain_text("You have been signed out meanwhile.")
    expect(page.get_by_label("Full Name of Service")).to_have_value("Brightwater, London")

    page.get_by_role("button", name="Next").click()
    expect(page.locator(".tl-messages")).to_contain_text("What was stored before is kept")
    fill_in(page, olga)

    expect(page.get_by_role("heading", name="Add New Tenant", level=1)).to_be_visible()
    expect(page.get_by_label("Full Name of Service")).to_have_value("Brightwater, London")
