"""The rows that are measured, in a handful of statements: invitations to be mailed, connections to be checked."""

import uuid
from email.utils import make_msgid

from django.test import Client

from invitations.models.mailed import ACTIVATION
from m365.models import AppRegistration, ConnectionState, Credential
from m365.permissions import APPLICATION_READ, ORGANIZATION_READ
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.outbox import OutboxMail
from portal.core.roles import Role
from portal.core.sealing import seal_into
from portal.core.secrets import Secret
from portal.core.tenancy import Channel, Operator
from services.models import Customer
from tests.bench.outside import Tenant
from tests.conftest import make_operator, make_service
from tests.many import many


def invitations(number: int) -> list[OutboxMail]:
    """So many pending services, each with an invitation; their mails, which are not stored yet."""
    channel = Channel.objects.create(name="Nordhafen Direct")
    olga = make_operator("olga@nordhafen.example", channel, Role.ADMIN)
    customer = Customer.objects.create(channel=channel, name="Brightwater Dental Group")
    first = make_service(customer, olga, "brightwater", full_name="Brightwater Dental, London")
    OutboxMail.objects.all().delete()
    return [
        OutboxMail(
            kind=ACTIVATION,
            object_id=service.invitation.uuid,
            key=service.invitation.mail_key,
            recipient=service.invitation.email,
            message_id=make_msgid(domain="nordhafen.example"),
            **PORTAL.columns(),
        )
        for service in many(first, number)
    ]


def connections(tenants: list[Tenant]) -> list[AppRegistration]:
    """Monitored connections that work and are known from the nights before."""
    channel = Channel.objects.create(name="Nordhafen Direct")
    rows, credentials = [], []
    for tenant in tenants:
        row = AppRegistration(
            channel=channel, owner=uuid.uuid4(), monitored=True, state=ConnectionState.OK, checked_at=now(),
            tenant_id=uuid.UUID(tenant.id), client_id=uuid.UUID(tenant.client_id), app_name=tenant.app_name,
            roles=[APPLICATION_READ, ORGANIZATION_READ], entra_roles=[], secret_ends_at=tenant.ends_at,
        )  # fmt: skip
        credential = Credential(
            registration=row, state=Credential.State.ACTIVE, hint=tenant.secret[:3], key_id=uuid.UUID(tenant.key_id),
            display_name=tenant.secret_name, not_before=tenant.starts_at, not_after=tenant.ends_at,
            expiry=Credential.Expiry.KNOWN,
        )  # fmt: skip
        seal_into(credential, "sealed_secret", Secret(tenant.secret))
        rows.append(row)
        credentials.append(credential)
    AppRegistration.objects.bulk_create(rows)
    Credential.objects.bulk_create(credentials)
    for row, credential in zip(rows, credentials, strict=True):
        row.active_credential = credential
    AppRegistration.objects.bulk_update(rows, ["active_credential"], batch_size=250)
    return rows


def unconnected(number: int) -> list[AppRegistration]:
    """Registrations of which nothing is known yet."""
    channel = Channel.objects.get()
    made = [AppRegistration(channel=channel, owner=uuid.uuid4()) for _ in range(number)]
    return AppRegistration.objects.bulk_create(made)


def signed_in(email: str) -> dict[str, str]:
    """The cookies of an operator's browser."""
    client = Client()
    client.force_login(
        Operator.objects.get(email=email), "allauth.account.auth_backends.AuthenticationBackend"
    )
    return {name: cookie.value for name, cookie in client.cookies.items()}
