"""The Onboarding wizard and Pending Invitations in a real browser: what only scripts, or their absence, can break."""

from playwright.sync_api import expect

from invitations.models import Invitation
from services.models import Purpose, Service
from tests.conftest import actor_for, connect, make_service
from tests.services.conftest import ended, signed_in


def fill_in(page):
    page.goto("/services/add/direct-routing/")
    page.get_by_role("button", name="Select").click()
    page.get_by_role("link", name="Add New Tenant").click()
    page.get_by_label("Unique Short Name of Service").fill("brightwater")
    page.get_by_label("Hosted Pro").check()
    page.get_by_label("Licensed Users").fill("25")


def test_a_row_turns_true_by_itself_and_leaves_the_open_menu_alone(sign_in, service):
    page = sign_in()
    page.goto("/pending-invitations/")
    row = page.get_by_role("row", name="Brightwater Dental, London")
    row.locator("summary").click()
    row.get_by_role("link", name="Resend Invitation").focus()

    connect(service)

    expect(row).to_contain_text("Authentication Complete", timeout=15_000)
    expect(row.get_by_role("link", name="Resend Invitation")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.get_by_role("link", name="Resend Invitation")).to_be_hidden()
    row.get_by_role("link", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Registration of brightwater")


def test_a_list_whose_sign_in_has_ended_leads_to_the_sign_in(sign_in, service):
    page = sign_in()
    page.goto("/pending-invitations/")

    page.context.clear_cookies()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in", timeout=15_000)


def test_a_double_click_on_next_makes_one_service_and_one_invitation(sign_in, customer):
    page = sign_in()
    fill_in(page)
    page.get_by_label("Email", exact=True).fill("ida@brightwater.example")

    page.get_by_role("button", name="Next").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text("Invitation for ida@brightwater.example")
    assert (Service.objects.count(), Invitation.objects.count()) == (1, 1)


def test_the_enter_key_presses_next(sign_in, customer):
    page = sign_in()
    fill_in(page)
    page.get_by_label("Email", exact=True).fill("ida@brightwater.example")

    page.get_by_label("Unique Short Name of Service").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Invitation for ida@brightwater.example")


def test_the_host_name_follows_what_is_typed(sign_in, customer, sbc, olga):
    service = connect(make_service(customer, olga, "bright_1"))
    ended(service, olga, signed_in(), Purpose.ONBOARDING)
    service.choose_domain("brightwaterdental.onmicrosoft.com", actor_for(olga))
    page = sign_in()
    page.goto(f"/services/{service.pk}/onboarding/sip-connection/")

    expect(page.locator("[data-host-name]")).to_have_text("bright-1.sbc.nordhafen.example")
    page.get_by_label("Host label").fill("London")
    expect(page.locator("[data-host-name]")).to_have_text("london.sbc.nordhafen.example")


def test_without_scripts_a_known_registration_is_validated_and_leads_on(sign_in, customer, entra):
    org = entra.add_tenant(name="Brightwater Dental Group Ltd")
    app = org.add_application()
    secret = app.add_secret(ends_in_days=364)
    page = sign_in(java_script_enabled=False)
    fill_in(page)
    page.get_by_label("Send link to IT administrator for authentication").uncheck()
    page.get_by_label("Customer Microsoft Tenant ID").fill(org.id)
    page.get_by_label("Application (Client) ID").fill(app.client_id)
    page.get_by_label("Client Secret").fill(secret.value)
    page.get_by_label("Microsoft 365 contact’s e-mail").fill("ruth@brightwater.example")

    page.get_by_role("button", name="Next").click()

    expect(page.locator("main")).to_contain_text("The Application Registration is valid", timeout=15_000)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Microsoft 365 Settings")
