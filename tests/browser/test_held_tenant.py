"""A tenant that nobody expected, in a real browser: Ida signs in, Olga confirms, and the service can be added."""

import uuid

import pytest
from playwright.sync_api import expect


@pytest.fixture
def recorded(customer, service):
    """Another tenant than Ida's stands on the customer's record."""
    customer.tenant_id = uuid.uuid4()
    customer.save()
    customer.expect_tenant()


def heading(page, words):
    expect(page.get_by_role("heading", level=1)).to_contain_text(words, timeout=20_000)


def test_a_tenant_that_is_not_the_recorded_one_is_confirmed_and_then_added(
    sign_in, opens, entra, recorded, service, axe
):
    values = next(example for example in entra.directory.examples if example.key == "bergmann")
    ida = opens()
    ida.goto(service.invitation.link)
    ida.get_by_role("link", name="Use App Registration").click()
    ida.get_by_label("Customer Microsoft Tenant ID").fill(values.tenant_id)
    ida.get_by_label("Application (Client) ID").fill(values.client_id)
    ida.get_by_label("Client Secret", exact=True).fill(values.client_secret)
    ida.get_by_role("button", name="Start authentication").click()
    heading(ida, "The sign-in worked")
    assert axe(ida) == []

    olga = sign_in()
    olga.goto("/pending-invitations/")
    row = olga.get_by_role("row", name="Brightwater Dental, London")
    expect(row).to_contain_text("false – confirm tenant")
    expect(row.get_by_role("button", name="Add")).to_have_attribute("aria-disabled", "true")
    assert axe(olga) == []
    row.get_by_role("link", name="Confirm tenant").click()
    heading(olga, "Is this the tenant of Brightwater Dental Group?")
    expect(olga.locator("main")).to_contain_text("Bergmann Anlagenbau GmbH")
    assert axe(olga) == []
    olga.get_by_role("button", name="Confirm tenant").click()

    expect(row).to_contain_text("Authentication Complete")
    row.get_by_role("link", name="Add").click()
    heading(olga, "Registration of brightwater")
    ida.reload()
    heading(ida, "The Application Registration is valid")
