"""What follows for an invitation when something below is settled; each inside the settling transaction."""

from django.db.models import F

from invitations.models import Invitation
from m365.models import Validation
from portal.core.actors import Actor
from portal.core.outbox import MailState, OutboxMail


def accept(validation: Validation) -> bool:
    """The values work: the invitation must still be open."""
    invitation = _answered(validation)
    return invitation is not None and invitation.authenticate(validation)


def held(validation: Validation) -> bool:
    """They work in a tenant that an operator must confirm: the invitation must still be open."""
    invitation = _answered(validation)
    return invitation is not None and invitation.hold(validation)


def confirmed(validation: Validation, actor: Actor) -> bool:
    """The operator knows the tenant."""
    invitation = _answered(validation)
    return invitation is not None and invitation.authenticate(validation, confirmed_by=actor)


def rejected(validation: Validation, actor: Actor) -> None:
    """The operator does not: the link is dead, and may be resent."""
    if invitation := _answered(validation):
        invitation.reject(validation, actor)


def refused(validation: Validation) -> None:
    """Entra refused what was entered: counted, and locked after too many."""
    if invitation := _answered(validation):
        invitation.count_refusal(validation)


def _answered(validation: Validation) -> Invitation | None:
    """The invitation that it answers, locked."""
    if validation.subject is None:
        return None
    return Invitation.objects.select_for_update().filter(uuid=validation.subject).first()


def mail_settled(mail: OutboxMail) -> None:
    """A mail with the link left the queue: those that the relay accepted are counted."""
    if mail.state == MailState.SENT:
        Invitation.objects.filter(uuid=mail.object_id).update(sent_count=F("sent_count") + 1)
