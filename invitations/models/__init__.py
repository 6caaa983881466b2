"""Invitations, what they ask for, and where each stands."""

from invitations.models.invitations import ACTIVATION, RECEIPT, REMINDER, Invitation
from invitations.models.purposes import Purpose
from invitations.models.standing import MOST_REFUSALS

__all__ = ["ACTIVATION", "MOST_REFUSALS", "RECEIPT", "REMINDER", "Invitation", "Purpose"]
