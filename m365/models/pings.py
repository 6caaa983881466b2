"""What a monitor outside is told of a nightly run, its beginning and its end: a row each, so that it is told once."""

from django.db import models

from m365.models.nightly import NightlyRun
from portal.core.leases import Leased, LeasedQuerySet, waiting_index
from portal.core.tenancy import Row


class RunPingQuerySet(LeasedQuerySet["RunPing"]):
    pass


class RunPing(Row, Leased):
    """Told, or given up, when it is settled."""

    class Moment(models.TextChoices):
        START = "start", "start"
        END = "end", "end"

    run = models.ForeignKey(NightlyRun, on_delete=models.CASCADE, related_name="pings")
    moment = models.CharField(max_length=5, choices=Moment.choices)

    objects = RunPingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "moment"], name="one_ping_a_moment")]
        indexes = [waiting_index("pings_waiting")]

    def __str__(self) -> str:
        return f"{self.moment} of {self.run_id}"
