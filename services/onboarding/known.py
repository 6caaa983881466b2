"""A known app registration: three values that an operator types, for a service that is still pending."""

from django.db import transaction

from m365 import validations
from m365.models import AppRegistration, Validation
from m365.shape import Shape
from portal.core.actors import Actor
from services.models import Purpose, Service


@transaction.atomic
def submit_once(service: Service, values: Shape, actor: Actor, newest: str) -> tuple[Validation, bool] | None:
    """The validation of these values and whether it is new: a form that was sent twice gives the first one's.

    `newest` is the newest validation that the form had seen, "" for none. None when the service is not pending any
    more. While a tenant is to be confirmed it is the one that is held: that is decided first.
    """
    if not service.lock_pending():
        return None
    if held := AppRegistration.objects.select_related("held").get(pk=service.app_registration_id).held:
        return held, False
    last = newest_of(service.app_registration)
    if last and newest != str(last.pk):
        return last, False
    return submit(service.app_registration, values, actor), True


def newest_of(registration: AppRegistration) -> Validation | None:
    return registration.validations.order_by("-created_at").first()


def submit(registration: AppRegistration, values: Shape, actor: Actor) -> Validation:
    """Queue the validation of three values that passed the form. Raises ValueError for any that did not."""
    return validations.submit(registration, Purpose.KNOWN, actor, **values.values)


def accept(validation: Validation) -> bool:
    """The receiver for successful ones: a service that was deleted meanwhile gets no credential.

    Settling and deleting both lock the registration first, so that one of them is over when the other looks.
    """
    return Service.objects.pending().filter(app_registration=validation.registration_id).exists()
