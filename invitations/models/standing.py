"""Where an invitation stands: open, held, authenticated, completed; or expired, revoked, locked."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.core.clock import now
from portal.core.tenancy import ScopedQuerySet, ScopedRow

# So many refusals by Entra lock a link: enough to mistype a few times, too few to try out stolen secrets.
MOST_REFUSALS = 5


class StandingQuerySet(ScopedQuerySet[ScopedRow]):
    def unanswered(self) -> Self:
        """Those whose link no values have been accepted for, whatever else became of it."""
        return self.filter(Q(held_at=None) | Q(revoked_at__isnull=False), authenticated_at=None)

    def alive(self) -> Self:
        """Those whose link opens the wizard unless its time is over."""
        return self.filter(authenticated_at=None, revoked_at=None, held_at=None, locked_at=None)

    def open(self) -> Self:
        """Those whose link still opens the wizard."""
        return self.alive().filter(expires_at__gt=now())

    def held(self) -> Self:
        """Answered, but an operator must confirm the tenant."""
        return self.filter(authenticated_at=None, revoked_at=None, held_at__isnull=False)

    def to_remind(self) -> Self:
        """Open ones whose half-life has come and whose link was not reminded of yet."""
        return self.open().filter(remind_at__lte=now())


class Standing(models.Model):
    """Moments, and the state that they make. Only open invitations have a living link; held ones do not expire."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        HELD = "held", "tenant to be confirmed"
        AUTHENTICATED = "authenticated", "authenticated"
        COMPLETED = "completed", "completed"
        EXPIRED = "expired", "expired"
        REVOKED = "revoked", "revoked"
        LOCKED = "locked", "locked"

    expires_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)  # empty as soon as the reminder of this link is queued
    held_at = models.DateTimeField(null=True)
    authenticated_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    refusals = models.PositiveIntegerField(default=0, db_default=0)  # by Entra, of what this link brought
    locked_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def state(self) -> "Standing.State":
        if self.completed_at:
            return self.State.COMPLETED
        if self.authenticated_at:
            return self.State.AUTHENTICATED
        if self.revoked_at:
            return self.State.REVOKED
        if self.held_at:
            return self.State.HELD
        if self.locked_at:
            return self.State.LOCKED
        return self.State.EXPIRED if self.expires_at <= now() else self.State.OPEN

    @property
    def tries_left(self) -> int:
        """How many more refusals the link bears."""
        return MOST_REFUSALS - self.refusals


def new_life(ends: datetime | None = None) -> dict[str, Any]:
    """Of a new link: its end, and the moment of its one reminder, which a later setting does not move.

    One with an end of its own is not reminded of: a newer link comes instead.
    """
    began = now()
    return {
        "remind_at": None if ends else began + settings.INVITATION_LIFETIME / 2,
        "expires_at": ends or began + settings.INVITATION_LIFETIME,
        "held_at": None,
        "revoked_at": None,
        "refusals": 0,
        "locked_at": None,
    }
