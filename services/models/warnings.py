"""What was found by night and somebody must know, once: a secret nears its end, or nobody reached the connection."""

from typing import Self

from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Value

from m365.models import Credential, NightlyRun
from portal.core.clock import now
from portal.core.tenancy import Row, Scoped, ScopedQuerySet
from services.models.services import Service
from services.thresholds import A_DAY


class WarningQuerySet(ScopedQuerySet["ConnectionWarning"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def standing(self) -> Self:
        """Open ones of the credential that is still in use."""
        return self.open().filter(credential=F("service__app_registration__active_credential"))

    def of_run(self, run: NightlyRun) -> Self:
        """What this run made known; larger thresholds that were skipped are not among it."""
        return self.filter(run=run, superseded=False)

    def close_ended(self) -> None:
        """Close the series of credentials that were replaced, and what was checked again meanwhile."""
        in_use = F("service__app_registration__active_credential")
        replaced = Q(service__state="deleted") | ~Q(credential=in_use)
        ended = self.open().filter(replaced)
        self._close(ended)
        checked = self.open().filter(
            kind=ConnectionWarning.Kind.UNCHECKED, service__app_registration__checked_at__gt=F("found_at")
        )
        self._close(checked)

    def take_back_disproved(self) -> None:
        """Forget what was noted for an end that proved wrong: a person, or the tenant, has told a later one since.

        Otherwise nobody would be told when the right end comes near: each threshold is noted once.
        """
        crossed = ExpressionWrapper(
            Value(now()) + F("threshold") * Value(A_DAY), output_field=models.DateTimeField()
        )
        noted = self.filter(kind=ConnectionWarning.Kind.ENDING, closed_at=None)
        noted.filter(service__app_registration__secret_ends_at__gt=crossed).delete()

    def _close(self, warnings: Self) -> None:
        self.model.objects.filter(pk__in=warnings.values("pk")).update(closed_at=now())


class ConnectionWarning(Row, Scoped):
    """Made when a threshold is crossed, or when nobody could check for 36 hours; closed when it is over."""

    class Kind(models.TextChoices):
        ENDING = "ending", "the secret nears its end"
        UNCHECKED = "unchecked", "not checked for 36 hours"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ENDING)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="warnings")
    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="+")
    threshold = models.PositiveSmallIntegerField(null=True)  # days; of what nears its end
    # A more urgent threshold was crossed in the same night: nobody is told of this one.
    superseded = models.BooleanField(default=False)
    found_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)

    objects = WarningQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "threshold"],
                condition=Q(kind="ending"),
                name="each_threshold_once",
            ),
            models.UniqueConstraint(
                fields=["credential"],
                condition=Q(kind="unchecked", closed_at=None),
                name="one_open_warning_of_not_checked",
            ),
            models.CheckConstraint(
                condition=Q(kind="ending", threshold__isnull=False) | Q(kind="unchecked", threshold=None),
                name="what_ends_has_a_threshold",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "channel"], name="warnings_of_run", condition=Q(superseded=False)),
            models.Index(fields=["service"], name="warnings_open", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.service_id}"
