"""Connections in every state, made by the functions that workers use; and how lists count their queries."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from m365 import causes, validations
from m365.tasks import drain_validations
from m365.validation import STEPS, Outcome
from m365.validations import conclude
from portal.core.clock import now
from portal.core.secrets import Secret
from services.models import Purpose, Service
from tests.conftest import IDA, actor_for, make_service
from tests.m365.nights import a_night_passes
from tests.signing_in import freshly

PERMISSIONS = ["Application.Read.All", "Organization.Read.All"]


@pytest.fixture
def as_olga(as_olga):
    """Has confirmed a moment ago that it is still she; who has not is asked (test_t32_asked_again.py)."""
    return freshly(as_olga)


@pytest.fixture
def as_max(as_max):
    return freshly(as_max)


def ended(service, operator, outcome, purpose=Purpose.PORTAL):
    """A validation of the credential in use, settled with this outcome as a worker does; returns it, fresh."""
    with transaction.atomic():  # else a real worker, where one runs, might be faster and ask the simulator
        validation = service.validate_again(actor_for(operator), purpose)
        outcome.steps = outcome.steps or _steps(outcome)
        validation.unanswered = 99  # the last try: nothing follows
        conclude(validation, outcome, 1940)
    validation.refresh_from_db()
    service.refresh_from_db()
    return validation


def _steps(outcome):
    """All of them, or as far as a sign-in that is refused."""
    names = list(STEPS) if outcome.signed_in else list(STEPS)[: list(STEPS).index("sign_in") + 1]
    steps = [{"name": name, "state": "ok", "ms": 210, "note": ""} for name in names]
    if not outcome.signed_in:
        steps[-1]["state"] = "wait" if outcome.undecided else "err"
    return steps


def signed_in(**more):
    return Outcome(**{"signed_in": True, "roles": PERMISSIONS, "tenant_name": "Brightwater", **more})


def refused(cause=causes.WRONG_SECRET):
    return Outcome(cause=cause)


def in_days(days, hours=1):
    return now() + timedelta(days=days, hours=hours)


@pytest.fixture
def queries_of():
    """How many queries a page takes: `queries_of(client, url)`."""

    def count(client, url):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    return count


@pytest.fixture
def live(service, entra, olga):
    """The service, connected to an organisation of the simulator, with a secret that ends in 41 days."""
    app = entra.add_tenant(name="Brightwater Dental Group Ltd").add_application(name="Voice")
    return connect_live(service, app, app.add_secret(name="portal 2026", ends_in_days=41.5), olga)


def connect_live(service, app, secret, operator):
    """Connect the service to this app of the simulator as a worker does; returns the service."""
    ids = {"tenant_id": uuid.UUID(app.tenant.id), "client_id": uuid.UUID(app.client_id)}
    value = Secret(secret.value)
    validations.submit(service.app_registration, "test", actor_for(operator), secret=value, **ids)
    drain_validations()
    service.app_registration.refresh_from_db()
    assert service.connected
    return service


def hold_live(customer, operator, name, app, invite=IDA):
    """A new service that holds a sign-in to this app's tenant: its customer has another one recorded."""
    service = make_service(customer, operator, name, invite=invite)
    registration = service.app_registration
    registration.expected_tenant_id = uuid.uuid4()
    registration.save()
    ids = {"tenant_id": uuid.UUID(app.tenant.id), "client_id": uuid.UUID(app.client_id)}
    secret = Secret(app.add_secret(ends_in_days=90).value)
    if service.invitation:
        service.invitation.submit(actor_for(operator), secret=secret, **ids)
    else:
        validations.submit(registration, Purpose.KNOWN, actor_for(operator), secret=secret, **ids)
    drain_validations()
    service = Service.objects.with_connection().get(pk=service.pk)
    assert service.held
    return service


@pytest.fixture
def deployed(customer, olga, entra):
    """`deployed("kestrel", ends_in_days=6.5)`: an active service, connected to an organisation of its own."""

    def make(short_name, *, ends_in_days=300, of=None, by=None):
        app = entra.add_tenant(name=f"{short_name} Ltd").add_application(name="Voice")
        secret = app.add_secret(name="portal", ends_in_days=ends_in_days)
        service = make_service(of or customer, by or olga, short_name, invite=None)
        connect_live(service, app, secret, by or olga)
        service.activate(actor_for(by or olga))
        return service

    return make


@pytest.fixture
def later(monkeypatch, entra):
    """`later(days=3)`: the portal's clock, and Microsoft's, stand so far from now."""

    def move(**shift):
        seconds = timedelta(**shift).total_seconds()
        monkeypatch.setenv("CLOCK_SHIFT", str(int(seconds)))
        entra.clock.reset()
        entra.clock.shift(seconds=seconds)

    return move


@pytest.fixture
def foreign_app(entra):
    org = entra.add_tenant(name="Oakhurst Holdings", domains=["oakhurst.example"])
    return org.add_application(name="Voice")


@pytest.fixture
def held(customer, olga, foreign_app):
    return hold_live(customer, olga, "oakhurst", foreign_app)


@pytest.fixture
def ending(deployed, entra):
    """The connection of a service whose secret has 41 of 365 days left, in a tenant that lets the portal renew it."""

    def make(*, lets=True):
        service = deployed("kestrel", ends_in_days=41)
        registration = service.app_registration
        app = entra.application_of(registration)
        app.secrets[0].starts_at = now() - timedelta(days=324)
        if lets:
            app.let_it_renew_itself()
        a_night_passes()  # which reads permissions and the end
        registration.refresh_from_db()
        return registration, app

    return make
