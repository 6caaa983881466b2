"""Links to connect a service once more; what is in use works until the answer is confirmed."""

from django.db import transaction

from invitations import renewals
from invitations.models import Invitation, Purpose
from m365.models import AppRegistration
from portal.core.actors import Actor
from services.models import Service


@transaction.atomic
def reinitiate(service: Service, email: str, actor: Actor) -> bool:
    """Mail a link for the three values; one that only asks for a renewal dies.

    False, and nothing is mailed, while such a link is open already or a tenant is to be confirmed, and when the
    service is not connected or not created, or was deleted.
    """
    registration = AppRegistration.objects.lock(service.app_registration_id)
    service.refresh_from_db(fields=["state", "invitation"])
    if registration.active_credential_id is None or registration.held_id or not _created(service):
        return False
    if former := renewals.unanswered(registration):
        if former.asks_for is Purpose.RECONNECT and former.state == Invitation.State.OPEN:
            return False
        former.revoke(actor)
    service.invitation = Invitation.send(
        registration,
        email,
        actor,
        purpose=Purpose.RECONNECT,
        customer_name=service.customer.name,
        service_name=service.full_name,
    )
    service.save(update_fields=["invitation"])
    return True


@transaction.atomic
def resend(service: Service, email: str, actor: Actor, version: int) -> bool:
    """A new link of the invitation that is out; False when it is not that `version` any more, or was answered."""
    AppRegistration.objects.lock(service.app_registration_id)
    service.refresh_from_db(fields=["state", "invitation"])
    invitation = link_out(service)
    if invitation is None or invitation.version != version or not _created(service):
        return False
    return invitation.resend(
        email, actor, customer_name=service.customer.name, service_name=service.full_name
    )


def link_out(service: Service) -> Invitation | None:
    """The invitation of a connected service that may still be answered, or resent; None once it was, or was revoked."""
    invitation = service.invitation
    if invitation is None or not invitation.asks_for.completes:
        return None
    over = (Invitation.State.REVOKED, Invitation.State.COMPLETED, Invitation.State.HELD)
    return None if invitation.state in over else invitation


def _created(service: Service) -> bool:
    return service.state in (Service.State.ACTIVE, Service.State.SUSPENDED)
