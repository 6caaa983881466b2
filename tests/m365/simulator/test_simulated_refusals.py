"""What the simulated Entra refuses, with which status, error and code."""

import re
import uuid

import jwt
import pytest

UNKNOWN = "0f0e0d0c-0b0a-4908-8706-050403020100"


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def refusal(answer):
    body = answer.json()
    return answer.status_code, body["error"], body["error_codes"]


def test_a_refusal_is_a_complete_document(client, org, app, secret, entra):
    mine = "9c2a1d4c-58a9-4b7d-8c1e-64f1f3a2c001"

    answer = client.token(
        org.id, headers={"client-request-id": mine}, client_id=app.client_id, client_secret="wrong"
    )

    body = answer.json()
    trace_id, timestamp = body["trace_id"], body["timestamp"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", timestamp)
    assert body == {
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the "
        "request is the client secret value, not the client secret ID, for a secret added to app "
        f"'{app.client_id}'. Trace ID: {trace_id} Correlation ID: {mine} Timestamp: {timestamp}",
        "error_codes": [7000215],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": mine,
        "error_uri": f"{entra.login_url}/error?code=7000215",
    }
    assert answer.headers["x-ms-request-id"] == trace_id
    assert answer.headers["client-request-id"] == mine


def test_a_request_id_that_is_none_is_not_echoed(client, org, app):
    answer = client.token(org.id, headers={"client-request-id": "x" * 36}, client_id=app.client_id)

    assert "client-request-id" not in answer.headers
    assert uuid.UUID(answer.json()["correlation_id"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"client_secret": None}, (401, "invalid_client", [7000218])),
        ({"client_secret": ""}, (401, "invalid_client", [7000218])),
        ({"client_secret": UNKNOWN}, (401, "invalid_client", [7000215])),
        ({"client_assertion": "e30.e30.x"}, (401, "invalid_client", [700027])),
        ({"client_id": UNKNOWN}, (400, "unauthorized_client", [700016])),
        ({"client_id": "my app"}, (400, "invalid_request", [90112])),
        ({"client_id": None}, (400, "invalid_request", [900144])),
        ({"grant_type": None}, (400, "invalid_request", [900144])),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", [70003])),
        ({"scope": None}, (400, "invalid_request", [900144])),
        ({"scope": "https://graph.microsoft.com/User.Read"}, (400, "invalid_scope", [1002012])),
        (
            {"scope": "https://graph.microsoft.com/.default api://x/.default"},
            (400, "invalid_scope", [700022]),
        ),
        ({"scope": "https://graph.microsoft.us/.default"}, (400, "invalid_resource", [500011])),
        ({"scope": ["a/.default", "b/.default"]}, (400, "invalid_request", [9002313])),
    ],
)
def test_each_broken_rule_has_its_status_error_and_code(client, org, app, secret, change, expected):
    right = {"client_id": app.client_id, "client_secret": secret.value}

    assert refusal(client.token(org.id, **(right | change))) == expected


@pytest.mark.parametrize(
    ("tenant", "code"),
    [
        (UNKNOWN, 90002),
        ("nobody.example", 90002),
        ("nodomain", 900023),
        ("common", 9001023),
        ("consumers", 9001023),
    ],
)
def test_a_tenant_that_cannot_be_used_is_an_invalid_request_here(client, app, secret, tenant, code):
    answer = client.token(tenant, client_id=app.client_id, client_secret=secret.value)

    assert refusal(answer) == (400, "invalid_request", [code])


def test_a_secret_with_a_trailing_blank_is_another_secret(client, org, app, secret):
    result = client.sign_in(org.id, app.client_id, f"{secret.value} ")

    assert result["error_codes"] == [7000215]


def test_an_empty_secret_is_left_out_by_msal_and_missed_by_entra(client, org, app):
    assert client.sign_in(org.id, app.client_id, "")["error_codes"] == [7000218]


