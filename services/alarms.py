"""What is said at the top of every operators' page: workers, beat or the nightly check stand still, and what to do.

Operators are the first to notice, and their customers' mails wait; whom to tell is what they need to know. Two
queries a page: the pulse, which stands at its foot, too, and the heartbeats.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from portal.core.heartbeats import QUEUES, Heartbeat, Life, Part, lives
from portal.core.moments import brief
from portal.core.tenancy import Operator
from services.pulse import Pulse

_STANDS_STILL = {
    Part.MAIL: "mails are not sent",
    Part.MICROSOFT: "validations are not done",
    Part.NIGHTLY: "the nightly check does not run",
}
_TELL = "Please tell whoever runs the portal; Trouble in docs/operations.md says what to do."


@dataclass(frozen=True)
class Alarm:
    """One note: a sentence in bold, what it means and what to do, and perhaps where to look."""

    shape: str
    lead: str
    text: str
    url: str = ""
    action: str = ""


def context(request: HttpRequest) -> dict[str, Any]:
    """For templates; asked only by a page that shows it."""
    user = getattr(request, "user", None)
    if not isinstance(user, Operator):
        return {}
    pulse: Any = SimpleLazyObject(lambda: Pulse.of(user))  # behaves as the Pulse that it stands for
    return {"pulse": pulse, "alarms": SimpleLazyObject(lambda: raised(pulse, Heartbeat.objects.ages()))}


def raised(pulse: Pulse, ages: Mapping[Part, timedelta]) -> list[Alarm]:
    """The worst first; none when all is well."""
    known = lives(ages)
    alarms = []
    if silent := [queue for queue in QUEUES if known[queue] is Life.SILENT]:
        alarms.append(_silent_workers(silent, ages))
    if known[Part.BEAT] is Life.SILENT:
        alarms.append(_silent_beat(ages))
    return alarms + _of_the_night(pulse)


def _silent_workers(silent: Collection[Part], ages: Mapping[Part, timedelta]) -> Alarm:
    lead = _joined([_STANDS_STILL[queue] for queue in silent])
    kept = "What was entered is kept, and done as soon as they are back."
    who = f"The workers of {_joined(silent)}"
    took = f"{who} have taken nothing {_since(silent, ages)}. {kept} {_TELL}"
    return Alarm("err", f"{lead[:1].upper()}{lead[1:]}.", took)


def _silent_beat(ages: Mapping[Part, timedelta]) -> Alarm:
    waits = "Mails to be tried again, reminders and the nightly check wait; what a page asks for is done all the same."
    sent = f"Beat, which wakes the workers each minute, has sent nothing {_since([Part.BEAT], ages)}."
    return Alarm("err", "Nothing begins by itself.", f"{sent} {waits} {_TELL}")


def _since(parts: Collection[Part], ages: Mapping[Part, timedelta]) -> str:
    """For how long all of them have been silent: "for 7 minutes", "since the portal was started"."""
    known = [ages[part] for part in parts if part in ages]
    if not known:
        return "since the portal was started"
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if (count := min(known) // length) > 1:
            return f"for {count} {unit}"
    return f"for {min(known) // timedelta(minutes=1)} minutes"


def _of_the_night(pulse: Pulse) -> list[Alarm]:
    if pulse.night and pulse.began_at and pulse.overdue:
        began = f"The last one began {brief(pulse.began_at)}; a secret that ended since has not been noticed."
        runs = reverse("services:nightly_runs")
        return [Alarm("err", "The nightly check is overdue.", f"{began} {_TELL}", runs, "Nightly runs")]
    if pulse.night and pulse.missed:
        one = pulse.missed == 1
        missed = f"{pulse.missed:,} of {pulse.total:,} connections {'was' if one else 'were'} not checked."
        again = "The next night looks again, Validate Authentication at once."
        listed = reverse("services:nightly_items", args=[pulse.night, "not-checked"])
        return [Alarm("warn", "The last night is incomplete.", f"{missed} {again}", listed, "Show")]
    return []


def _joined(words: Collection[str]) -> str:
    """As "one, two and three"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
