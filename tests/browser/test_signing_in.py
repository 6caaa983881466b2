"""Signing in with what people have: an app on the phone, a passkey, a code on paper."""

import time

import pytest
from playwright.sync_api import expect

from portal import totp
from portal.core.tenancy import Operator
from tests.conftest import PASSWORD


@pytest.fixture
def newcomer(olga):
    """Olga before her first second factor."""
    Operator.objects.filter(pk=olga.pk).update(second_factor_since=None)
    return olga


# As when somebody presses Cancel.
REFUSE = (
    "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
)


def first_step(page, operator):
    page.goto("/")
    page.get_by_label("E-mail").fill(operator.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def give_authenticator(page):
    """What a laptop with a fingerprint reader is to the browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_t23_with_an_app_from_the_first_sign_in_to_the_dashboard(site, opens, newcomer, axe):
    page = opens()
    first_step(page, newcomer)
    heading(page, "One more step: a second factor")
    assert axe(page) == []

    page.get_by_role("link", name="Set up an app").click()
    key = page.locator("#app-key").text_content()
    assert axe(page) == []
    page.get_by_label("Code").fill(totp.code_at(key, time.time()))
    page.get_by_role("button", name="It shows this code").click()

    heading(page, "Your recovery codes")
    code = page.locator("#codes").text_content().split()[0]
    page.get_by_role("link", name="They are kept, go on").click()
    expect(page).to_have_url("/")

    page.get_by_role("button", name="Sign out").and_(page.locator(":visible")).click()
    first_step(page, newcomer)
    heading(page, "Your second factor")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url("/")


def test_t23_with_a_passkey_alone(site, opens, newcomer, axe):
    page = opens()
    give_authenticator(page)
    first_step(page, newcomer)
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Sign in with this alone").check()
    page.get_by_role("button", name="Make the passkey").click()
    heading(page, "Your recovery codes")
    page.get_by_role("link", name="They are kept, go on").click()
    expect(page).to_have_url("/")

    page.get_by_role("button", name="Sign out").and_(page.locator(":visible")).click()
    page.goto("/services/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url("/services/")

    page.goto("/account/passkeys/")
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Signs in alone.")
    page.get_by_role("link", name="Remove Laptop").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.locator("main")).to_contain_text("set up another one first")


def test_t23_with_a_passkey_as_the_second_step(site, opens, newcomer):
    page = opens()
    give_authenticator(page)
    first_step(page, newcomer)
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("link", name="They are kept, go on").click()
    page.get_by_role("button", name="Sign out").and_(page.locator(":visible")).click()

    first_step(page, newcomer)
    heading(page, "Your second factor")
    page.get_by_role("button", name="Use a passkey").click()

    page.wait_for_url("/")
    heading(page, "What needs attention today")


def test_a_browser_without_a_passkey_says_so_beside_the_button(site, opens, olga):
    page = opens()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    page.goto("/sign-in/")
    page.evaluate(REFUSE)

    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(page).to_have_url("/sign-in/")
