"""`/metrics` for Prometheus: rows, counted when it is asked; so it tells the same whichever web process answers.

Numbers only: no name of a customer, no address. docs/watching.md lists them, with rules for alerts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from hmac import compare_digest
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from m365.models import CheckItem, ConnectionState, RunTally, Validation
from portal.core.clock import now
from portal.core.heartbeats import Heartbeat
from portal.core.leases import LeasedQuerySet
from portal.core.outbox import MailState, OutboxMail
from portal.health import examine
from services.pulse import Pulse

# Steps are timed over the validations of so long, at most so many, the newest first.
STEPS_OF, MOST_VALIDATIONS = timedelta(hours=1), 1000
QUANTILES = (0.5, 0.95, 1.0)


class Portal(Collector):
    """Everything that is told, anew each time."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield _health()
        yield _heartbeats()
        yield from _queues()
        yield _mails()
        yield _validation_steps()
        yield from _last_night()


def _gauge(
    name: str, what: str, label: str, values: Iterable[tuple[str, float]] | Mapping[str, float]
) -> GaugeMetricFamily:
    """One gauge with a value for each of its label's."""
    family = GaugeMetricFamily(f"trunkline_{name}", what, labels=[label])
    for of, value in dict(values).items():
        family.add_metric([of], value)
    return family


def _health() -> GaugeMetricFamily:
    parts = {name: finding.status for name, finding in examine().items()}
    return _gauge("health", "Of each part of /healthz: 0 ok, 1 warning, 2 broken", "part", parts)


def _heartbeats() -> GaugeMetricFamily:
    ages = {part.value: age.total_seconds() for part, age in Heartbeat.objects.ages().items()}
    what = "Since beat sent its tasks, and since a worker took something from each queue"
    return _gauge("heartbeat_age_seconds", what, "part", ages)


def _queues() -> Iterable[GaugeMetricFamily]:
    queues: dict[str, LeasedQuerySet[Any]] = {
        "mails": OutboxMail.objects.all(),
        "validations": Validation.objects.all(),
        "checks": CheckItem.queue.all(),
    }
    waits = {name: rows.oldest_wait().total_seconds() for name, rows in queues.items()}
    due = {name: rows.due().count() for name, rows in queues.items()}
    yield _gauge(
        "queue_age_seconds", "How long the oldest one that is due waits for a worker", "queue", waits
    )
    yield _gauge("queue_due", "How many are due and wait for a worker", "queue", due)


def _mails() -> GaugeMetricFamily:
    counts = dict.fromkeys(MailState.values, 0)
    counts.update(OutboxMail.objects.values_list("state").annotate(Count("pk")))
    return _gauge("mails", "Mails by state, since the beginning", "state", counts)


def _validation_steps() -> GaugeMetricFamily:
    """Of each step of the validations that somebody asked for: median, 95th percentile, longest."""
    finished = Validation.objects.filter(finished_at__gt=now() - STEPS_OF).order_by("-finished_at")
    took: dict[str, list[float]] = defaultdict(list)
    for steps in finished.values_list("steps", flat=True)[:MOST_VALIDATIONS]:
        for step in steps:
            took[step["name"]].append(step["ms"] / 1000)
    family = GaugeMetricFamily(
        "trunkline_validation_step_seconds",
        "Seconds of each step in the validations of the last hour",
        labels=["step", "quantile"],
    )
    for name, seconds in took.items():
        seconds.sort()
        for share in QUANTILES:
            family.add_metric([name, str(share)], seconds[ceil(share * len(seconds)) - 1])
    return family


def _last_night() -> Iterable[GaugeMetricFamily]:
    pulse = Pulse.read(RunTally.objects.all())
    if pulse.night is None or pulse.began_at is None or pulse.ended_at is None:
        return
    age, took = now() - pulse.ended_at, pulse.ended_at - pulse.began_at
    whole: list[tuple[str, str, float]] = [
        ("last_run_age_seconds", "Since the last nightly run ended", age.total_seconds()),
        ("last_run_seconds", "How long the last nightly run took", took.total_seconds()),
        ("last_run_missed", "Connections that it should have checked and did not", pulse.missed),
    ]
    for name, what, value in whole:
        yield GaugeMetricFamily(f"trunkline_{name}", what, value=value)
    counts = dict.fromkeys(ConnectionState, 0)
    tallies = RunTally.objects.filter(run__date=pulse.night).values_list("state")
    counts.update((ConnectionState(state), count) for state, count in tallies.annotate(Sum("count")))
    by_slug = {state.slug: count for state, count in counts.items()}
    yield _gauge("checks", "Checks of the last nightly run by state", "state", by_slug)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 without METRICS_TOKEN in the settings, 401 without it in the request, 503 without a database."""
    if not settings.METRICS_TOKEN:
        raise Http404("no METRICS_TOKEN is set")
    given = request.headers.get("Authorization", "")
    if not compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse("whose metrics?", status=401, headers={"WWW-Authenticate": "Bearer"})
    try:
        told = generate_latest(Portal())
    except Error:
        connection.close()
        return HttpResponse("no database", status=503, content_type="text/plain")
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)
