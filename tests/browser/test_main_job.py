"""The main job in a real browser: twenty steps (S01–S20) by two people in two contexts.

Olga is the operator; Ida administers the customer's Microsoft 365 and has only what was mailed to her. Web and
workers are processes of their own, the mail comes by SMTP, Microsoft 365 is the simulator behind HTTPS. They walk it
twice: with scripts, and in browsers that run none.
"""

import re

import pytest
from playwright.sync_api import expect

from portal.core.tenancy import Operator
from services.models import Service
from tests.conftest import IDA
from tests.signing_in import fill_in


class Person:
    """Somebody with a browser of their own; each page they pass is looked at by axe, which is a script itself."""

    def __init__(self, context, axe, scripts):
        context.set_default_timeout(10_000)
        self.page = context.new_page()
        self.axe = axe
        self.scripts = scripts

    def sees(self, heading):
        """The page with this heading; nothing on it keeps anybody out."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        self.gets_along()

    def gets_along(self):
        """Nothing on this page keeps anybody out."""
        if self.scripts:
            assert self.axe(self.page) == []

    def is_told(self):
        """The summary of what is wrong is there, and where a script can, it takes the focus."""
        summary = self.page.get_by_role("alert")
        expect(summary).to_be_visible()
        if self.scripts:
            expect(summary).to_be_focused()
        self.gets_along()

    def click(self, name, role="link"):
        self.page.get_by_role(role, name=name).first.click()

    def press(self, name):
        self.click(name, "button")

    def fills(self, **values):
        for label, value in values.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def person(request, site, browser, browser_context_args, page_guard, axe):
    """`person()`: somebody new, with a browser of their own."""
    contexts = []

    def meet():
        options = browser_context_args | {"java_script_enabled": request.param}
        contexts.append(page_guard.watch(browser.new_context(**options)))
        return Person(contexts[-1], axe, scripts=request.param)

    yield meet
    for context in contexts:
        context.close()


@pytest.fixture
def olgas(person, olga):
    return person()


@pytest.fixture
def idas(person):
    return person()


@pytest.fixture
def tenant(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd", domains=["brightwater-dental.example"])


@pytest.fixture
def app(tenant):
    return tenant.add_application()


@pytest.fixture
def secret(app):
    return app.add_secret(ends_in_days=364.5)


def test_two_people_walk_the_main_job(olgas, idas, mailbox, customer, sbc, tenant, app, secret):
    begin_a_service(olgas)
    enter_the_tenant(olgas)
    link = read_the_mail(mailbox)
    olgas.page.goto("/pending-invitations/")
    expect(olgas.page.get_by_role("row", name="brightwater")).to_contain_text("No")

    connect_the_tenant(idas, link, tenant, app, secret)
    receive_the_receipt(mailbox)

    see_it_turn_true(olgas)
    add_the_invitation(olgas, tenant, app)
    complete_the_service(olgas)
    look_at_the_connection(olgas, app)


def begin_a_service(olgas):
    olgas.page.goto("/")
    olgas.sees("Sign in")
    fill_in(olgas.page, Operator.objects.get(email="olga@nordhafen.example"))
    # S01: Services, Add Service, Direct Routing
    olgas.click("Services")
    olgas.sees("Services")
    olgas.page.locator("summary", has_text="Add Service").click()
    olgas.click("Direct Routing")
    # S02: a customer first; S03: Add New Tenant
    olgas.sees("Which customer is the service for?")
    expect(olgas.page.get_by_role("heading", name="Pending Invitations")).to_be_visible()
    olgas.page.get_by_role("row", name="Brightwater Dental Group").get_by_role(
        "button", name="Select"
    ).click()
    olgas.page.locator("a, button", has_text="Add New Tenant").first.click()
    olgas.sees("Add New Tenant")
    expect(olgas.page.locator("main")).to_contain_text("Brightwater Dental Group")


def enter_the_tenant(olgas):
    # S04–S06: the rules answer beside their fields and nothing is lost
    olgas.page.get_by_label("Full Name of Service").fill("Brightwater Dental, London")
    olgas.page.get_by_label("Unique Short Name of Service").fill("bright water.1")
    olgas.page.get_by_label("Hosted Pro").check()
    olgas.page.get_by_label("Licensed Users").fill("501")
    olgas.page.get_by_label("Send link to IT administrator for authentication").check()
    olgas.page.get_by_label("Email", exact=True).fill(IDA)
    olgas.press("Next")
    olgas.is_told()
    main = olgas.page.locator("main")
    expect(main).to_contain_text("It has a blank")
    expect(main).to_contain_text("It has a dot")
    expect(main).to_contain_text("500")
    olgas.page.get_by_label("Unique Short Name of Service").fill("brightwater")
    olgas.page.get_by_label("Licensed Users").fill("120")
    expect(olgas.page.get_by_label("Email", exact=True)).to_have_value(IDA)
    # S07: Next queues one invitation
    olgas.press("Next")
    olgas.sees(IDA)


def read_the_mail(mailbox):
    # S08: one mail, text and HTML, with the link
    mail = mailbox.wait_for(lambda mail: IDA in mail.to)
    assert "Click here to activate your tenant" in mail.text
    assert "Click here to activate your tenant" in mail.html
    for named in ("Brightwater Dental Group", "Brightwater Dental, London", "Nordhafen Voice"):
        assert named in mail.text
        assert named in mail.html
    [link] = [link for link in mail.links if "/i/" in link]
    return link


def connect_the_tenant(idas, link, tenant, app, secret):
    idas.page.goto(link)
    assert link.rpartition("/i/")[2] not in idas.page.url
    idas.sees("Connect your Microsoft 365")
    expect(idas.page.locator("main")).to_contain_text("Olga")
    # S09: three values, the secret masked
    idas.click("Use App Registration")
    idas.sees("three values")
    idas.page.get_by_label("Customer Microsoft Tenant ID").fill(f"  {tenant.id} ")
    idas.page.get_by_label("Application (Client) ID").fill(app.client_id)
    idas.page.get_by_label("Client Secret", exact=True).fill(secret.key_id)
    expect(idas.page.get_by_label("Client Secret", exact=True)).to_have_attribute("type", "password")
    idas.press("Start authentication")
    expect(idas.page.get_by_role("alert")).to_contain_text("Secret ID")
    idas.gets_along()
    # a wrong secret is told apart, too
    idas.page.get_by_label("Client Secret", exact=True).fill("wrong-but-long-enough-to-be-a-secret-value")
    idas.press("Start authentication")
    expect(idas.page.locator("main")).to_contain_text("The secret does not fit this app", timeout=20_000)
    idas.gets_along()
    idas.page.locator("main a, main button", has_text="values").first.click()
    expect(idas.page.get_by_label("Application (Client) ID")).to_have_value(app.client_id)
    expect(idas.page.get_by_label("Client Secret", exact=True)).to_have_value("")
    idas.page.get_by_label("Client Secret", exact=True).fill(secret.value)
    idas.press("Start authentication")
    # S10: valid, and the window may be closed
    expect(idas.page.get_by_role("heading", level=1)).to_have_text(
        "The Application Registration is valid", timeout=20_000
    )
    idas.sees("The Application Registration is valid")
    main = idas.page.locator("main")
    expect(main).to_contain_text("Brightwater Dental Group Ltd")
    expect(main).to_contain_text("brightwater-dental.example")
    expect(main).to_contain_text("close this window")
    assert secret.value not in idas.page.content()


def receive_the_receipt(mailbox):
    receipt = mailbox.wait_for(lambda mail: IDA in mail.to and "activate" not in mail.text.lower())
    assert "Brightwater Dental Group Ltd" in receipt.text


def see_it_turn_true(olgas):
    # S11: without any action of hers; without scripts the browser loads the page again, every half minute
    if not olgas.scripts:
        expect(olgas.page.locator("noscript meta[http-equiv=refresh]")).to_have_attribute(
            "content", re.compile("^30;")
        )
        olgas.page.reload()
    row = olgas.page.get_by_role("row", name="brightwater")
    expect(row).to_contain_text("true", timeout=30_000)
    olgas.gets_along()


def add_the_invitation(olgas, tenant, app):
    # S12, S13: the wizard again, Pending Invitations
    olgas.page.goto("/services/")
    olgas.page.locator("summary", has_text="Add Service").click()
    olgas.click("Direct Routing")
    row = olgas.page.get_by_role("row", name="brightwater").filter(has_text="Authentication Complete")
    # S14: Add shows the registration, never the secret
    row.get_by_role("link", name="Add").click()
    olgas.sees("brightwater")
    for shown in (tenant.id, app.client_id, "Brightwater Dental Group Ltd", "Hosted Pro", "120"):
        expect(olgas.page.locator("main")).to_contain_text(shown)
    # S15: Next validates again, live
    olgas.press("Next")
    expect(olgas.page.locator("main")).to_contain_text("Sign-in accepted", timeout=20_000)
    # S16: Next again leads to the settings, pre-filled
    olgas.page.locator("main a, main button", has_text=re.compile("^Next")).last.click()
    olgas.sees("Microsoft 365 Settings")
    expect(olgas.page.get_by_label("Customer Microsoft Tenant ID")).to_have_value(tenant.id)
    expect(olgas.page.get_by_label("M365 Domain (Override Admin Domain)")).to_have_value(tenant.domains[0])


def complete_the_service(olgas):
    # S17: settings, SIP connection, summary, exactly one active service, what remains
    olgas.press("Next")
    olgas.sees("SIP Connection")
    olgas.page.get_by_label("Site name").fill("London")
    expect(olgas.page.get_by_label("Host label")).to_have_value("brightwater")
    expect(olgas.page.locator("main")).to_contain_text("brightwater.sbc.nordhafen.example")
    olgas.page.get_by_label("SBC", exact=True).select_option("HAM-1 (sbc.nordhafen.example)")
    olgas.press("Next")
    olgas.sees("Summary")
    expect(olgas.page.locator("main")).to_contain_text("brightwater.sbc.nordhafen.example")
    olgas.press("Create service")
    olgas.sees("What remains")
    main = olgas.page.locator("main")
    expect(main).to_contain_text("Connect-MicrosoftTeams")
    expect(main).to_contain_text("192.0.2.61")
    assert Service.objects.get().state == Service.State.ACTIVE
    olgas.page.goto("/pending-invitations/")
    expect(olgas.page.get_by_role("row", name="brightwater")).to_have_count(0)
    olgas.sees("Pending Invitations")


def look_at_the_connection(olgas, app):
    # S18: Direct Routing, Edit Service
    olgas.click("Services")
    row = olgas.page.get_by_role("row", name="brightwater")
    expect(row).to_contain_text("Deployed")
    row.locator("summary", has_text="Direct Routing").click()
    row.get_by_role("link", name="Edit Service").click()
    olgas.sees("Brightwater Dental, London")
    # S19: Configuration, M365 Configuration
    olgas.click("M365 Configuration")
    olgas.page.wait_for_url("**/m365-configuration/")  # both pages have the same heading
    olgas.sees("Brightwater Dental, London")
    expect(olgas.page.locator("main")).to_contain_text(app.client_id)
    # S20: validated now, and the days stand there
    olgas.press("Validate Authentication")
    expect(olgas.page.locator("main")).to_contain_text("Client Secret Days Until Expire", timeout=20_000)
    expect(olgas.page.locator("main")).to_contain_text("364")
    olgas.sees("Brightwater Dental, London")
