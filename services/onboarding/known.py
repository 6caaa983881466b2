"""A known app registration: three values that an operator types, for a service that is still pending."""

from m365 import validations
from m365.models import AppRegistration, Validation
from m365.shape import Shape
from portal.core.actors import Actor
from portal.core.secrets import Secret
from services.models import Purpose, Service


def submit(registration: AppRegistration, values: Shape, actor: Actor) -> Validation:
    """Queue the validation of three values that passed the form. Raises ValueError for any that did not."""
    if values.problems or values.tenant_id is None or values.client_id is None:
        raise ValueError("the values were not checked")
    return validations.submit(
        registration,
        Purpose.KNOWN,
        actor,
        tenant_id=values.tenant_id,
        client_id=values.client_id,
        secret=Secret(values.secret),
    )


def accept(validation: Validation) -> bool:
    """The receiver for successful ones: a service that was deleted meanwhile gets no credential.

    Settling and deleting both lock the registration first, so that one of them is over when the other looks.
    """
    return Service.objects.pending().filter(app_registration=validation.registration_id).exists()
