"""A client secret that the portal renews, where the customer lets it: made, tested, put in use, the former removed.

A customer lets it by two deeds in Entra: the permission Application.ReadWrite.OwnedBy, and the application as its own
owner. The order is that of Microsoft's "application: addPassword": the new secret is stored before anything changes,
tried until all of Entra knows it (`too_new`), put in use by the same swap as any other, and only then the former one
is removed. Whatever dies in between, no secret of ours stays in Entra unknown: its name tells which rotation made it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import transaction

from m365 import causes
from m365.causes import Cause
from m365.deadline import Deadline
from m365.entra import SignIn
from m365.graph import Graph
from m365.http import Answer, MicrosoftError, MicrosoftUnreachable
from m365.matching import KnownCredential, Unreadable
from m365.models import AppRegistration, Credential, Rotation, Validation
from m365.permissions import RENEWAL
from m365.validations import submit
from portal.core import clock, journal
from portal.core.actors import PORTAL
from portal.core.leases import pause
from portal.core.logs import EventLog, new_request_id, working_on
from portal.core.sealing import Unsealable, unseal
from portal.core.secrets import Secret
from portal.core.wake import wake

log = EventLog(__name__)

DRAIN = "m365.tasks.drain_rotations"
# What its validations are for.
PURPOSE = "rotated"
# How long a new secret shall live; the next one is for a tenant whose policy allows no more. Microsoft recommends
# less than twelve months.
LIVES = (timedelta(days=180), timedelta(days=90), timedelta(days=30))
# Somebody may be using the former secret at this very moment: a check of the running night, a token on its way.
GRACE = timedelta(minutes=10)
TEST_PAUSE = timedelta(seconds=20)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# By then the customer can still be asked in good time.
GIVES_UP_AFTER = timedelta(hours=20)

Stage = Rotation.Stage


class Begun(Enum):
    YES = "the portal renews it itself, or does so already"
    NOT_YET = "most of its life is still ahead"
    NOT_PERMITTED = "the customer is to be asked"


Failed = Callable[[Rotation], None]
_failed: list[Failed] = []


def register(failed: Failed) -> None:
    """Say what follows, above, when a secret could not be renewed; inside the transaction that settles it."""
    _failed.append(failed)


@transaction.atomic
def begin(registration: AppRegistration) -> Begun:
    """Renew the secret in use, if the tenant lets us."""
    registration = AppRegistration.objects.lock(registration.pk)
    credential = registration.active_credential
    if credential is None or not permitted(registration) or registration.held_id:
        return Begun.NOT_PERMITTED
    if _most_is_ahead(credential):
        return Begun.NOT_YET
    rotation, new = Rotation.objects.exclude(stage=Stage.FAILED).get_or_create(
        replaces=credential, defaults={"registration": registration, "channel_id": registration.channel_id}
    )
    if new:
        journal.write(PORTAL, "m365.rotation_began", [registration, rotation, credential])
        wake(DRAIN)
    return Begun.YES


def permitted(registration: AppRegistration) -> bool:
    """Whether the tenant lets the portal renew the secret in use, as far as the last sign-in told."""
    credential = registration.active_credential
    known = credential is not None and credential.expiry == Credential.Expiry.KNOWN
    return known and RENEWAL in registration.roles


def _most_is_ahead(credential: Credential) -> bool:
    """Where a policy allows short lives only, the first warning would otherwise renew it night after night."""
    began, ends = credential.not_before or credential.created_at, credential.not_after
    return ends is not None and clock.now() < began + (ends - began) / 2


def work(rotation: Rotation) -> None:
    """Take one step of a leased rotation and settle it."""
    with working_on(new_request_id()), Deadline(settings.M365_DEADLINE):
        try:
            _STEPS[Stage(rotation.stage)](rotation)
        except MicrosoftUnreachable as error:
            _later(rotation, error.answer)
        except MicrosoftError as error:
            said = error.answer
            log.info("rotation.refused", rotation=rotation.id, stage=rotation.stage, trace_id=said.trace_id)
            _give_up(rotation, causes.of_refused_renewal(error.answer))
        except Unsealable:
            log.exception("rotation.unsealable", rotation=rotation.id)
            _give_up(rotation, causes.OUR_FAULT)


def _make(rotation: Rotation) -> None:
    registration = rotation.registration
    if registration.active_credential_id != rotation.replaces_id or registration.client_id is None:
        _give_up(rotation, causes.TOO_LATE)
        return
    graph = _graph(registration)
    for left_behind in _named(graph.application(registration.client_id), rotation.name_in_entra):
        graph.remove_password(registration.client_id, left_behind)
    made = _Made.read(_add(graph, rotation))
    if not _store(rotation, made):
        graph.remove_password(registration.client_id, made.known.key_id)


def _graph(registration: AppRegistration) -> Graph:
    """As the secret in use sees it. Raises Unsealable, MicrosoftError and MicrosoftUnreachable."""
    if registration.active_credential is None or registration.client_id is None:
        raise MicrosoftError(Answer())
    secret = unseal(registration.active_credential, "sealed_secret")
    attempt = SignIn(
        registration.cloud, str(registration.tenant_id), registration.client_id, secret, known=True
    )
    attempt.find_organisation()
    return Graph(registration.cloud, attempt.get_token())


def _named(application: Mapping[str, Any], name: str) -> list[Any]:
    entries = application.get("passwordCredentials")
    found = (KnownCredential.read(entry) for entry in (entries if isinstance(entries, list) else []))
    return [known.key_id for known in found if known.name == name]


def _add(graph: Graph, rotation: Rotation) -> Mapping[str, Any]:
    """With the longest life that the tenant's policy allows."""
    client_id = rotation.registration.client_id
    if client_id is None:
        raise MicrosoftError(Answer())
    for life in LIVES:
        try:
            return graph.add_password(client_id, rotation.name_in_entra, clock.now() + life)
        except MicrosoftUnreachable:
            raise
        except MicrosoftError as error:
            refused = error
            if error.answer.error != "CredentialInvalidLifetimeAsPerAppPolicy":
                break
    raise refused


