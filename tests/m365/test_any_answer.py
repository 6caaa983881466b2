"""No answer of any shape crashes a validation or leads to a state outside the list."""

import json
import string
import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from m365 import validations
from m365.causes import CATALOGUE
from m365.http import LONGEST_RETRY_AFTER, retry_after
from m365.models import AppRegistration, Credential, Validation
from m365.outcome import STEPS
from m365.tasks import drain_validations
from portal.core.actors import PORTAL
from portal.core.secrets import Secret

pytestmark = pytest.mark.django_db

STATUSES = st.sampled_from([200, 400, 401, 403, 404, 429, 500, 503]) | st.integers(200, 999)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Content-Type",
                "Content-Encoding",
                "Content-Length",
                "Transfer-Encoding",
                "Location",
                "Retry-After",
                "Set-Cookie",
                "WWW-Authenticate",
                "request-id",
                "X-Anything",
            ]
        ),
        LATIN | st.sampled_from(["application/json", "gzip", "chunked", "https://[", "-1", "9" * 30, "soon"]),
    ),
    max_size=4,
)
# JSON that a parser may trip over, and the names that Microsoft's documents have.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "\x00",
            "\ud800",
            "https://[",
            "2026-01-15T09:12:44Z",
            "0001-01-01T00:00:00+14:00",
            str(uuid.UUID(int=7)),
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "access_token",
        "appId",
        "authorization_endpoint",
        "code",
        "displayName",
        "endDateTime",
        "error",
        "error_codes",
        "error_description",
        "expires_in",
        "hint",
        "id",
        "issuer",
        "keyId",
        "msgraph_host",
        "passwordCredentials",
        "requiredResourceAccess",
        "resourceAccess",
        "startDateTime",
        "token_endpoint",
        "trace_id",
        "value",
        "verifiedDomains",
    ]
)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: st.dictionaries(NAMES, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | DOCUMENTS.map(lambda document: json.dumps(document).encode())
# All of one customer, or the second to sign in would be held.
OWNER = uuid.UUID(int=365)
ENDPOINTS = st.sampled_from(["discovery", "token", "organization", "applications", "servicePrincipals"])


@pytest.fixture
def app(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(endpoint=ENDPOINTS, status=STATUSES, headers=HEADERS, body=BODIES)
@example(endpoint="token", status=302, headers=[("Location", "https://[")], body=b"")
@example(endpoint="token", status=200, headers=[], body=b'{"access_token": 5}')
@example(endpoint="token", status=200, headers=[], body=b'{"access_token": "a.b.c", "expires_in": []}')
@example(endpoint="token", status=400, headers=[], body=b'{"error": ["\\u0000"], "error_codes": [true]}')
@example(endpoint="token", status=401, headers=[], body=b"[" * 100_000)
@example(endpoint="discovery", status=200, headers=[], body=b'{"token_endpoint": "https://["}')
@example(endpoint="discovery", status=200, headers=[("Content-Encoding", "gzip")], body=b"no gzip")
@example(endpoint="organization", status=200, headers=[], body=b'{"value": [{"displayName": "a\\u0000b"}]}')
@example(endpoint="organization", status=200, headers=[], body=b'{"value": [{"verifiedDomains": [null, 1]}]}')
@example(endpoint="applications", status=200, headers=[], body=b'{"passwordCredentials": [{}]}')
@example(endpoint="applications", status=200, headers=[], body=b'{"requiredResourceAccess": [[], {}, 1]}')
def test_any_answer_ends_in_a_named_state_with_what_the_database_can_hold(
    entra, channel, app, endpoint, status, headers, body
):
    entra.reset()
    secret = app.add_secret()
    if endpoint == "servicePrincipals":  # asked only for a secret that the application does not list
        app.secrets.remove(secret)
        app.service_principal.secrets.append(secret)
    entra.fault(None, endpoint, "scripted", status=status, headers=tuple(headers), body=body)
    registration = AppRegistration.objects.create(channel=channel, owner=OWNER)
    ids = {"tenant_id": uuid.UUID(app.tenant.id), "client_id": uuid.UUID(app.client_id)}

    validation = validations.submit(registration, "test", PORTAL, secret=Secret(secret.value), **ids)
    drain_validations()

    validation.refresh_from_db()
    assert validation.attempts == 1  # a crash would leave it leased
    assert validation.lease_until is None
    assert validation.verdict in Validation.Verdict.values
    assert validation.cause_name in CATALOGUE
    assert {finding["cause"] for finding in validation.findings} <= set(CATALOGUE)
    assert [step["name"] for step in validation.steps] == list(STEPS)[: len(validation.steps)]
    if validation.next_try_at:
        pause = Validation.objects.values_list(F("next_try_at") - Now(), flat=True).get(pk=validation.pk)
        assert pause <= timedelta(seconds=LONGEST_RETRY_AFTER)
    else:
        kept = validation.credential.sealed_secret is not None
        assert kept == (validation.signed_in and validation.credential.state == Credential.State.ACTIVE)
    app.secrets.clear()
    app.service_principal.secrets.clear()
    Validation.objects.update(next_try_at=None)


@settings(max_examples=200, deadline=None)
@given(st.text(string.printable + "äß€\x00\u2028", max_size=60))
def test_any_retry_after_is_a_pause_within_the_cap_or_none(text):
    asked = retry_after({"Retry-After": text})
    assert asked is None or 0 <= asked <= LONGEST_RETRY_AFTER
