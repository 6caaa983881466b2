"""Registrations of one channel, connected, or about to be, to organisations of the simulator."""

import uuid

import pytest

from m365 import validations
from m365.models import AppRegistration, ConnectionState, Credential
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.secrets import Secret


def watch(channel, app, secret, *, state=ConnectionState.OK, **changes):
    """A monitored registration with this secret in use, as it stands after a good validation."""
    registration = AppRegistration.objects.create(
        channel=channel,
        owner=uuid.uuid4(),
        tenant_id=uuid.UUID(app.tenant.id),
        client_id=uuid.UUID(app.client_id),
        monitored=True,
        state=state,
        checked_at=now(),
        **changes,
    )
    credential = Credential.sealed(registration, Secret(secret.value))
    credential.state = Credential.State.ACTIVE
    credential.save()
    registration.active_credential = credential
    registration.save()
    return registration


@pytest.fixture
def watched(channel, entra):
    """`watched(name)`: a registration that the night checks; `entra.application_of(it)` is its other side."""

    def make(name="Brightwater Dental Group Ltd", *, ends_in_days=300, **changes):
        app = entra.add_tenant(name=name).add_application()
        return watch(channel, app, app.add_secret(ends_in_days=ends_in_days), **changes)

    return make


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Oakhurst Holdings", domains=["oakhurst.example"])


@pytest.fixture
def app(org):
    return org.add_application(name="Voice")


@pytest.fixture
def register(channel):
    """Registrations, each of another customer unless it is given."""

    def make(**values):
        return AppRegistration.objects.create(**{"channel": channel, "owner": uuid.uuid4()} | values)

    return make


@pytest.fixture
def submit(app):
    def call(registration, **changes):
        secret = app.add_secret(ends_in_days=364)
        values = {
            "tenant_id": uuid.UUID(app.tenant.id),
            "client_id": uuid.UUID(app.client_id),
            "secret": Secret(secret.value),
        }
        registration.refresh_from_db()
        return validations.submit(registration, "test", PORTAL, **values | changes)

    return call