@dataclass(frozen=True)
class _Made:
    known: KnownCredential
    secret: Secret

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "_Made":
        """Raises MicrosoftUnreachable for an answer that is none: the next try removes what was made."""
        try:
            known = KnownCredential.read(answer)
        except Unreadable as error:
            raise MicrosoftUnreachable(Answer(200)) from error
        text = answer.get("secretText")
        if not isinstance(text, str) or not text:
            raise MicrosoftUnreachable(Answer(200))
        return cls(known, Secret(text))


@transaction.atomic
def _store(rotation: Rotation, made: _Made) -> bool:
    """Keep it sealed and have it validated; False, and nothing kept, when somebody else holds the rotation by now."""
    registration = AppRegistration.objects.lock(rotation.registration_id)
    if registration.client_id is None:
        return False
    validation = submit(
        registration,
        PURPOSE,
        PORTAL,
        tenant_id=registration.tenant_id,
        client_id=registration.client_id,
        secret=made.secret,
    )
    validation.credential.came_as(made.known)
    stored = {"made": validation.credential, "validation": validation}
    if not rotation.settle(next_try_in=TEST_PAUSE, stage=Stage.TESTING, **stored):
        transaction.set_rollback(True)
        return False
    about = [registration, rotation, validation.credential]
    journal.write(PORTAL, "m365.secret_made", about, key_id=made.known.key_id, ends=made.known.ends)
    return True


def _look_at_the_test(rotation: Rotation) -> None:
    test = rotation.validation
    if test is None:
        _give_up(rotation, causes.OUR_FAULT)
    elif test.signed_in:
        rotation.settle(next_try_in=GRACE, stage=Stage.REMOVING)
    elif test.running or test.watching or test.verdict == Validation.Verdict.HELD:
        rotation.settle(next_try_in=TEST_PAUSE)
    else:
        _give_up(rotation, test.cause or causes.RENEWAL_REFUSED)


def _remove_former(rotation: Rotation) -> None:
    _remove(rotation, rotation.replaces)
    _finish(rotation, Stage.DONE, rotation.cause_name)


def _undo(rotation: Rotation) -> None:
    if rotation.made:
        _remove(rotation, rotation.made)
    _finish(rotation, Stage.FAILED, rotation.cause_name)


def _remove(rotation: Rotation, credential: Credential) -> None:
    """Nothing when it is gone, is in use, or stands with the enterprise application, which is not ours to change."""
    registration, key_id = rotation.registration, credential.key_id
    if registration.client_id is None or registration.active_credential_id == credential.pk:
        return
    graph = _graph(registration)
    entries = graph.application(registration.client_id).get("passwordCredentials")
    there = {str(entry.get("keyId")) for entry in (entries if isinstance(entries, list) else [])}
    if key_id is not None and str(key_id) in there:
        graph.remove_password(registration.client_id, key_id)
        journal.write(PORTAL, "m365.secret_removed", [registration, rotation, credential], key_id=key_id)


_STEPS: dict[Stage, Callable[[Rotation], None]] = {
    Stage.MAKING: _make,
    Stage.TESTING: _look_at_the_test,
    Stage.REMOVING: _remove_former,
    Stage.UNDOING: _undo,
}


def _later(rotation: Rotation, answer: Answer) -> None:
    """Nobody's fault: again, with growing pauses, as long as the customer can still be asked in good time."""
    if clock.now() - rotation.created_at > GIVES_UP_AFTER:
        _give_up(rotation, causes.of_no_answer(answer))
        return
    grown = pause(rotation.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    rotation.settle(next_try_in=max(grown, timedelta(seconds=answer.retry_after or 0)))


def _give_up(rotation: Rotation, cause: Cause) -> None:
    """It goes no further: what is in use stays in use, and what was made for nothing is removed."""
    match rotation.stage:
        case Stage.REMOVING:  # the new one works; the former one ends by itself
            _finish(rotation, Stage.DONE, cause.name)
        case Stage.UNDOING:
            _finish(rotation, Stage.FAILED, rotation.cause_name)
        case _:
            _fail(rotation, cause)


@transaction.atomic
def _fail(rotation: Rotation, cause: Cause) -> None:
    registration = AppRegistration.objects.lock(rotation.registration_id)
    undo = rotation.made_id is not None
    stage, at = (Stage.UNDOING, None) if undo else (Stage.FAILED, clock.now())
    again = timedelta(0) if undo else None
    if not rotation.settle(next_try_in=again, stage=stage, cause_name=cause.name, finished_at=at):
        return
    journal.write(PORTAL, "m365.rotation_failed", [registration, rotation], cause=cause.name)
    if registration.active_credential_id == rotation.replaces_id:
        for follows in _failed:
            follows(rotation)


def _finish(rotation: Rotation, stage: Stage, cause_name: str) -> None:
    if rotation.settle(stage=stage, cause_name=cause_name, finished_at=clock.now()):
        log.info("rotation.settled", rotation=rotation.id, stage=stage.value, cause=cause_name)


def newest(registration: AppRegistration) -> Rotation | None:
    return registration.rotations.order_by("-created_at").first()
