"""A client secret that the portal renews, where the customer lets it: made, tested, put in use, the former removed.

A customer lets it by two deeds in Entra: the permission Application.ReadWrite.OwnedBy, and the application as its own
owner. The order is that of Microsoft's "application: addPassword": the new secret is stored before anything changes,
tried until all of Entra knows it (`too_new`), put in use by the same swap as any other, and only then the former one
is removed. Whatever dies in between, no secret of ours stays in Entra unknown: its name tells which rotation made it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from m365 import causes
from m365.causes import Cause
from m365.deadline import Deadline
from m365.http import Answer, MicrosoftError, MicrosoftUnreachable
from m365.models import AppRegistration, Credential, Rotation, Validation
from m365.permissions import RENEWAL
from m365.renewed_secrets import Made, SignInRefused, add, graph_of, named, remove
from m365.validations import submit
from portal.core import clock, journal
from portal.core.actors import PORTAL
from portal.core.logs import EventLog, new_request_id, working_on
from portal.core.wake import wake

log = EventLog(__name__)

DRAIN = "m365.tasks.drain_rotations"
# What its validations are for.
PURPOSE = "rotated"
# Somebody may be using the former secret at this very moment: a check of the running night, a token on its way.
GRACE = timedelta(minutes=10)
TEST_PAUSE = timedelta(seconds=20)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# By then the customer can still be asked in good time.
GIVES_UP_AFTER = timedelta(hours=20)

Stage = Rotation.Stage


Failed = Callable[[Rotation], None]
_failed: list[Failed] = []


def register(failed: Failed) -> None:
    """Say what follows, above, when a secret could not be renewed; inside the transaction that settles it."""
    _failed.append(failed)


@transaction.atomic
def begin(registration: AppRegistration) -> bool:
    """Renew the secret in use; False, and the customer is to be asked, where the tenant does not let us.

    Not before half of its life: where a policy allows short lives only, the first warning comes on the first day, and
    it would be renewed night after night.
    """
    registration = AppRegistration.objects.lock(registration.pk)
    credential = registration.active_credential
    if credential is None or not permitted(registration) or registration.held_id:
        return False
    due = max(clock.now(), _half_life(credential))
    whose = {"registration": registration, "channel_id": registration.channel_id}
    rotation, new = Rotation.objects.exclude(stage=Stage.FAILED).get_or_create(
        replaces=credential, defaults={**whose, "due_at": due, "next_try_at": Now() + (due - clock.now())}
    )
    if new:
        journal.write(PORTAL, "m365.rotation_began", [registration, rotation, credential], due=due)
        wake(DRAIN)
    return True


def permitted(registration: AppRegistration) -> bool:
    """Whether the tenant lets the portal renew the secret in use, as far as the last sign-in told."""
    credential = registration.active_credential
    known = credential is not None and credential.expiry == Credential.Expiry.KNOWN
    return known and RENEWAL in registration.roles


def _half_life(credential: Credential) -> datetime:
    began = credential.not_before or credential.created_at
    ends = credential.not_after or began
    return began + (ends - began) / 2


def work(rotation: Rotation) -> None:
    """Take one step of a leased rotation and settle it."""
    with working_on(new_request_id()), Deadline(settings.M365_DEADLINE):
        try:
            _STEPS[Stage(rotation.stage)](rotation)
        except MicrosoftUnreachable as error:
            _later(rotation, error.answer)
        except SignInRefused as error:
            _give_up(rotation, causes.of_refused_sign_in(error.answer))
        except MicrosoftError as error:
            said = error.answer
            log.info("rotation.refused", rotation=rotation.id, stage=rotation.stage, trace_id=said.trace_id)
            _give_up(rotation, causes.of_refused_renewal(error.answer))
        except (
            OperationalError,
            InterfaceError,
        ):  # our database went away: its lease ends, and the step comes again
            raise
        except Exception:  # a secret that cannot be opened, or a bug that one tenant's answer brings out
            log.exception("rotation.failed", rotation=rotation.id, stage=rotation.stage)
            _give_up(rotation, causes.OUR_FAULT)


def _make(rotation: Rotation) -> None:
    registration = rotation.registration
    if registration.active_credential_id != rotation.replaces_id or registration.client_id is None:
        _give_up(rotation, causes.TOO_LATE)
        return
    graph = graph_of(registration)
    for left_behind in named(graph.application(registration.client_id), rotation.name_in_entra):
        graph.remove_password(registration.client_id, left_behind)
    made = Made.read(add(graph, rotation))
    if not _store(rotation, made):
        graph.remove_password(registration.client_id, made.known.key_id)


@transaction.atomic
def _store(rotation: Rotation, made: Made) -> bool:
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
    made_here = Rotation.objects.filter(made=rotation.replaces).exists()
    sure = remove(rotation, rotation.replaces, found_by_hint=not made_here)
    _finish(rotation, Stage.DONE, "" if sure else causes.FORMER_UNSURE.name)


def _undo(rotation: Rotation) -> None:
    if rotation.made:
        remove(rotation, rotation.made, found_by_hint=False)
    _finish(rotation, Stage.FAILED, rotation.cause_name)


_STEPS: dict[Stage, Callable[[Rotation], None]] = {
    Stage.MAKING: _make,
    Stage.TESTING: _look_at_the_test,
    Stage.REMOVING: _remove_former,
    Stage.UNDOING: _undo,
}


def _later(rotation: Rotation, answer: Answer) -> None:
    """Nobody's fault: again, with growing pauses, as long as the customer can still be asked in good time."""
    if clock.now() - rotation.due_at > GIVES_UP_AFTER:
        _give_up(rotation, causes.of_no_answer(answer))
        return
    rotation.settle(next_try_in=answer.again_in(rotation.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE))


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
