"""Every page of the portal, once: who looks, where, and what is done first. A new page is one more line of PAGES."""

from datetime import timedelta

from django.conf import settings
from django.template.loader import render_to_string

from portal.core.clock import now
from portal.core.heartbeats import QUEUES, Part
from services.alarms import raised
from services.pulse import Pulse
from tests.browser.looked import Looked, press
from tests.browser.pages_of_accounts import PAGES_OF_ACCOUNTS


def open_menu(page):
    """The menu of the last row stands open: it covers no half of another row's button."""
    page.locator("td summary").last.click()


def copy_link(page):
    """A link is handed out to whoever presses for it, not to whoever looks."""
    open_menu(page)
    page.get_by_role("button", name="Copy link").and_(page.locator(":visible")).click()


def refuse_tenant(page):
    page.get_by_label("Unique Short Name of Service").fill("bright water.1")
    page.get_by_label("Licensed Users").fill("501")
    press("Next")(page)


def refuse_values(page):
    page.get_by_label("Customer Microsoft Tenant ID").fill("ida@brightwater.example")
    page.get_by_label("Application (Client) ID").fill("ida@brightwater.example")
    page.get_by_label("Client Secret", exact=True).fill("0b7d8c0e-66a1-4b39-9c0c-0f5d7b1f2a10")
    press("Start authentication")(page)


