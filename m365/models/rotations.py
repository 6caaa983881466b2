"""Rotations: a client secret that the portal itself replaces by a new one, where the customer lets it."""

from typing import TYPE_CHECKING, Self

from django.db import models

from m365 import causes
from m365.causes import Cause
from m365.models.credentials import Credential
from m365.models.registrations import AppRegistration
from portal.core.clock import now
from portal.core.leases import Leased, LeasedQuerySet, waiting_index
from portal.core.tenancy import Row, Scoped

if TYPE_CHECKING:
    from m365.models.validations import Validation


class RotationQuerySet(LeasedQuerySet["Rotation"]):
    def to_work_at(self) -> Self:
        """With all that a step needs to read."""
        return self.select_related("registration__active_credential", "replaces", "made", "validation")

    def unfinished(self) -> Self:
        return self.exclude(stage__in=[Rotation.Stage.DONE, Rotation.Stage.FAILED])


class Rotation(Row, Scoped, Leased):
    """One client secret and its successor.

    making → testing → removing → done; from the first two, perhaps by way of undoing, → failed.
    """

    class Stage(models.TextChoices):
        MAKING = "making", "a new secret is made"
        TESTING = "testing", "the new secret is tested"
        REMOVING = "removing", "the former secret is removed soon"
        UNDOING = "undoing", "a new secret that was not put in use is removed"
        DONE = "done", "renewed"
        FAILED = "failed", "not renewed"

    registration = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="rotations")
    replaces = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="+")
    made = models.ForeignKey(Credential, on_delete=models.SET_NULL, null=True, related_name="+")
    validation: "models.ForeignKey[Validation | None, Validation | None]" = models.ForeignKey(
        "Validation", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.MAKING)
    cause_name = models.CharField(max_length=40, blank=True)
    # When the secret that it replaces has lived half of its life, or when it was found to end soon.
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = RotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["replaces"], condition=~models.Q(stage="failed"), name="one_successor_a_secret"
            )
        ]
        indexes = [waiting_index("rotations_waiting")]

    def __str__(self) -> str:
        return f"rotation {self.id}"

    @property
    def cause(self) -> Cause | None:
        """Why it failed, or why the former secret could not be removed."""
        return causes.CATALOGUE.get(self.cause_name)

    @property
    def waits(self) -> bool:
        """Whether the secret that it replaces is still too young."""
        return self.stage == self.Stage.MAKING and self.due_at > now()

    @property
    def name_in_entra(self) -> str:
        """How the new secret is called there; by this a worker finds what a dead one has made and not stored."""
        return f"renewed {self.created_at:%Y-%m} {self.id.hex[:8]}"
