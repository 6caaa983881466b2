"""Whom old invitations were sent to."""

from datetime import datetime

from django.db.models import Case, F, Q, Value, When

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
    by = Case(
        When(authenticated_by__startswith="holder of", then=Value(HOLDER)), default=F("authenticated_by")
    )
    return Invitation.objects.filter(pk__in=old).update(email="", authenticated_by=by)
