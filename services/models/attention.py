"""Which services somebody must do something about; in step with what `Service.status` says of each."""

from typing import Self

from django.db.models import Count, OuterRef, Q, Subquery

from invitations.models import ACTIVATION
from m365.models import BROKEN, Credential
from m365.models.registrations import UNCHECKED_AFTER
from portal.core.clock import now
from portal.core.outbox import MailState, OutboxMail
from portal.core.tenancy import ScopedQuerySet, ScopedRow
from services import thresholds

_ENDS, _CHECKED = "app_registration__secret_ends_at", "app_registration__checked_at"
_REFUSED = Q(app_registration__state__in=BROKEN)
_AMBIGUOUS = Q(app_registration__active_credential__expiry=Credential.Expiry.AMBIGUOUS)
_READY = Q(state="pending", app_registration__active_credential__isnull=False)
_HELD = Q(app_registration__held__isnull=False) & ~Q(state="deleted")
_UNANSWERED = Q(
    state="pending",
    invitation__authenticated_at=None,
    invitation__revoked_at=None,
    invitation__held_at=None,
)
_LOCKED = _UNANSWERED & Q(invitation__locked_at__isnull=False)
_UNDELIVERED = _UNANSWERED & Q(
    invitation__locked_at=None,
    mail_state__in=[MailState.FAILED, MailState.UNCERTAIN],
)


def _broken() -> Q:
    # Where it is not known which secret is in use, its earliest end says nothing once it has passed.
    ended = Q(**{f"{_ENDS}__lt": now()}) & ~_AMBIGUOUS
    return Q(state="active") & (_REFUSED | ended)


def _ending() -> Q:
    soon = Q(**{f"{_ENDS}__gte": now(), f"{_ENDS}__lt": thresholds.soon()})
    return Q(state="active") & soon & ~_REFUSED


def _unchecked() -> Q:
    stale = Q(**{_CHECKED: None}) | Q(**{f"{_CHECKED}__lte": now() - UNCHECKED_AFTER})
    return Q(state="active") & stale & ~_broken()


class AttentionQuerySet(ScopedQuerySet[ScopedRow]):
    """Methods of the services' queryset."""

    def broken(self) -> Self:
        """Active ones that cannot sign in any more, the latest first."""
        return self.filter(_broken()).order_by(f"-{_CHECKED}", "id")

    def ready(self) -> Self:
        """Pending ones whose customer has signed in: an operator completes them. Longest waiting first."""
        return self.filter(_READY).order_by("app_registration__authenticated_at", "id")

    def held(self) -> Self:
        """Those whose tenant an operator must confirm or reject. Longest waiting first."""
        return self.filter(_HELD).order_by("app_registration__held__finished_at", "id")

    def locked(self) -> Self:
        """Pending ones whose link is locked after too many refusals. Longest waiting first."""
        return self.filter(_LOCKED).order_by("invitation__locked_at", "id")

    def undelivered(self) -> Self:
        """Pending ones whose newest invitation mail was refused, or perhaps lost. Oldest first."""
        return self._with_mail_state().filter(_UNDELIVERED).order_by("created_at", "id")

    def ending(self) -> Self:
        """Active ones whose secret ends within their largest threshold, the next first."""
        return self.filter(_ending()).order_by(_ENDS, "id")

    def unchecked(self) -> Self:
        """Active ones that nobody could check for 36 hours, the longest first."""
        return self.filter(_unchecked()).order_by(_CHECKED, "id")

    def attention_counts(self) -> dict[str, int]:
        """How many there are of each kind, and of all living ones; one query."""
        return self._with_mail_state().aggregate(
            living=Count("pk", filter=~Q(state="deleted")),
            broken=Count("pk", filter=_broken()),
            held=Count("pk", filter=_HELD),
            ready=Count("pk", filter=_READY),
            locked=Count("pk", filter=_LOCKED),
            undelivered=Count("pk", filter=_UNDELIVERED),
            unchecked=Count("pk", filter=_unchecked()),
            ending=Count("pk", filter=_ending()),
        )

    def _with_mail_state(self) -> Self:
        newest = OutboxMail.objects.filter(kind=ACTIVATION, object_id=OuterRef("invitation__uuid"))
        return self.annotate(mail_state=Subquery(newest.order_by("-created_at").values("state")[:1]))
