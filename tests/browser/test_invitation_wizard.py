"""The Invitation wizard where it is hard: from the keyboard, without scripts, with values that are wrong."""

import pytest
from playwright.sync_api import expect

from invitations.models import Invitation

FIELDS = {
    "tenant_id": "Customer Microsoft Tenant ID",
    "client_id": "Application (Client) ID",
    "client_secret": "Client Secret",
}


@pytest.fixture
def invitation(site, service):
    return service.invitation


@pytest.fixture
def values(entra):
    def of(key):
        return next(example for example in entra.directory.examples if example.key == key)

    return of


def types(page, example):
    for name, label in FIELDS.items():
        page.get_by_label(label, exact=True).fill(getattr(example, name))


def test_the_keyboard_alone_is_enough(opens, invitation, values, axe):
    page = opens()
    page.goto(invitation.link)
    page.get_by_role("link", name="Use App Registration").press("Enter")
    types(page, values("secretid"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    assert (page.title().startswith("Error: "), axe(page)) == (True, [])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Client Secret", exact=True)).to_be_focused()
    page.keyboard.type(values("falschessecret").client_secret)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("The sign-in did not work", timeout=20_000)
    expect(page.get_by_role("alert")).to_be_focused()
    assert (page.title().startswith("Error: "), axe(page)) == (True, [])


def test_without_scripts_the_wizard_walks_to_its_end(opens, invitation, values):
    page = opens(java_script_enabled=False)
    page.goto(invitation.link)
    page.get_by_role("link", name="Use App Registration").click()
    types(page, values("bergmann"))
    page.get_by_role("button", name="Start authentication").click()

    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("The Application Registration is valid", timeout=20_000)


def test_t03_a_scanner_that_runs_scripts_leaves_the_link_to_people(opens, invitation):
    scanner = opens()
    for _ in range(3):
        scanner.goto(invitation.link)
        scanner.get_by_role("link", name="Use App Registration").click()
        scanner.wait_for_load_state("networkidle")

    assert list(Invitation.objects.open()) == [invitation]
    person = opens()
    person.goto(invitation.link)
    expect(person.get_by_role("heading", level=1)).to_contain_text("Connect your Microsoft 365")


def test_guide_and_dead_links_keep_nobody_out(opens, site, axe, page_guard):
    page_guard.forgive("410")
    page = opens()

    for path in ("/guide/", "/i/no-link/"):
        page.goto(path)
        assert axe(page) == []
