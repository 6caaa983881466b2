"""What the operator who invited is told when the customer has finished: a notice in the portal and a mail.

Where they go on from there only the app above knows; it registers that when it starts.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from portal.core import outbox
from portal.core.actors import Actor
from portal.core.notices import Notice

if TYPE_CHECKING:
    from invitations.models import Invitation

FINISHED = "invitation.finished"

Place = Callable[["Invitation"], str]


def _dashboard(invitation: "Invitation") -> str:
    """It lists what is ready to be finished."""
    return "/"


_place: Place = _dashboard


def register(place: Place) -> None:
    """Say which path of the portal an operator opens to go on; asked inside the settling transaction."""
    global _place
    _place = place


def place(invitation: "Invitation") -> str:
    """The path where the operator goes on."""
    return _place(invitation)


def sentence(invitation: "Invitation") -> str:
    return f"{invitation.customer_name} has connected {invitation.service_name}."


def tell(invitation: "Invitation", actor: Actor) -> None:
    """Notice and mail, in the transaction that authenticates."""
    key = f"invitation/{invitation.uuid}/finished"
    operator = invitation.invited_by
    Notice.tell(operator, sentence(invitation), place(invitation), key=key)
    outbox.post(FINISHED, invitation.uuid, operator.email, key=key, actor=actor)
