"""The customer's administrator renews the client secret from the mail, without anybody of ours."""

import pytest
from playwright.sync_api import expect

from m365.models import AppRegistration
from services.models import Service
from services.renewal_links import Asked, ask_customer
from tests.conftest import IDA
from tests.renewal import deployed


@pytest.fixture
def moewe(transactional_db, customer, olga, entra):
    """Connected by this process, so before `site` lets the workers loose."""
    service, app = deployed(customer, olga, entra)
    service.app = app
    return service


def ask(service):
    """As the night does when the threshold of 14 days is crossed; the invitation."""
    fresh = Service.objects.with_connection().get(pk=service.pk)
    assert ask_customer(fresh, 14, [60, 30, 14, 7, 1, 0]) is Asked.SENT
    return fresh.invitation


@pytest.fixture
def invitation(moewe):
    return ask(moewe)


def key_in_use(service):
    registration = AppRegistration.objects.select_related("active_credential").get(
        pk=service.app_registration_id
    )
    return str(registration.active_credential.key_id)


def test_the_invitee_renews_after_a_wrong_paste_and_the_operator_sees_it(
    mailbox, moewe, invitation, opens, sign_in, axe
):
    new = moewe.app.add_secret(name="portal 2027", ends_in_days=300.5)
    old_key = key_in_use(moewe)
    operator = sign_in()
    operator.goto(f"/services/{moewe.pk}/m365-configuration/")
    expect(operator.get_by_text("A renewal invitation is open")).to_be_visible()

    mail = mailbox.wait_for(lambda mail: IDA in mail.to)
    assert invitation.link in mail.text
    page = opens()
    page.goto(invitation.link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Paste the new client secret")
    assert axe(page) == []
    secret = page.get_by_label("New Client Secret", exact=True)
    secret.fill(new.key_id)
    page.get_by_role("button", name="Renew the client secret").click()
    expect(page.get_by_role("alert")).to_contain_text("You pasted the Secret ID")
    assert (axe(page), key_in_use(moewe)) == ([], old_key)

    secret.fill(new.value)
    page.get_by_role("button", name="Renew the client secret").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The new client secret is in use", timeout=20_000
    )
    assert (axe(page), key_in_use(moewe)) == ([], new.key_id)

    operator.reload()
    expect(operator.get_by_text("A renewal invitation is open")).to_have_count(0)
    expect(operator.locator("#days-left")).to_have_text("300")
    assert axe(operator) == []


def test_without_scripts_an_operator_sets_a_secret_and_the_invitee_renews_the_next(
    moewe, opens, sign_in, olga
):
    first, second = moewe.app.add_secret(ends_in_days=13), moewe.app.add_secret(ends_in_days=300.5)
    operator = sign_in(java_script_enabled=False)
    operator.goto(f"/services/{moewe.pk}/m365-configuration/")
    operator.get_by_role("link", name="Set new client secret").click()
    operator.get_by_label("New Client Secret", exact=True).fill(first.value)
    operator.get_by_role("button", name="Validate and set").click()
    expect(operator.get_by_role("heading", name="The new client secret is in use")).to_be_visible(
        timeout=20_000
    )

    asked = ask(moewe)
    page = opens(java_script_enabled=False)
    page.goto(asked.link)
    page.get_by_label("New Client Secret", exact=True).fill(second.value)
    page.get_by_role("button", name="Renew the client secret").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The new client secret is in use", timeout=20_000
    )
    assert key_in_use(moewe) == second.key_id
