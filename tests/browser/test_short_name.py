"""The short name looked at while it is typed, in a real browser: keys only, and nothing else of the form is sent."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from services.models import OnboardingDraft, Service


@pytest.fixture
def tenant_form(sign_in, olga, customer, sbc):
    """Olga's form Add New Tenant for Brightwater, in a browser of her own; keywords go to its context."""
    OnboardingDraft.choose(olga, customer)

    def open_page(**options):
        page = sign_in(**options)
        page.goto("/services/add/direct-routing/tenant/")
        return page

    return open_page


def place_of_what_follows(page):
    return page.get_by_text("License Type", exact=True).bounding_box()["y"]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (360, "dark")])
def test_typing_shows_the_rules_and_the_suggestion_is_taken_by_key(tenant_form, axe, width, theme):
    page = tenant_form(viewport={"width": width, "height": 900}, color_scheme=theme)
    verdict, field = page.locator("#short-name-verdict"), page.get_by_label("Unique Short Name of Service")
    asked = []
    page.on("request", lambda request: "/short-name/" in request.url and asked.append(request.url))
    expect(verdict).to_have_text("")
    place = place_of_what_follows(page)

    field.focus()
    page.keyboard.type("bright leeds.1")

    expect(verdict).to_contain_text("It has a dot. It has a blank. Take - or _ instead.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert (axe(page), place_of_what_follows(page)) == ([], place)

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Use it: bright-leeds-1")).to_be_focused()
    page.keyboard.press("Enter")

    expect(verdict).to_contain_text(
        "bright-leeds-1 is free. Host name: bright-leeds-1.sbc.nordhafen.example."
    )
    expect(field).to_have_value("bright-leeds-1")
    expect(field).to_be_focused()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert (axe(page), place_of_what_follows(page)) == ([], place)
    assert [list(parse_qs(urlsplit(url).query)) for url in asked] == [["short_name"]] * len(asked)

    field.fill("")
    expect(verdict).to_have_text("")
    assert place_of_what_follows(page) == place


def test_the_word_of_the_refused_form_gives_way_to_the_fresh_one(tenant_form):
    page = tenant_form()
    field = page.get_by_label("Unique Short Name of Service")
    field.fill("bright.1")
    field.press("Enter")
    expect(page.locator("#id_short_name_error")).to_have_text("It has a dot.")
    expect(page.locator("#short-name-verdict")).to_contain_text("Suggestion: bright-1 is free.")

    page.get_by_role("button", name="Use it: bright-1").click()

    expect(page.locator("#short-name-verdict")).to_contain_text("bright-1 is free. Host name:")
    expect(page.locator("#id_short_name_error")).to_have_count(0)
    assert not Service.objects.exists()


def test_once_the_sign_in_has_ended_that_is_said_and_nothing_typed_is_lost(tenant_form):
    page = tenant_form()
    field = page.get_by_label("Unique Short Name of Service")
    page.context.clear_cookies()

    with page.expect_response(re.compile("/sign-in/")):
        field.press_sequentially("brightwater")

    expect(field).to_have_value("brightwater")
    expect(page.locator("#short-name-verdict")).to_contain_text("You have been signed out meanwhile.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add New Tenant")


def test_without_scripts_the_suggestion_is_text(tenant_form):
    page = tenant_form(java_script_enabled=False)
    page.get_by_label("Unique Short Name of Service").fill("bright leeds.1")
    page.get_by_role("button", name="Next").click()

    expect(page.locator("#short-name-verdict")).to_contain_text("Suggestion: bright-leeds-1 is free.")
    expect(page.get_by_role("button", name="Use it")).to_have_count(0)
