"""A secret that was made a moment ago: Entra refuses it until all of it has heard of it.

Microsoft's forum reports 4 to 18 seconds for a new secret (microsoft-graph-docs, issue 17966), so one that was rejected
is tried again for a minute while its page says that it was rejected. All of that is one attempt: what follows from a
refusal follows once, at the end, and then the candidate is wiped.
"""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from m365 import causes
from m365.http import Answer
from m365.models import AppRegistration, Credential, Validation
from m365.outcome import Outcome

# A minute in all, with the tries between them.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (4, 8, 16, 32))
# What `late_tries` says when nobody waits for it any more.
GIVEN_UP = len(PAUSES) + 1


def next_try(validation: Validation, outcome: Outcome) -> timedelta | None:
    """How long to wait before the rejected secret is tried again; None when that makes no sense, or no more."""
    is_new = validation.credential.state == Credential.State.CANDIDATE
    if not is_new or outcome.cause is not causes.WRONG_SECRET or _looks_wrong(outcome):
        return None
    return PAUSES[validation.late_tries] if validation.late_tries < len(PAUSES) else None


def _looks_wrong(outcome: Outcome) -> bool:
    """What Entra made a moment ago has today's form."""
    return any(finding["cause"] == causes.UNUSUAL_SECRET.name for finding in outcome.findings)


def is_over(validation: Validation) -> bool:
    """Whether the rejection stands without asking again: a newer submission, or the candidate was wiped meanwhile."""
    wiped = validation.credential.state != Credential.State.CANDIDATE
    return validation.late_tries == GIVEN_UP or (validation.late_tries > 0 and wiped)


def rejected(validation: Validation) -> Outcome:
    """The rejection that was found first, as it is stored."""
    return Outcome(
        steps=validation.steps,
        cause=causes.WRONG_SECRET,
        findings=validation.findings,
        answer=Answer(trace_id=validation.trace_id),
    )


def give_up(registration: AppRegistration) -> None:
    """Let the next worker end what is still tried again for this registration; a newer submission takes its place.

    A row that a worker settles at this moment is left to it: waiting for it here could wait for ever, since that
    worker may wait for a row that our caller holds.
    """
    watched = Validation.objects.filter(
        registration=registration, verdict=Validation.Verdict.INVALID, next_try_at__isnull=False
    )
    ids = list(watched.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    Validation.objects.filter(pk__in=ids).update(
        late_tries=GIVEN_UP, lease_no=F("lease_no") + 1, lease_until=None, next_try_at=Now()
    )