def test_a_secret_that_ended_is_expired_and_not_wrong(client, org, app, secret, entra):
    entra.clock.shift(days=89, hours=23)
    assert "access_token" in client.sign_in(org.id, app.client_id, secret.value)

    entra.clock.shift(hours=2)
    result = client.sign_in(org.id, app.client_id, secret.value)

    assert (client.last.status_code, result["error"], result["error_codes"]) == (
        401,
        "invalid_client",
        [7000222],
    )


def test_a_new_secret_is_refused_until_it_has_spread(client, org, app, entra):
    fresh = app.add_secret(replicates_in_seconds=18)
    assert client.sign_in(org.id, app.client_id, fresh.value)["error_codes"] == [7000215]

    entra.clock.shift(seconds=18)

    assert "access_token" in client.sign_in(org.id, app.client_id, fresh.value)


def test_a_removed_secret_is_wrong_at_the_next_try(client, org, app, secret):
    assert "access_token" in client.sign_in(org.id, app.client_id, secret.value)

    app.secrets.remove(secret)

    assert client.sign_in(org.id, app.client_id, secret.value)["error_codes"] == [7000215]


def test_a_secret_of_the_service_principal_is_as_good(client, org, app):
    secret = app.add_secret(on_service_principal=True)

    assert "access_token" in client.sign_in(org.id, app.client_id, secret.value)


def test_a_disabled_app_is_told_so(client, org, app, secret):
    app.disable()

    result = client.sign_in(org.id, app.client_id, secret.value)

    assert (client.last.status_code, result["error"], result["error_codes"]) == (
        400,
        "unauthorized_client",
        [7000112],
    )


def test_an_app_without_service_principal_is_told_so(client, org, app, secret):
    app.remove_service_principal()

    result = client.sign_in(org.id, app.client_id, secret.value)

    assert (client.last.status_code, result["error"], result["error_codes"]) == (
        401,
        "invalid_client",
        [7000229],
    )


def test_an_app_of_another_organisation_may_not_be_used_unless_it_is_meant_to(client, entra, app, secret):
    guest = entra.add_tenant(name="Gast AG")
    shared = app.tenant.add_application(audience="AzureADMultipleOrgs")
    shared_secret = shared.add_secret()

    own_only = client.token(guest.id, client_id=app.client_id, client_secret=secret.value)
    not_consented = client.token(guest.id, client_id=shared.client_id, client_secret=shared_secret.value)
    guest.add_service_principal(shared, ["Organization.Read.All"])
    consented = client.token(guest.id, client_id=shared.client_id, client_secret=shared_secret.value)

    assert refusal(own_only) == (400, "unauthorized_client", [650059])
    assert refusal(not_consented) == (401, "invalid_client", [7000229])
    claims = claims_of(consented.json()["access_token"])
    assert (claims["tid"], claims["roles"]) == (guest.id, ["Organization.Read.All"])


def test_conditional_access_blocks_with_a_suberror_and_claims(client, org, app, secret):
    app.block_by_policy()

    result = client.sign_in(org.id, app.client_id, secret.value)

    assert (client.last.status_code, result["error"], result["error_codes"]) == (
        400,
        "invalid_grant",
        [53003],
    )
    assert result["suberror"] == "message_only"
    assert '"capolids"' in result["claims"]


def test_rules_are_asked_in_their_order(client, org, app, secret, entra):
    """Everything is wrong at once; what is named first gets repaired, one by one."""
    codes = []
    form = {"client_id": UNKNOWN, "client_secret": "wrong", "scope": "openid"}

    def ask(tenant, **repaired):
        form.update(repaired)
        codes.extend(client.token(tenant, **form).json().get("error_codes", ["token"]))

    app.block_by_policy()
    principal = org.service_principals.pop(app.client_id)
    ask(UNKNOWN)
    ask(org.id)
    ask(org.id, client_id=app.client_id)
    org.service_principals[app.client_id] = principal
    ask(org.id)
    ask(org.id, client_secret=secret.value)
    ask(org.id, scope="https://graph.microsoft.com/.default")
    principal.blocked_by_policy = False
    ask(org.id)

    assert codes == [90002, 700016, 7000229, 7000215, 1002012, 53003, "token"]
