"""Invitations, where they stand, and what follows for them when something below is settled."""

from invitations.models.invitations import ACTIVATION, ACTIVATION_PURPOSE, RECEIPT, REMINDER, Invitation
from invitations.models.standing import MOST_REFUSALS

__all__ = ["ACTIVATION", "ACTIVATION_PURPOSE", "MOST_REFUSALS", "RECEIPT", "REMINDER", "Invitation"]
