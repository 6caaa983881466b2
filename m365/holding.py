"""A tenant that an operator must confirm, because another one is recorded or because another customer uses it.

The decision is about the very validation that the operator saw, and of two decisions at the same moment one counts.
"""

from django.db import transaction

from m365 import causes
from m365.models import AppRegistration, Validation
from m365.receivers import receiver
from m365.settling import lock_tenant, reasons_to_hold, record, remember, take
from portal.core.actors import Actor
from portal.core.journal import JournalEntry

CONFIRMED, REJECTED = "m365.tenant_confirmed", "m365.tenant_rejected"
# Confirmed, but what it was for had ended.
TOO_LATE = "m365.tenant_confirmed_too_late"


@transaction.atomic
def confirm(validation: Validation, actor: Actor) -> bool:
    """Expect this tenant from now on and put the candidate in use, as if it had just been validated.

    False, and nothing is put in use, when it was decided or deleted meanwhile, when there is a reason to look that
    the operator has not seen (it stays held, for that reason, too), or when the registration is not waiting for it
    any more.
    """
    registration = _held(validation)
    if registration is None:
        return False
    lock_tenant(validation)
    found = [cause.name for cause in reasons_to_hold(validation, registration)]
    if unseen := [name for name in found if name not in (validation.held_for or [])]:
        validation.held_for = [*(validation.held_for or []), *unseen]
        validation.save(update_fields=["held_for"])
        return False
    former, read = registration.expected_tenant_id, validation.reading
    registration.release(expect=validation.tenant_id)
    validation.release()
    taken = take(validation, registration, lambda: receiver(validation).confirmed(validation, actor))
    if not taken:
        registration.release(expect=former)
    remember(validation, registration, read)
    record(actor, CONFIRMED if taken else TOO_LATE, validation)
    return taken


@transaction.atomic
def reject(validation: Validation, actor: Actor) -> bool:
    """Wipe the candidate; what asked for it ends, too. False when it was decided or deleted meanwhile."""
    registration = _held(validation)
    if registration is None:
        return False
    registration.release(expect=registration.expected_tenant_id)
    validation.fail(causes.TENANT_REJECTED)
    receiver(validation).rejected(validation, actor)
    remember(validation, registration, validation.reading)
    record(actor, REJECTED, validation)
    return True


def decision(validation: Validation) -> JournalEntry | None:
    """The newest entry of the journal that says who decided about its tenant."""
    decided = JournalEntry.objects.filter(about__contains=[validation.pk], verb__in=[CONFIRMED, REJECTED])
    return decided.select_related("operator").order_by("-created_at").first()


def _held(validation: Validation) -> AppRegistration | None:
    """The locked registration, if it is still this validation that it holds; the validation, as it is now."""
    registration = AppRegistration.objects.lock(validation.registration_id)
    if registration.held_id != validation.pk:
        return None
    validation.refresh_from_db()
    return registration
