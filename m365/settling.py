"""What follows from a validation's outcome: the candidate is put in use, held for an operator, or wiped.

Everybody locks in the same order: the registration, then the tenant, then what stands above.
"""

from collections.abc import Callable

from django.db import connection, transaction

from m365 import causes
from m365.causes import Cause, Fault
from m365.models import DECIDED, AppRegistration, Credential, Validation
from m365.models.states import state_of
from m365.reading import Reading
from m365.receivers import receiver
from m365.validation import Outcome
from portal.core import journal
from portal.core.actors import Actor

# The space of PostgreSQL's advisory locks in which tenants have theirs.
TENANTS = 365


def follow_up(validation: Validation, outcome: Outcome) -> None:
    """In the transaction that settles: change what the outcome means to its registration, and what stands above."""
    registration = AppRegistration.objects.lock(validation.registration_id)
    read = Reading.of(outcome)
    if validation.credential.state == Credential.State.CANDIDATE:
        _settle_candidate(validation, registration, read, outcome.cause)
    remember(validation, registration, read)
    record(validation.actor, f"m365.validated.{validation.verdict}", validation)


def _settle_candidate(
    validation: Validation, registration: AppRegistration, read: Reading, cause: Cause
) -> None:
    if not validation.signed_in:
        validation.credential.wipe(Credential.State.REJECTED)
        if validation.verdict == Validation.Verdict.INVALID and cause.fault is Fault.CUSTOMER:
            receiver(validation).refused(validation)
        return
    lock_tenant(validation)
    if reasons := reasons_to_hold(validation, registration):
        _hold(validation, registration, read, reasons)
    else:
        take(validation, registration, lambda: receiver(validation).accept(validation))


def lock_tenant(validation: Validation) -> None:
    """Let one transaction at a time put a credential of this tenant in use.

    Two customers may connect the same tenant at the same moment: without this neither would see the other's, which is
    not committed yet, and none would be held. The lock ends with the transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [str(validation.tenant_id), TENANTS]
        )


def reasons_to_hold(validation: Validation, registration: AppRegistration) -> list[Cause]:
    """Why a person must look at the tenant first; call it with registration and tenant locked.

    A tenant that this customer is connected to already is no surprise, whoever else is connected to it.
    """
    reasons = []
    if registration.expected_tenant_id not in (None, validation.tenant_id):
        reasons.append(causes.OTHER_TENANT)
    connected = AppRegistration.objects.connected_to(validation.tenant_id)
    ours = connected.filter(owner=registration.owner)
    if connected.exclude(owner=registration.owner).exists() and not ours.exists():
        reasons.append(causes.TENANT_IN_USE)
    return reasons


class _NotTaken(Exception):
    """The values are right and come too late."""


def _hold(validation: Validation, registration: AppRegistration, read: Reading, reasons: list[Cause]) -> None:
    """Keep the candidate sealed, with what was read, until an operator decides about its tenant."""

    def hold() -> bool:
        if not registration.hold(validation):
            return False
        validation.hold(reasons, read)
        return receiver(validation).held(validation)

    _or_too_late(validation, registration, hold)


def take(validation: Validation, registration: AppRegistration, accepted: Callable[[], bool]) -> bool:
    """Put the candidate in use, with all that follows above; else wipe it, say so, and give False."""
    candidate = validation.credential
    return _or_too_late(
        validation, registration, lambda: registration.swap(candidate, validation) and accepted()
    )


def _or_too_late(validation: Validation, registration: AppRegistration, change: Callable[[], bool]) -> bool:
    """Make the change whole, or not at all."""
    try:
        with transaction.atomic():
            if not change():
                raise _NotTaken
    except _NotTaken:
        validation.fail(causes.TOO_LATE)
        registration.refresh_from_db()
        return False
    return True


def remember(validation: Validation, registration: AppRegistration, read: Reading) -> None:
    """Keep what a validation says of the connection; one that waits for a decision, or an outage, says nothing.

    Of a connection only what was tried with the credential in use says something: neither a candidate that was
    refused nor one that was replaced while Microsoft answered.
    """
    if registration.active_credential_id not in (None, validation.credential_id):
        return
    if validation.signed_in:
        keep(registration, validation.credential, read)
    if validation.verdict not in (Validation.Verdict.UNDECIDED, Validation.Verdict.HELD):
        registration.last_validation = validation
        registration.save(update_fields=["last_validation"])
        _note(validation, registration)


def _note(validation: Validation, registration: AppRegistration) -> None:
    """The connection's state, as a nightly check would find it; at a person's wish one answer is enough."""
    cause, credential = validation.cause, validation.credential
    if cause is None or registration.active_credential_id != credential.pk:
        return
    if validation.signed_in and validation.findings:
        cause = causes.CATALOGUE[validation.findings[0]["cause"]]
    state = state_of(
        signed_in=validation.signed_in,
        cause=cause,
        findings=bool(validation.findings),
        end_known=credential.not_after is not None,
    )
    if state in DECIDED:
        registration.found(state, cause)


def keep(registration: AppRegistration, credential: Credential, read: Reading) -> None:
    """Remember what Microsoft 365 gave; what could not be read now keeps its last known value and date.

    Night after night nothing is new: then nothing is written.
    """
    if read.matches is not None:
        credential.learn(read.matches)
    else:
        credential.refresh_from_db()  # a person may have told its end meanwhile
    news = read.of_registration()
    changed = [name for name, value in news.items() if getattr(registration, name) != value]
    for name in changed:
        setattr(registration, name, news[name])
    if changed:
        registration.save(update_fields=changed)


def record(actor: Actor, verb: str, validation: Validation) -> None:
    """Write into the journal what became of a validation, and whose hand it was."""
    journal.write(
        actor,
        verb,
        [
            validation.registration,
            validation,
            *([validation.subject] if validation.subject else []),
        ],
        purpose=validation.purpose,
        cause=validation.cause_name,
        tenant_id=validation.tenant_id,
        client_id=validation.client_id,
    )
