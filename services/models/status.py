"""How a service does, and where it stands in the Onboarding wizard, read from its row and its registration's."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models

from invitations.models import Invitation
from m365.models import AppRegistration, ConnectionState
from portal.core.clock import now
from services import thresholds

if TYPE_CHECKING:
    from services.models.services import Service

# Create service follows a live sign-in by an operator, not one of last week.
VALIDATED_FOR = timedelta(hours=12)


class Purpose(models.TextChoices):
    """What an operator has a connection validated for."""

    PORTAL = "portal", "the Service portal's Validate Authentication"
    ONBOARDING = "onboarding", "the Onboarding wizard's Next"
    KNOWN = "known", "values of a known app registration, typed in the Onboarding wizard"
    NEW_SECRET = "new_secret", "the Service portal's Set new client secret"


def status(service: "Service") -> tuple[str, str, str]:
    """Deploy status, status, and the reason where there is one, as operators read them."""
    if service.state == service.State.PENDING:
        return ("Pending", *_readiness(service))
    if service.state != service.State.ACTIVE:
        return service.get_state_display(), "Unmonitored", ""
    return ("Deployed", *_health(service))


def _readiness(service: "Service") -> tuple[str, str]:
    if service.connected:
        return "Ready", ""
    if service.held:
        return "Waiting", "confirm tenant"
    locked = service.invitation and service.invitation.state == Invitation.State.LOCKED
    return "Waiting", "link locked" if locked else ""


def _health(service: "Service") -> tuple[str, str]:
    registration, days = service.app_registration, service.days_left
    if days is not None and days < 0:
        return "Error", "secret expired"
    if registration.broken:
        return (
            "Error",
            registration.cause.operator if registration.cause else registration.get_state_display(),
        )
    reasons = ["not checked for 36 hours"] if registration.unchecked else []
    if days is None:
        reasons.append("expiry unknown")
    elif days <= thresholds.of(service.customer, service.channel)[0]:
        reasons.append("secret ends soon")
    elif registration.state == ConnectionState.OK_WITH_FINDINGS:
        reasons.append("validated with findings")
    return ("Warning", "; ".join(reasons)) if reasons else ("OK", "")


def next_step(service: "Service") -> str:
    """The first step of the Onboarding wizard that is not done, by the name of its URL."""
    if service.state != service.State.PENDING:
        return "onboarding_what_remains"
    if not service.connected and service.invitation:
        return "onboarding_sent"
    if not (service.connected and _validated_by_the_wizard(service.app_registration)):
        return "onboarding_registration"
    if not service.m365_domain:
        return "onboarding_settings"
    return "onboarding_summary" if hasattr(service, "sip_connection") else "onboarding_sip"


def _validated_by_the_wizard(registration: AppRegistration) -> bool:
    """What the invitee validated is validated again, live, by the operator's own Next."""
    last = registration.last_validation
    if not (last and last.signed_in and last.finished_at):
        return False
    by_the_wizard = last.purpose in (Purpose.ONBOARDING, Purpose.KNOWN)
    return by_the_wizard and now() - last.finished_at < VALIDATED_FOR
