"""T32: before what is risky for a service, whoever has not confirmed lately shows that it is still they."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from services.models import Customer, Service
from tests.conftest import IDA, PASSWORD
from tests.services.test_customer_logos import picture
from tests.signing_in import freshly

pytestmark = pytest.mark.django_db

CONFIRM = reverse("account_reauthenticate")
TENANT = "27c9d3a4-5b6e-4f70-8a91-b2c3d4e5f607"


def url(name, service, *more):
    return reverse(f"services:{name}", args=[service.pk, *more])


@pytest.fixture
def late(as_olga):
    """Olga's browser, eleven minutes after she confirmed."""
    session = freshly(as_olga).session
    record = {"method": "password", "at": time.time() - 660, "reauthenticated": True}
    session["account_authentication_methods"] = [record]
    session.save()
    return as_olga


def confirmed(client, asked, path):
    """What comes of the form that waited."""
    assert asked["Location"].startswith(CONFIRM)
    return client.post(asked["Location"], {"password": PASSWORD, "next": path}, follow=True)


def said(answer):
    return " ".join(answer.content.decode().split())


def test_t32_the_pages_of_risky_changes_ask_first(late, deployed, service):
    kestrel = deployed("kestrel")
    for path in (url("reinitiate", kestrel), url("resend_link", kestrel), url("delete_pending", service)):
        assert late.get(path)["Location"].startswith(CONFIRM), path
        assert late.post(path)["Location"].startswith(CONFIRM), path


def test_t32_another_tenant_is_put_in_use_once_it_is_confirmed(late, held):
    path = url("confirm_tenant", held, held.held.pk)
    back = url("edit_service", held)

    asked = late.post(path, {"next": back})
    assert Service.objects.with_connection().get(pk=held.pk).held

    answer = confirmed(late, asked, path)

    assert "The tenant of oakhurst is confirmed and connected." in said(answer)
    assert answer.request["PATH_INFO"] == back


def test_t32_a_form_that_came_too_late_is_taken_with_all_that_was_typed(late, deployed):
    kestrel = deployed("kestrel")
    path = url("reinitiate", kestrel)

    asked = late.post(path, {"email": IDA})
    assert Service.objects.get(pk=kestrel.pk).invitation is None

    answer = confirmed(late, asked, path)

    assert f"A link is on its way to {IDA}." in said(answer)


def test_t32_a_service_is_deleted_once_it_is_confirmed(late, service):
    path = url("delete_pending", service)
    asked = late.post(path)
    service.refresh_from_db()
    assert service.state == "pending"

    confirmed(late, asked, path)

    service.refresh_from_db()
    assert service.state == "deleted"


def test_t32_a_customers_other_tenant_asks_and_other_changes_do_not(late, customer):
    path = reverse("services:edit_customer", args=[customer.pk])
    values = {
        "name": customer.name,
        "cloud": "worldwide",
        "description": "Dentists",
        "channel": customer.channel_id,
        "license_types": ["essentials_plus", "pro"],
    }
    assert late.post(path, values)["Location"] == path

    asked = late.post(path, values | {"tenant_id": TENANT, "description": "Chain", "logo": picture()})
    customer.refresh_from_db()
    assert (customer.tenant_id, customer.description) == (None, "Dentists")
    assert "The logo that you chose is not kept meanwhile" in said(late.get(asked["Location"]))

    confirmed(late, asked, path)

    changed = Customer.objects.get(pk=customer.pk)
    assert (str(changed.tenant_id), changed.description, changed.logo) == (TENANT, "Chain", None)


def test_t32_a_new_secret_of_the_same_application_is_never_kept_for_later(late, deployed):
    """Microsoft proves it for the tenant and application in use, so it is not asked about; no session may hold it."""
    kestrel = deployed("kestrel")
    replaces = kestrel.app_registration.active_credential_id

    answer = late.post(
        url("client_secret", kestrel),
        {"client_secret": "Kz8~canary.secret-1234567890123456789", "replaces": replaces},
    )

    assert answer["Location"].startswith(url("client_secret", kestrel))
    assert not any("canary" in str(kept.get_decoded()) for kept in Session.objects.all())
