"""The cast: olga and max are operators of two channels, pia of the provider as a whole, ida is invited."""

import uuid
from datetime import timedelta
from functools import cache

import pytest
import redis
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now
from django.utils import timezone

from portal.core.actors import Actor, ActorKind
from portal.core.heartbeats import Heartbeat, Part
from portal.core.roles import Role
from portal.core.tenancy import Channel, Membership, Operator
from services.models import Customer, Sbc, Service

PASSWORD = "correct horse battery staple"
IDA = "ida@brightwater.example"


@cache
def hashed_password():
    """Made once a run: a good hash is slow on purpose."""
    return make_password(PASSWORD)


def make_operator(email, channel, role=Role.OPERATOR):
    name = email.partition("@")[0].title()
    operator = Operator.objects.create(
        email=email, name=name, password=hashed_password(), second_factor_since=timezone.now()
    )
    Membership.objects.create(operator=operator, channel=channel, role=role)
    return operator


def make_service(customer, operator, short_name, invite=IDA, **values):
    service = Service(
        customer=customer,
        short_name=short_name,
        full_name=values.pop("full_name", short_name.title()),
        license_type=values.pop("license_type", "pro"),
        licensed_users=values.pop("licensed_users", 25),
        **values,
    )
    Service.begin(service, actor_for(operator))
    if invite:
        service.invite(invite, actor_for(operator))
    return service


def actor_for(operator):
    return Actor(ActorKind.OPERATOR, operator.name, operator, "192.0.2.1")


def clear_limits():
    """Limits of public pages are kept in a real server, beside the queues: only the cache's own keys go."""
    server = redis.from_url(settings.REDIS_URL)
    for key in server.scan_iter(":1:*"):
        server.delete(key)


@pytest.fixture(autouse=True)
def _no_limits_from_the_last_test():
    clear_limits()


@pytest.fixture
def channel(db):
    return Channel.objects.create(name="Nordhafen Direct")


@pytest.fixture
def other_channel(db):
    return Channel.objects.create(name="Telko Partner Süd")


@pytest.fixture
def olga(channel):
    return make_operator("olga@nordhafen.example", channel, Role.ADMIN)


@pytest.fixture
def max_(other_channel):
    return make_operator("max@telko.example", other_channel, Role.ADMIN)


@pytest.fixture
def monica(channel):
    """She may look and change nothing."""
    return make_operator("monica@nordhafen.example", channel, Role.MONITOR)


@pytest.fixture
def pia(db):
    return make_operator("pia@nordhafen.example", None, Role.ADMIN)


@pytest.fixture
def customer(channel):
    return Customer.objects.create(channel=channel, name="Brightwater Dental Group")


@pytest.fixture
def sbc(channel):
    return Sbc.objects.create(
        channel=channel, name="HAM-1", base_domain="sbc.nordhafen.example", address="192.0.2.61"
    )


@pytest.fixture
def service(customer, olga):
    """Pending, its invitation to ida queued."""
    return make_service(customer, olga, "brightwater", full_name="Brightwater Dental, London")


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def as_max(max_):
    from django.test import Client

    client = Client()
    client.force_login(max_, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def as_monica(monica):
    from django.test import Client

    client = Client()
    client.force_login(monica, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def connected(service):
    """The service with a validated credential in use, as a worker would leave it; returns the service."""
    return connect(service)


def connect(service, not_after=None, secret="Ab3 is how it begins", domains=None):

    from m365.models import ConnectionState, Credential
    from m365.models.registrations import END_UNKNOWN
    from portal.core.secrets import Secret

    registration = service.app_registration
    credential = Credential.sealed(registration, Secret(secret))
    credential.state, credential.not_after = Credential.State.ACTIVE, not_after
    credential.expiry = Credential.Expiry.KNOWN if not_after else Credential.Expiry.UNKNOWN
    credential.save()
    registration.active_credential = credential
    registration.tenant_id, registration.client_id = uuid.uuid4(), uuid.uuid4()
    registration.authenticated_at = registration.checked_at = timezone.now()
    registration.secret_ends_at = not_after or END_UNKNOWN
    registration.state = ConnectionState.OK if not_after else ConnectionState.CANNOT_READ_EXPIRY
    registration.tenant_name, registration.app_name = "Brightwater Dental Group Ltd", "Voice"
    registration.domains = domains or [
        {"name": "brightwaterdental.onmicrosoft.com", "initial": True, "default": False},
        {"name": "brightwaterdental.example", "initial": False, "default": True},
    ]
    registration.roles = ["Application.Read.All", "Organization.Read.All"]
    registration.save()
    if service.invitation:
        service.invitation.authenticated_at = timezone.now()
        service.invitation.authenticated_by = f"holder of the link sent to {service.invitation.email}"
        service.invitation.save()
    return service


@pytest.fixture
def silence_is_told(settings):
    """As in production: elsewhere in tests no worker is called silent."""
    settings.SILENT_AFTER = timedelta(minutes=3)


@pytest.fixture
def alive(db):
    """Beat and all workers did their part a moment ago; `alive(mail=timedelta(minutes=7))`: so long ago."""

    def seen(**ago):
        Heartbeat.objects.all().delete()
        for part in Part:
            Heartbeat.objects.create(part=part, seen_at=Now() - ago.get(part, timedelta(0)))

    seen()
    return seen
