"""A new client secret for a connected service: validated first, with tenant and application as they are."""

from uuid import UUID

from django.db import transaction

from invitations import renewals
from m365 import validations
from m365.models import AppRegistration, Credential, Validation
from portal.core.actors import Actor
from portal.core.secrets import Secret
from services.models import Purpose, Service


@transaction.atomic
def submit_once(
    service: Service, secret: Secret, actor: Actor, replaces: UUID
) -> tuple[Validation, bool] | None:
    """The validation of this secret and whether it is new: while another one is validated, or held, that one.

    `replaces` is the credential that the form was shown for. None, and nothing is stored, when it is not the one in
    use any more, or when the service was deleted.
    """
    # First the registration, as whoever settles, connects or deletes: all of it stands still then.
    registration = AppRegistration.objects.lock(service.app_registration_id)
    tenant_id, client_id = registration.tenant_id, registration.client_id
    if registration.active_credential_id != replaces or tenant_id is None or client_id is None:
        return None
    if not Service.objects.living().filter(pk=service.pk).exists():
        return None
    if other := registration.held or under_way(registration):
        return other, False
    new = validations.submit(
        registration, Purpose.NEW_SECRET, actor, tenant_id=tenant_id, client_id=client_id, secret=secret
    )
    return new, True


def under_way(registration: AppRegistration) -> Validation | None:
    """The validation of a secret that may take the place of the one in use; whoever asked for it."""
    running = registration.validations.filter(verdict=Validation.Verdict.RUNNING)
    return running.filter(credential__state=Credential.State.CANDIDATE).order_by("created_at").first()


def accept(validation: Validation) -> bool:
    """The receiver for successful ones: a link that asks for a renewal dies, a deleted service gets no credential."""
    if not _lives(validation):
        return False
    renewals.withdraw(validation.registration, validation.actor)
    return True


def _lives(validation: Validation) -> bool:
    return Service.objects.living().filter(app_registration=validation.registration_id).exists()


def held(validation: Validation) -> bool:
    """The receiver for those whose tenant an operator must confirm: the link lives until then."""
    return _lives(validation)
