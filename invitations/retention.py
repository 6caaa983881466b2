"""Whom old invitations were sent to."""

from datetime import datetime

from django.db.models import Q

from invitations.models import Invitation
from portal.core.retention import BATCH, HOLDER


def addresses(before: datetime) -> int:
    """Of invitations whose life is over: the address, and by whom they were answered where that names it."""
    over = (
        Q(completed_at__lt=before)
        | Q(revoked_at__lt=before)
        | Q(authenticated_at=None, expires_at__lt=before)
    )
    old = Invitation.objects.filter(over).exclude(email="").values("pk")[:BATCH]
    found = Invitation.objects.filter(pk__in=old)
    found.filter(authenticated_by__startswith="holder of").update(authenticated_by=HOLDER)
    return Invitation.objects.filter(pk__in=list(old.values_list("pk", flat=True))).update(email="")
