"""From a page's wish to validate, through a worker, to its outcome; what that changes is in `settling`.

An app above registers, for its purpose, what follows there (`register`, in `receivers`).
"""

import time
import uuid
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from m365 import causes, too_new
from m365.models import AppRegistration, Credential, Validation
from m365.receivers import register
from m365.settling import follow_up
from m365.validation import Connection, Outcome, Step, validate
from portal.core import clock
from portal.core.actors import Actor
from portal.core.logs import EventLog, request_id, working_on
from portal.core.sealing import Unsealable, unseal
from portal.core.secrets import Secret
from portal.core.wake import wake

__all__ = ["register", "run", "submit", "submit_again"]

log = EventLog(__name__)

DRAIN = "m365.tasks.drain_validations"
# Somebody is looking at the page: before any nightly check, and not for ever.
INTERACTIVE = 10
MOST_TRIES = 3
# Beyond these its workers died of it each time; it ends, because a running one keeps others from being submitted.
MOST_CLAIMS = 2 * (MOST_TRIES + len(too_new.PAUSES))
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=3), timedelta(seconds=20)


@transaction.atomic
def submit(
    registration: AppRegistration,
    purpose: str,
    actor: Actor,
    *,
    tenant_id: UUID | None,
    client_id: UUID,
    secret: Secret,
    tenant_domain: str = "",
    subject: UUID | None = None,
    subject_version: int = 0,
) -> Validation:
    """Queue the validation of newly entered values; they replace those in use only if it succeeds.

    The tenant is its ID, or a domain of it.
    """
    too_new.give_up(registration)
    candidate = Credential.sealed(registration, secret)
    return _queue(
        Validation(
            registration=registration,
            purpose=purpose,
            subject=subject,
            subject_version=subject_version,
            tenant_id=tenant_id,
            tenant_domain=tenant_domain,
            client_id=client_id,
            credential=candidate,
            replaces=registration.active_credential,
        ),
        actor,
    )


@transaction.atomic
def submit_again(registration: AppRegistration, purpose: str, actor: Actor) -> Validation:
    """Queue the validation of the credential in use. Raises ValueError when there is none."""
    if not (registration.active_credential and registration.tenant_id and registration.client_id):
        raise ValueError("nothing is connected yet")
    return _queue(
        Validation(
            registration=registration,
            purpose=purpose,
            tenant_id=registration.tenant_id,
            client_id=registration.client_id,
            credential=registration.active_credential,
        ),
        actor,
    )


def _queue(validation: Validation, actor: Actor) -> Validation:
    validation.channel_id = validation.registration.channel_id
    validation.cloud = validation.registration.cloud
    validation.priority, validation.actor = INTERACTIVE, actor
    validation.request_id = request_id.get() or uuid.uuid4().hex[:12]
    validation.save()
    wake(DRAIN)
    return validation


def run(validation: Validation) -> None:
    """Do one leased validation and settle it."""
    with working_on(validation.request_id):
        began = time.monotonic()
        try:
            outcome = _outcome(validation)
        except Unsealable:
            log.exception("validation.unsealable", validation=validation.id)
            outcome = Outcome(cause=causes.OUR_FAULT)
        took = round((time.monotonic() - began) * 1000)
        log.info("validation.answered", validation=validation.id, **outcome.told(took))
        conclude(validation, outcome, took)


def _outcome(validation: Validation) -> Outcome:
    if too_new.is_over(validation):
        return too_new.rejected(validation)
    if validation.attempts > MOST_CLAIMS:
        log.error("validation.given_up", validation=validation.id, attempts=validation.attempts)
        return Outcome(cause=causes.OUR_FAULT)
    outcome = validate(_connection(validation), lambda steps: _report(validation, steps))
    # Whoever was told that the secret is wrong is not told anything else by an outage.
    return too_new.rejected(validation) if validation.late_tries and outcome.undecided else outcome


def _connection(validation: Validation) -> Connection:
    # A candidate may sign in to another tenant than the expected one: that is held, for an operator to confirm.
    is_candidate = validation.credential.state == Credential.State.CANDIDATE
    return Connection(
        validation.cloud,
        validation.tenant_id,
        validation.client_id,
        unseal(validation.credential, "sealed_secret"),
        None if is_candidate else validation.registration.expected_tenant_id,
        validation.tenant_domain,
    )


def _report(validation: Validation, steps: list[Step]) -> None:
    if not validation.late_tries:  # then the page shows the rejection until there is something better
        validation.report(steps=steps)


@transaction.atomic
def conclude(validation: Validation, outcome: Outcome, took_ms: int) -> None:
    """Write the outcome and what follows from it, unless the lease was lost: then somebody else does."""
    too_new_for = too_new.next_try(validation, outcome)
    unanswered = validation.unanswered + outcome.undecided
    again = too_new_for
    if outcome.undecided and unanswered < MOST_TRIES:
        again = outcome.answer.again_in(unanswered, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    if again:
        wake(DRAIN, after=again)
    running = again is not None and not too_new_for
    settled = validation.settle(
        next_try_in=again,
        verdict=Validation.Verdict.RUNNING if running else _verdict(outcome),
        late_tries=validation.late_tries + bool(too_new_for),
        unanswered=unanswered,
        cause_name=outcome.cause.name,
        tenant_id=outcome.tenant_id or validation.tenant_id,
        findings=outcome.findings,
        steps=outcome.steps,
        trace_id=outcome.answer.trace_id[:60],
        finished_at=None if running else clock.now(),
        duration_ms=took_ms,
    )
    if settled and not again:
        follow_up(validation, outcome)


def _verdict(outcome: Outcome) -> Validation.Verdict:
    if outcome.undecided:
        return Validation.Verdict.UNDECIDED
    if not outcome.signed_in:
        return Validation.Verdict.INVALID
    return Validation.Verdict.FINDINGS if outcome.findings else Validation.Verdict.VALID
