"""What a finished nightly run means for services, customers and operators: one row a run, worked through once."""

from django.db import models
from django.db.models import Exists, OuterRef

from m365.models import NightlyRun
from portal.core.leases import Leased, LeasedQuerySet, waiting_index
from portal.core.tenancy import Row


class RunFollowUpQuerySet(LeasedQuerySet["RunFollowUp"]):
    def prepare(self) -> None:
        """One row for each finished run that has none; somebody who does so at the same moment does no harm."""
        known = RunFollowUp.objects.filter(run=OuterRef("pk"))
        without = NightlyRun.objects.finished().exclude(Exists(known))
        self.bulk_create([RunFollowUp(run=run) for run in without], ignore_conflicts=True)


class RunFollowUp(Row, Leased):
    run = models.OneToOneField(NightlyRun, on_delete=models.CASCADE, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = RunFollowUpQuerySet.as_manager()

    class Meta:
        indexes = [waiting_index("follow_ups_waiting")]

    def __str__(self) -> str:
        return f"follow-up of {self.run_id}"