PAGES = [
    *PAGES_OF_ACCOUNTS,
    # The operators' lists, full
    Looked("dashboard", "olga", "/"),
    Looked("services", "olga", "/services/"),
    Looked("services-menu", "olga", "/services/", open_menu),
    Looked("services-none-found", "olga", "/services/?q=nothing-like-it"),
    Looked("customers", "olga", "/customers/"),
    Looked("customers-second-page", "pat", lambda world: world.second_page),
    Looked("pending", "olga", "/pending-invitations/"),
    Looked("pending-menu", "olga", "/pending-invitations/", open_menu),
    Looked("connections", "olga", "/connections/"),
    Looked("nightly-runs", "olga", "/nightly-runs/"),
    Looked("nightly-run", "olga", lambda world: f"/nightly-runs/{world.night.date}/"),
    Looked("nightly-items", "olga", lambda world: f"/nightly-runs/{world.night.date}/secret-rejected/"),
    Looked("sbcs", "olga", "/sbcs/"),
    Looked("notices", "olga", "/notices/"),
    # The same, empty
    Looked("dashboard-empty", "max", "/"),
    Looked("services-empty", "max", "/services/"),
    Looked("customers-empty", "max", "/customers/"),
    Looked("pending-empty", "max", "/pending-invitations/"),
    Looked("connections-empty", "max", "/connections/"),
    Looked("sbcs-empty", "max", "/sbcs/"),
    Looked("notices-empty", "max", "/notices/"),
    Looked("onboarding-empty", "max", "/services/add/direct-routing/"),
    # Their forms
    Looked("customer-add", "olga", "/customers/add/"),
    Looked("customer-errors", "olga", "/customers/add/", press("Add")),
    Looked("customer", "olga", lambda world: f"/customers/{world.customer.pk}/"),
    Looked("customer-contact", "olga", lambda world: f"/customers/{world.customer.pk}/contact/"),
    Looked("customer-services", "olga", lambda world: f"/customers/{world.customer.pk}/services/"),
    Looked("channels", "pia", "/channels/"),
    Looked("channel-add", "pia", "/channels/add/"),
    Looked("channel-errors", "pia", "/channels/add/", press("Add channel")),
    Looked("channel", "pia", lambda world: f"/channels/{world.customer.channel_id}/"),
    Looked("channel-read", "olga", lambda world: f"/channels/{world.customer.channel_id}/"),
    Looked("channel-branding", "olga", lambda world: f"/channels/{world.customer.channel_id}/branding/"),
    Looked("channel-warnings", "olga", lambda world: f"/channels/{world.customer.channel_id}/warnings/"),
    Looked("mail-server", "olga", "/mail-server/"),
    Looked("preferences", "olga", "/preferences/"),
    Looked("sbc-add", "olga", "/sbcs/add/"),
    Looked("sbc-errors", "olga", "/sbcs/add/", press("Add")),
    Looked("sbc", "olga", lambda world: f"/sbcs/{world.sbc.pk}/"),
    # The Onboarding wizard
    Looked("onboarding-customer", "olga", "/services/add/direct-routing/"),
    Looked("onboarding-tenant", "olga", "/services/add/direct-routing/tenant/"),
    Looked("onboarding-tenant-errors", "olga", "/services/add/direct-routing/tenant/", refuse_tenant),
    Looked("onboarding-sent", "olga", lambda world: world.url("onboarding_sent", "long")),
    Looked("onboarding-registration", "olga", lambda world: world.url("onboarding_registration", "answered")),
    Looked("onboarding-values", "olga", lambda world: world.url("onboarding_registration", "failed")),
    Looked("onboarding-check-runs", "olga", lambda world: world.check("onboarding_check", "checking")),
    Looked("onboarding-check-valid", "olga", lambda world: world.check("onboarding_check", "validated")),
    Looked("onboarding-check-failed", "olga", lambda world: world.check("onboarding_check", "refused")),
    Looked("onboarding-settings", "olga", lambda world: world.url("onboarding_settings", "validated")),
    Looked("onboarding-sip", "olga", lambda world: world.url("onboarding_sip", "complete")),
    Looked("onboarding-summary", "olga", lambda world: world.url("onboarding_summary", "complete")),
    Looked("what-remains", "olga", lambda world: world.url("onboarding_what_remains", "active")),
    # Pending invitations, one by one
    Looked("pending-link", "olga", "/pending-invitations/", copy_link),
    Looked("pending-resend", "olga", lambda world: world.url("resend", "long")),
    Looked("pending-tenant", "olga", lambda world: world.url("held_tenant", "held")),
    Looked("pending-revoke", "olga", lambda world: world.url("revoke", "waiting")),
    Looked("pending-delete", "olga", lambda world: world.url("delete_pending", "long")),
    # The service portal
    Looked("service", "olga", lambda world: world.url("edit_service", "ending")),
    Looked("service-pending", "olga", lambda world: world.url("edit_service", "long")),
    Looked("m365", "olga", lambda world: world.url("m365_configuration", "active")),
    Looked("m365-ending", "olga", lambda world: world.url("m365_configuration", "ending")),
    Looked("m365-broken", "olga", lambda world: world.url("m365_configuration", "broken")),
    Looked("m365-nights", "olga", lambda world: world.url("m365_configuration", "lost")),
    Looked("m365-undated", "olga", lambda world: world.url("m365_configuration", "undated")),
    Looked("m365-pending", "olga", lambda world: world.url("m365_configuration", "waiting")),
    Looked("m365-validation", "olga", lambda world: world.check("validation", "broken")),
    Looked("activity", "olga", lambda world: world.url("activity", "renewed")),
    Looked("activity-pending", "olga", lambda world: world.url("activity", "held")),
    Looked("m365-renewed", "olga", lambda world: world.url("m365_configuration", "renewed")),
    Looked("m365-link-open", "olga", lambda world: world.url("m365_configuration", "renewing")),
    Looked("new-secret", "olga", lambda world: world.url("client_secret", "active")),
    Looked(
        "new-secret-errors", "olga", lambda world: world.url("client_secret", "active"), press("Validate and")
    ),
    Looked("end-of-secret", "olga", lambda world: world.url("end_of_secret", "undated")),
    Looked("re-initiate", "olga", lambda world: world.url("reinitiate", "broken")),
    Looked("link-resend", "olga", lambda world: world.url("resend_link", "renewing")),
    Looked("link-revoke", "olga", lambda world: world.url("revoke_link", "renewing")),
    # The invitee's pages
    Looked("invitee-welcome", "ida", lambda world: world.answer("welcome", "open")),
    Looked("invitee-values", "ida", lambda world: world.answer("values", "open")),
    Looked("invitee-values-errors", "ida", lambda world: world.answer("values", "open"), refuse_values),
    Looked("invitee-running", "ida", lambda world: world.result("running")),
    Looked("invitee-valid", "ida", lambda world: world.result("answered")),
    Looked("invitee-findings", "ida", lambda world: world.result("findings")),
    Looked("invitee-failed", "ida", lambda world: world.result("failed")),
    Looked("invitee-too-new", "ida", lambda world: world.result("watched")),
    Looked("invitee-held", "ida", lambda world: world.result("held")),
    Looked("invitee-locked", "ida", lambda world: world.result("locked")),
    Looked("renewal-welcome", "ida", lambda world: world.answer("welcome", "renewing")),
    Looked("renewal-values", "ida", lambda world: world.answer("values", "renewing")),
    Looked("invitee-dead", "nobody", "/i/no-link/", status=410),
    Looked("guide", "nobody", "/guide/"),
    # Refusals
    Looked("forbidden", "monica", "/customers/add/", status=403),
    Looked("not-found", "olga", "/nowhere/", status=404),
]

# What is asked for on its own only when something is broken: drawn here, and shown at the portal's address.
DRAWN = {name: f"{name}.html" for name in ("400", "403_csrf", "429", "500")} | {
    "standstill": "dashboard.html"
}


def draw(name):
    """An error page as its handler draws it; the dashboard while all workers and beat stand still after a bad night."""
    at = now()
    ages = {Part.BEAT: timedelta(days=9)} | dict.fromkeys(QUEUES, timedelta(days=19))
    said = {
        "now": at,
        "alarms": raised(Pulse(at.date(), at, at, 4310, 12, 12), ages),
        "request_id": "1f0e2d3c4b5a",
        "provider_name": settings.PROVIDER_NAME,
        "provider_phone": settings.PROVIDER_PHONE,
    }
    return render_to_string(DRAWN[name], said)
