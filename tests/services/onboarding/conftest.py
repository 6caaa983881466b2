"""What an operator types, and a tenant in which it is right."""

from uuid import UUID

import pytest
from django.urls import reverse

from portal.core.actors import Actor, ActorKind
from portal.core.secrets import Secret
from services.models import OnboardingDraft, Service


def url(name, service=None):
    return reverse(f"services:{name}", args=[service.pk] if service else [])


@pytest.fixture
def draft(olga, customer):
    """Olga has selected Brightwater."""
    return OnboardingDraft.choose(olga, customer)


@pytest.fixture
def typed(draft):
    """The tenant form as olga fills it in, the link to be mailed; keywords change single fields."""

    def fill(**changes):
        values = {
            "draft": str(draft.pk),
            "full_name": "Brightwater Dental, London",
            "short_name": "brightwater",
            "license_type": "pro",
            "licensed_users": "120",
            "send_link": "on",
            "email": "ida@brightwater.example",
        }
        return {name: value for name, value in (values | changes).items() if value is not None}

    return fill


@pytest.fixture
def org(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd")


@pytest.fixture
def app(org):
    return org.add_application()


@pytest.fixture
def three_values(org, app):
    """Keyword arguments for the form: a registration that works."""
    secret = app.add_secret(ends_in_days=364)
    return {"tenant_id": org.id, "client_id": app.client_id, "client_secret": secret.value}


@pytest.fixture
def known(typed, three_values):
    """The tenant form with the values of a known registration, no link."""
    contact = {"send_link": None, "email": None, "m365_contact": "ruth@brightwater.example"}
    return lambda **changes: typed(**{**contact, **three_values, **changes})


def answer(service, three_values):
    """What a submitted invitation page does: ida's values are queued for a worker."""
    invitation = service.invitation
    ida = Actor(ActorKind.LINK_HOLDER, f"holder of the link sent to {invitation.email}")
    invitation.submit(
        ida,
        tenant_id=UUID(three_values["tenant_id"]),
        client_id=UUID(three_values["client_id"]),
        secret=Secret(three_values["client_secret"]),
    )


def only_service():
    return Service.objects.get()
