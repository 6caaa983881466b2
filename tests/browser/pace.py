"""How long the main job takes two people, with human pauses; writes docs/pace.md.

Not part of the suite, because it measures time: `python3 manage.py test tests/browser/pace.py`.
"""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect

from portal.environment import PROJECT
from tests.browser.human import Human
from tests.conftest import IDA
from tests.signing_in import fill_in

LOG = PROJECT / "docs" / "pace.md"
OPERATOR_SECONDS, OPERATOR_INTERACTIONS, INVITEE_SECONDS = 60, 10, 90


def test_the_main_job_at_human_pace(site, browser, browser_context_args, mailbox, olga, customer, sbc, entra):
    customer.contact_email = IDA
    customer.save()
    app = entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()
    secret = app.add_secret(ends_in_days=365)

    operator = _signed_in(browser.new_context(**browser_context_args).new_page(), olga)
    _adds_a_service(operator)
    mail = mailbox.wait_for(lambda mail: IDA in mail.to)
    invitee = Human(browser.new_context(**browser_context_args).new_page())
    _connects_the_tenant(invitee, mail, app, secret)
    _write(operator, invitee, browser.version)

    assert operator.interactions <= OPERATOR_INTERACTIONS


def _signed_in(page, operator):
    page.goto("/")
    fill_in(page, operator)
    expect(page).to_have_url("/")
    page.goto("/services/")
    return Human(page)


def _adds_a_service(person):
    page = person.page
    person.restart()
    person.clicks(page.locator("summary", has_text="Add Service"), "Add Service")
    person.clicks(page.get_by_role("link", name="Direct Routing").first, "Direct Routing")
    person.clicks(page.get_by_role("button", name="Select").first, "Select beside the customer")
    person.clicks(page.get_by_role("link", name="Add New Tenant"), "Add New Tenant")
    person.types(page.get_by_label("Unique Short Name of Service"), "brightwater", "the short name")
    person.clicks(page.get_by_label("Hosted Pro"), "Hosted Pro")
    person.types(page.get_by_label("Licensed Users"), "120", "the licensed users")
    expect(page.get_by_label("Email", exact=True)).to_have_value(IDA)
    person.clicks(page.get_by_role("button", name="Next"), "Next")
    heading = page.get_by_role("heading", level=1)
    person.reads(lambda: expect(heading).to_have_text(f"Invitation for {IDA}"), "the confirmation")


def _connects_the_tenant(person, mail, app, secret):
    page = person.page
    page.set_content(mail.html)
    person.restart()
    person.clicks(page.get_by_role("link", name="Click here to activate your tenant"), "the link in the mail")
    heading = page.get_by_role("heading", level=1)
    person.reads(
        lambda: expect(heading).to_contain_text("Connect your Microsoft 365"),
        "who invites, and why",
        *(heading, page.locator(".tl-lead"), page.locator(".tl-inviter")),
    )
    person.clicks(page.get_by_role("link", name="Use App Registration"), "Use App Registration")
    person.pastes(page.get_by_label("Customer Microsoft Tenant ID"), app.tenant.id, "the tenant ID")
    person.pastes(page.get_by_label("Application (Client) ID"), app.client_id, "the client ID")
    person.pastes(page.get_by_label("Client Secret", exact=True), secret.value, "the client secret")
    person.clicks(page.get_by_role("button", name="Start authentication"), "Start authentication")
    valid = "The Application Registration is valid"
    person.reads(lambda: expect(heading).to_have_text(valid, timeout=30_000), "the confirmation")


def _write(operator, invitee, version):
    met = {True: "met", False: "missed"}
    date, cores = datetime.now(UTC), os.cpu_count()
    quick = operator.seconds <= OPERATOR_SECONDS and operator.interactions <= OPERATOR_INTERACTIONS
    Path(LOG).write_text(
        f"""# The main job at human pace

Written by `python3 manage.py test tests/browser/pace.py` on {date:%Y-%m-%d}: Chromium {version}, {cores} cores,
Python {platform.python_version()}, through real web and worker processes, mail and a simulated Microsoft 365.

Before every action stand the pauses of the keystroke-level model (Card, Moran and Newell, 1980); texts are read at 238
words a minute (Brysbaert, 2019).

## The operator: from Add Service to the confirmation

{operator.seconds:.0f} seconds and {operator.interactions} interactions. Goal, at most {OPERATOR_SECONDS} s and \
{OPERATOR_INTERACTIONS} interactions: {met[quick]}.

{operator.told()}

## The invitee: from the mail to the confirmation, the three values at hand

{invitee.seconds:.0f} seconds and {invitee.interactions} interactions. Goal, at most {INVITEE_SECONDS} s: \
{met[invitee.seconds <= INVITEE_SECONDS]}.

{invitee.told()}
""",
        encoding="utf-8",
    )
