"""One connection in one nightly run: validated, perhaps once more, and settled in exactly one named state."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from m365 import causes
from m365.models import DECIDED, AppRegistration, CheckItem, ConnectionState
from m365.models.nightly import DISCONNECTED
from m365.models.states import of_refusal, state_of
from m365.nightly import DRAIN
from m365.reading import Reading
from m365.settling import keep
from m365.validation import Connection, Depth, Outcome, Step, validate
from portal.core import clock, journal
from portal.core.actors import PORTAL
from portal.core.logs import EventLog, new_request_id, working_on
from portal.core.sealing import unseal
from portal.core.wake import wake

log = EventLog(__name__)

# So often Microsoft may give no answer in one night before it is called unreachable.
MOST_TRIES = 3
LONGEST_PAUSE = timedelta(minutes=2)
# Beyond these its workers died of it each time.
MOST_CLAIMS = 4 * MOST_TRIES


def check(item: CheckItem) -> None:
    """Do one leased item and settle it. Whatever goes wrong with it stops no other item."""
    with working_on(new_request_id()):
        began = time.monotonic()
        outcome = _outcome(item)
        took = round((time.monotonic() - began) * 1000)
        told = outcome.told(took)
        log.info("check.answered", run=item.run_id, registration=item.registration_id, **told)
        conclude(item, outcome, took)


def _outcome(item: CheckItem) -> Outcome:
    if item.attempts > MOST_CLAIMS:
        log.error("check.given_up", registration=item.registration_id, attempts=item.attempts)
        return Outcome(cause=causes.OUR_FAULT)
    try:
        return validate(_connection(item.registration), _nobody_watches, Depth.NIGHTLY)
    except Exception:  # a secret that cannot be opened, or a bug that one tenant's answer brings out
        log.exception("check.failed", registration=item.registration_id)
        return Outcome(cause=causes.OUR_FAULT)


def _connection(registration: AppRegistration) -> Connection:
    tenant_id, client_id, credential = (
        registration.tenant_id,
        registration.client_id,
        registration.active_credential,
    )
    if credential is None or tenant_id is None or client_id is None:
        raise ValueError("nothing is connected")
    secret = unseal(credential, "sealed_secret")
    return Connection(registration.cloud, tenant_id, client_id, secret, registration.expected_tenant_id)


def _nobody_watches(steps: list[Step]) -> None:
    """No page shows the steps of a nightly check."""


@transaction.atomic
def conclude(item: CheckItem, outcome: Outcome, took_ms: int) -> None:
    """Write the outcome and what follows from it, unless the lease was lost: then somebody else does."""
    tried = item.registration.active_credential
    registration = AppRegistration.objects.lock(item.registration_id)
    if not registration.monitored or registration.active_credential_id is None:
        _end(item, ConnectionState.NOT_CHECKED, DISCONNECTED, outcome, took_ms)
    elif tried is None or registration.active_credential_id != tried.pk:
        item.settle(next_try_in=timedelta(0))  # renewed while Microsoft answered: the new secret counts
    elif (again := _again(item, registration, outcome)) is not None:
        _look_again(item, outcome, again)
    else:
        registration.active_credential = tried  # one query less; what is decided by it is read anew
        _decide(item, registration, outcome, took_ms)


def _again(item: CheckItem, registration: AppRegistration, outcome: Outcome) -> timedelta | None:
    """How long to wait before another look; None when this one decides."""
    if outcome.undecided:
        unanswered = item.unanswered + 1
        if unanswered >= MOST_TRIES:
            return None
        return outcome.answer.again_in(unanswered, first=settings.NIGHTLY_PAUSE, longest=LONGEST_PAUSE)
    refused = not outcome.signed_in and of_refusal(outcome.cause) in DECIDED
    if refused and not registration.broken and item.suspected_at is None:
        # Replication in Entra, or an administrator at work: nobody is called broken for one answer.
        return settings.NIGHTLY_SECOND_LOOK
    return None


def _look_again(item: CheckItem, outcome: Outcome, after: timedelta) -> None:
    if clock.now() + after >= item.run.deadline_at:
        item.settle(state=ConnectionState.NOT_CHECKED, cause_name=outcome.cause.name, finished_at=clock.now())
        return
    seen = {"cause_name": outcome.cause.name, "unanswered": item.unanswered + outcome.undecided}
    suspected_at = item.suspected_at if outcome.undecided else clock.now()
    if item.settle(next_try_in=after, suspected_at=suspected_at, **seen):
        wake(DRAIN, after=after)


def _decide(item: CheckItem, registration: AppRegistration, outcome: Outcome, took_ms: int) -> None:
    credential = registration.active_credential
    if outcome.signed_in and credential:
        keep(registration, credential, Reading.of(outcome))
    cause = outcome.found
    state = ConnectionState.TENANT_UNREACHABLE
    if not outcome.undecided:
        state = state_of(
            signed_in=outcome.signed_in,
            cause=cause,
            findings=bool(outcome.findings),
            end_known=bool(credential and credential.not_after),
        )
    if not _end(item, state, "" if cause is causes.OK else cause.name, outcome, took_ms):
        transaction.set_rollback(True)
        return
    former = registration.get_state_display()
    if state in DECIDED and registration.found(state, cause):
        changed = {"old": former, "new": state.label, "cause": registration.state_cause}
        journal.write(PORTAL, "m365.state_changed", [registration, item.run], **changed)


def _end(item: CheckItem, state: ConnectionState, cause: str, outcome: Outcome, took_ms: int) -> bool:
    return item.settle(
        state=state,
        cause_name=cause,
        trace_id=outcome.answer.trace_id[:60],
        finished_at=clock.now(),
        duration_ms=took_ms,
    )
