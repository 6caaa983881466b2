"""R15: whatever Entra and Graph answer while they are unwell, a named state, no crash, and pauses within the caps."""

import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from m365 import validations
from m365.models import AppRegistration, Validation
from m365.tasks import drain_validations
from portal.core.actors import PORTAL
from portal.core.secrets import Secret

pytestmark = pytest.mark.django_db

HTML = (("Content-Type", "text/html"),)
JSON = (("Content-Type", "application/json"),)


def later(seconds):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


# What is answered: its cause, and the shortest and longest pause in seconds before the next try.
ANSWERS = {
    "429 in seconds": (("429", {"retry_after": "50"}), "throttled", 50, 51),
    "429 with a decimal": (("429", {"retry_after": "40.5"}), "throttled", 40, 42),
    "429 with a date": (("429", {"retry_after": "in 90 seconds"}), "throttled", 80, 91),
    "429 with a date of the past": (("429", {"retry_after": "in -90 seconds"}), "throttled", 2, 4),
    "429, huge": (("429", {"retry_after": "86400"}), "throttled", 120, 121),
    "429, as a huge date": (("429", {"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}), "throttled", 120, 121),
    "429, negative": (("429", {"retry_after": "-5"}), "throttled", 2, 4),
    "429, no number": (("429", {"retry_after": "soon"}), "throttled", 2, 4),
    "429 without": (("429", {"retry_after": None}), "throttled", 2, 4),
    "503": (("503", {}), "outage", 2, 4),
    "503 with Retry-After": (("503", {"retry_after": "30"}), "outage", 30, 31),
    "504 in HTML": (("504", {}), "outage", 2, 4),
    "500 in HTML": (("scripted", {"status": 500, "headers": HTML, "body": b"<h1>500</h1>"}), "outage", 2, 4),
    "half a document": (("truncated", {}), "garbled", 2, 4),
    "the wrong content type": (("html", {}), "garbled", 2, 4),
    "an empty answer": (("scripted", {"status": 200, "headers": JSON}), "garbled", 2, 4),
    "200 with an error": (("error-200", {}), "outage", 2, 4),
    "200 with a customer's error": (
        ("scripted", {"headers": JSON, "body": b'{"error": "invalid_client", "error_codes": [7000215]}'}),
        "garbled",
        2,
        4,
    ),
    "a proxy's 403": (("scripted", {"status": 403, "headers": HTML, "body": b"Forbidden"}), "garbled", 2, 4),
    "a dropped connection": (("drop", {}), "unreachable", 2, 4),
}


@pytest.mark.parametrize("endpoint", ["token", "organization"])
@pytest.mark.parametrize("name", ANSWERS)
def test_r15_an_unwell_microsoft_is_nobodys_fault_and_asked_again_within_the_caps(
    entra, channel, name, endpoint
):
    (kind, fault), cause, shortest, longest = ANSWERS[name]
    if str(fault.get("retry_after")).startswith("in "):
        fault = {"retry_after": later(int(fault["retry_after"].split()[1]))}
    app = entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()
    entra.fault(app.tenant, endpoint, kind, **fault)
    validation = submit(channel, app, app.add_secret())
    before = timezone.now()
    drain_validations()
    after = timezone.now()

    validation.refresh_from_db()
    assert (validation.verdict, validation.cause_name) == ("running", cause)
    assert validation.next_try_at >= before + timedelta(seconds=shortest)
    assert validation.next_try_at <= after + timedelta(seconds=longest)
    assert validation.credential.sealed_secret is not None


def test_r15_after_three_tries_it_ends_undecided_and_is_wiped(entra, channel):
    app = entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()
    entra.fault(app.tenant, "token", "429", retry_after="86400")
    validation = submit(channel, app, app.add_secret())
    for _ in range(validations.MOST_TRIES):
        Validation.objects.update(next_try_at=Now())
        drain_validations()

    validation.refresh_from_db()
    assert (validation.verdict, validation.cause_name, validation.next_try_at) == (
        "undecided",
        "throttled",
        None,
    )
    assert validation.credential.sealed_secret is None


def submit(channel, app, secret):
    registration = AppRegistration.objects.create(channel=channel, owner=uuid.uuid4())
    ids = {"tenant_id": uuid.UUID(app.tenant.id), "client_id": uuid.UUID(app.client_id)}
    return validations.submit(registration, "test", PORTAL, secret=Secret(secret.value), **ids)
