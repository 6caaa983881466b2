"""How silent workers and a silent beat are noticed: a row each, with the moment at which they last did their part.

Beat notes that it has sent its tasks, the workers of a queue note that they take something from it. A process that is
stopped, or that lives and gets nothing from Redis any more, does neither, however healthy it looks from outside. A long
night is no silence: a turn of work ends after seconds, and its successor is taken from the queue. All times are the
database's.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from celery.signals import after_task_publish, beat_init, task_prerun
from django.conf import settings
from django.db import Error, close_old_connections, models
from django.db.models import F
from django.db.models.functions import Now

from portal.core.logs import EventLog

log = EventLog(__name__)

# One note is enough for so long, however many slots and beats there are: about one write a minute for each part.
NOTE_EVERY = settings.SWEEP * 3 / 4
# What was never seen may still be about to start: it gets its time from the start of the process that asks.
_asking_since = time.monotonic()


class Part(models.TextChoices):
    """Beat, and the workers of each queue under its name."""

    BEAT = "beat"
    MAIL = "mail"
    MICROSOFT = "microsoft"
    NIGHTLY = "nightly"


QUEUES = (Part.MAIL, Part.MICROSOFT, Part.NIGHTLY)


class Life(StrEnum):
    """What is known of a part."""

    WELL = "well"
    EXPECTED = "expected"  # never seen yet; it may be about to start
    UNASKED = (
        "unasked"  # it took all that beat has sent; whether it lives cannot be said while beat is silent
    )
    SILENT = "silent"


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def note(self, part: Part) -> None:
        """It does its part at this moment."""
        if not self.filter(part=part, seen_at__gt=Now() - NOTE_EVERY).exists():
            self.bulk_create(
                [Heartbeat(part=part, seen_at=Now())],
                update_conflicts=True,
                unique_fields=["part"],
                update_fields=["seen_at"],
            )

    def ages(self) -> dict[Part, timedelta]:
        """How long ago each was seen; who never was is missing. One query."""
        aged = self.annotate(age=models.ExpressionWrapper(Now() - F("seen_at"), models.DurationField()))
        return {Part(part): age for part, age in aged.values_list("part", "age") if part in Part}


class Heartbeat(models.Model):
    part = models.CharField(max_length=20, primary_key=True, choices=Part.choices)
    seen_at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.part


def lives(ages: Mapping[Part, timedelta]) -> dict[Part, Life]:
    """What is known of each part, from how long ago it was seen.

    A queue is silent when nothing was taken from it for so long although beat went on sending.
    """
    sent = ages.get(Part.BEAT)
    beat = _never_seen() if sent is None else Life.SILENT if sent >= settings.SILENT_AFTER else Life.WELL
    known = {Part.BEAT: beat}
    for queue in QUEUES:
        age = ages.get(queue)
        if age is None:
            known[queue] = _never_seen()
        elif sent is not None and age - sent >= settings.SILENT_AFTER:
            known[queue] = Life.SILENT
        else:
            known[queue] = Life.WELL if beat is Life.WELL or age < settings.SILENT_AFTER else Life.UNASKED
    return known


def _never_seen() -> Life:
    waited = time.monotonic() - _asking_since
    return Life.SILENT if waited >= settings.SILENT_AFTER.total_seconds() else Life.EXPECTED


_noted: dict[Part, float] = {}


def _note(part: Part) -> None:
    """Note it, unless this process did so lately; a database that is away is logged and disturbs nothing."""
    at = time.monotonic()
    if at - _noted.get(part, -NOTE_EVERY.total_seconds()) < NOTE_EVERY.total_seconds():
        return
    try:
        Heartbeat.objects.note(part)
    except Error as error:
        log.warning("heartbeat.not_noted", part=part.value, error=type(error).__name__)
    else:
        _noted[part] = at


def _taken(task: Any, **_signal: Any) -> None:
    """A slot begins what its worker took from a queue."""
    queue = (task.request.delivery_info or {}).get("routing_key")
    if queue in QUEUES:
        _note(Part(queue))


task_prerun.connect(_taken)


def _watch_beat(**_signal: Any) -> None:
    after_task_publish.connect(_sent)


beat_init.connect(_watch_beat)


def _sent(**_signal: Any) -> None:
    """Beat has handed a task to Redis. Nobody else looks after its connection to the database."""
    close_old_connections()
    _note(Part.BEAT)
