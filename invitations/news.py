"""What the operator who invited is told, as a notice in the portal and a mail, as soon as there is something to do.

Where they go on from there only the app above knows; it registers that when it starts.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from invitations.models.purposes import Purpose
from portal.core import outbox
from portal.core.actors import Actor
from portal.core.notices import Notice
from portal.core.outbox import OutboxMail
from portal.core.roles import Action
from portal.core.tenancy import Operator

if TYPE_CHECKING:
    from invitations.models import Invitation

FINISHED, HELD, LOCKED = "invitation.finished", "invitation.held", "invitation.locked"

Place = Callable[["Invitation"], str]


def _dashboard(invitation: "Invitation") -> str:
    """It lists what waits for an operator."""
    return "/"


_place: Place = _dashboard


def register(place: Place) -> None:
    """Say which path of the portal an operator opens to go on from where the invitation stands.

    It is asked inside the settling transaction, and when the mail is sent.
    """
    global _place
    _place = place


def place(invitation: "Invitation") -> str:
    """The path where the operator goes on."""
    return _place(invitation)


def finished(invitation: "Invitation") -> str:
    customer, service = invitation.customer_name, invitation.service_name
    if invitation.purpose == Purpose.RENEW:
        return f"{customer} has renewed the client secret of {service}."
    again = " once more" if invitation.purpose == Purpose.RECONNECT else ""
    return f"{customer} has connected {service}{again}."


def held(invitation: "Invitation") -> str:
    return (
        f"{invitation.customer_name} has signed in for {invitation.service_name}: please confirm the tenant."
    )


def locked(invitation: "Invitation") -> str:
    return (
        f"The link for {invitation.service_name} of {invitation.customer_name} is locked: "
        f"Microsoft refused {invitation.refusals} attempts."
    )


def finished_key(invitation: "Invitation") -> str:
    return f"invitation/{invitation.uuid}/finished"


def held_key(invitation: "Invitation") -> str:
    """With the link's version: one that is rejected and sent again may be held again."""
    return f"{invitation.mail_key}/held"


def locked_key(invitation: "Invitation") -> str:
    return f"{invitation.mail_key}/locked"


def is_about(mail: OutboxMail, key: str) -> bool:
    """Whether this mail tells what that key stands for, to whichever operator."""
    return mail.key == key or mail.key.startswith(f"{key}/")


def tell_finished(invitation: "Invitation", actor: Actor) -> None:
    """In the transaction that authenticates."""
    _tell(FINISHED, invitation, finished(invitation), finished_key(invitation), actor)


def tell_held(invitation: "Invitation", actor: Actor) -> None:
    """In the transaction that holds."""
    _tell(HELD, invitation, held(invitation), held_key(invitation), actor)


def tell_locked(invitation: "Invitation", actor: Actor) -> None:
    """In the transaction that locks."""
    _tell(LOCKED, invitation, locked(invitation), locked_key(invitation), actor)


def _tell(kind: str, invitation: "Invitation", sentence: str, key: str, actor: Actor) -> None:
    for operator in _told(invitation):
        theirs = key if operator == invitation.invited_by else f"{key}/{operator.pk}"
        Notice.tell(operator, sentence, place(invitation), key=theirs)
        outbox.post(kind, invitation.uuid, operator.email, key=theirs, actor=actor)


def _told(invitation: "Invitation") -> list[Operator]:
    """Whoever invited; of a renewal, which nobody sent by hand, those who may act once that one is gone."""
    inviter, channel_id = invitation.invited_by, invitation.channel_id
    present = inviter.is_active and inviter.may(Action.SEE, channel_id)
    if present or invitation.purpose != Purpose.RENEW:
        return [inviter]
    return list(Operator.objects.who_may(Action.CONNECT, channel_id))
