"""`/healthz`: whether the whole portal works, for programs. 503 when something stands still, 200 with a warning when it
limps. It names no customer and tells no secret; it takes four small queries.

No liveness probe: a web process is well while Redis is away or a worker hangs, and starting it anew mends neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from m365.models import RunTally, Validation
from portal.core.heartbeats import Heartbeat, Life, Part, lives
from portal.core.outbox import OutboxMail
from services.pulse import NightState, Pulse

# What is due is taken within a minute; after so long there are too few workers, or the mail server is slow.
LATE_AFTER = timedelta(minutes=5)


class Status(IntEnum):
    """The worst of all parts is that of the whole."""

    OK = 0
    WARNING = 1
    BROKEN = 2


@dataclass(frozen=True)
class Finding:
    """How one part stands, and what that was read from."""

    status: Status
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status.name.lower(), **self.facts}


_OF_LIFE = {
    Life.WELL: Status.OK,
    Life.EXPECTED: Status.OK,
    Life.UNASKED: Status.WARNING,
    Life.SILENT: Status.BROKEN,
}
_OF_NIGHT = {
    NightState.NONE_YET: Status.OK,
    NightState.COMPLETE: Status.OK,
    NightState.INCOMPLETE: Status.WARNING,
    NightState.OVERDUE: Status.BROKEN,
}


def examine() -> dict[str, Finding]:
    """Every part that can be asked; without the database only Redis and the database itself."""
    found = {"redis": _redis()}
    try:
        return found | _of_rows() | {"database": Finding(Status.OK)}
    except Error as error:
        connection.close()
        return found | {"database": Finding(Status.BROKEN, {"error": type(error).__name__})}


def _redis() -> Finding:
    server = Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        server.ping()
    except RedisError as error:
        return Finding(Status.BROKEN, {"error": type(error).__name__})
    finally:
        server.close()
    return Finding(Status.OK)


def _of_rows() -> dict[str, Finding]:
    return {
        **_heartbeats(),
        "mails": _waiting(OutboxMail.objects.oldest_wait()),
        "validations": _waiting(Validation.objects.oldest_wait()),
        "nightly_run": _last_night(),
    }


def _heartbeats() -> dict[str, Finding]:
    ages = Heartbeat.objects.ages()
    return {
        "beat" if part is Part.BEAT else f"workers_of_{part}": Finding(
            _OF_LIFE[life], {"state": life, "seen_seconds_ago": _seconds(ages.get(part))}
        )
        for part, life in lives(ages).items()
    }


def _waiting(oldest: timedelta) -> Finding:
    status = Status.WARNING if oldest > LATE_AFTER else Status.OK
    return Finding(status, {"oldest_waits_seconds": _seconds(oldest)})


def _last_night() -> Finding:
    pulse = Pulse.read(RunTally.objects.all())
    facts = {"state": pulse.state, "night": pulse.night, "ended_seconds_ago": _seconds(pulse.ended_ago)}
    return Finding(_OF_NIGHT[pulse.state], facts)


def _seconds(time: timedelta | None) -> int | None:
    return None if time is None else round(time.total_seconds())


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """503 when a part is broken: database, Redis, beat, a queue from which nobody takes, a night that did not come."""
    found = examine()
    worst = max(finding.status for finding in found.values())
    parts = {name: finding.as_json() for name, finding in sorted(found.items())}
    told = {"status": worst.name.lower(), "parts": parts}
    answer = JsonResponse(told, json_dumps_params={"indent": 1})
    answer.status_code = 503 if worst is Status.BROKEN else 200
    return answer
