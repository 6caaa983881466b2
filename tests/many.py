"""Many rows like one, in a handful of statements."""

from uuid import uuid4

from invitations.models import Invitation
from m365.models import AppRegistration, Credential, Validation
from services.models import Service


def copy_of(row, **changes):
    """A row of its own, not stored, with the same values but for the changes."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.fields if not field.primary_key
    }
    return type(row)(**values | changes)


def many(service, number):
    """Copies of a pending service, with rows of their own for registration, credential, held validation, invitation.

    Their short names are many0, many1, …; their mails and journal entries are not copied.
    """
    of, invitation = service.app_registration, service.invitation
    services = []
    for i in range(number):
        registration = copy_of(of, active_credential_id=None, held_id=None, last_validation_id=None)
        copy = copy_of(
            service, app_registration_id=registration.pk, short_name=f"many{i}", short_key=f"many{i}"
        )
        copy.app_registration = registration
        if invitation:
            copy.invitation = copy_of(invitation, app_registration_id=registration.pk, uuid=uuid4())
        services.append(copy)
    AppRegistration.objects.bulk_create(copy.app_registration for copy in services)
    if invitation:
        Invitation.objects.bulk_create(copy.invitation for copy in services)
        for copy in services:
            copy.invitation = copy.invitation  # it has its number only now
    Service.objects.bulk_create(services)
    if of.active_credential or of.held:
        _connect_or_hold(services, of)
    return services


def _connect_or_hold(services, of):
    for copy in services:
        registration = copy.app_registration
        if of.active_credential:
            registration.active_credential = copy_of(of.active_credential, registration_id=registration.pk)
        if of.held:
            candidate = copy_of(of.held.credential, registration_id=registration.pk)
            subject = copy.invitation.uuid if copy.invitation else None
            registration.held = copy_of(of.held, registration_id=registration.pk, subject=subject)
            registration.held.credential = candidate
    registrations = [copy.app_registration for copy in services]
    held = [each.held for each in registrations if each.held]
    active = [each.active_credential for each in registrations if each.active_credential]
    Credential.objects.bulk_create([*active, *(each.credential for each in held)])
    Validation.objects.bulk_create(held)
    AppRegistration.objects.bulk_update(registrations, ["active_credential", "held"])
