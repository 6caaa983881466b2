"""Invitations, what they ask for, and where each stands."""

from invitations.models.invitations import Invitation
from invitations.models.mailed import ACTIVATION, RECEIPT, REMINDER
from invitations.models.purposes import Purpose
from invitations.models.standing import MOST_REFUSALS

__all__ = ["ACTIVATION", "MOST_REFUSALS", "RECEIPT", "REMINDER", "Invitation", "Purpose"]
