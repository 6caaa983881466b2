import base64
import re
import uuid
from datetime import UTC, datetime

import jwt
import pytest

UNKNOWN = "0f0e0d0c-0b0a-4908-8706-050403020100"


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def refusal(answer):
    body = answer.json()
    return answer.status_code, body["error"], body["error_codes"]


def test_the_right_three_values_give_a_token(client, org, app, secret):
    result = client.sign_in(org.id, app.client_id, secret.value)

    token = result.pop("access_token")
    assert result == {
        "token_type": "Bearer",
        "expires_in": 3599,
        "ext_expires_in": 3599,
        "token_source": "identity_provider",
    }
    assert client.last.json() == {
        "token_type": "Bearer",
        "expires_in": 3599,
        "ext_expires_in": 3599,
        "access_token": token,
    }


def test_the_token_says_who_may_do_what_and_when(client, org, app, secret):
    before = int(datetime.now(UTC).timestamp())
    token = client.sign_in(org.id, app.client_id, secret.value)["access_token"]
    after = int(datetime.now(UTC).timestamp())

    claims = claims_of(token)
    opaque = {"aio", "rh", "uti", "xms_tcdt"}
    assert set(claims) >= opaque
    issued = claims.pop("iat")
    assert before - 300 <= issued <= after - 300
    assert {name: value for name, value in claims.items() if name not in opaque} == {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{org.id}/",
        "idp": f"https://sts.windows.net/{org.id}/",
        "nbf": issued,
        "exp": issued + 3900,
        "app_displayname": app.name,
        "appid": app.client_id,
        "appidacr": "1",
        "idtyp": "app",
        "oid": app.service_principal.object_id,
        "sub": app.service_principal.object_id,
        "roles": ["Application.Read.All", "Organization.Read.All"],
        "tenant_region_scope": "EU",
        "tid": org.id,
        "ver": "1.0",
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    }
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"], header["x5t"]) == ("JWT", "RS256", header["kid"])
    assert header["nonce"]


def test_without_consent_there_is_a_token_and_no_roles_claim(client, org, app, secret):
    app.revoke("Application.Read.All", "Organization.Read.All")

    token = client.sign_in(org.id, app.client_id, secret.value)["access_token"]

    assert "roles" not in claims_of(token)


def test_a_success_has_the_headers_of_entra_and_nothing_that_defeats_a_cache(client, org, app, secret):
    answer = client.token(org.id, client_id=app.client_id, client_secret=secret.value)

    shown = {name: answer.headers[name] for name in ("Cache-Control", "Pragma", "Expires", "Content-Type")}
    assert shown == {
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Content-Type": "application/json; charset=utf-8",
    }
    assert answer.headers["x-ms-clitelem"] == "1,0,0,,"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert uuid.UUID(answer.headers["x-ms-request-id"])
    assert "Retry-After" not in answer.headers
    cookies = answer.raw.headers.getlist("Set-Cookie")
    assert [value.partition("=")[0] for value in cookies] == ["fpc", "x-ms-gateway-slice", "stsservicecookie"]


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


def test_http_basic_authentication_replaces_the_two_fields(client, org, app, secret):
    word = base64.b64encode(f"{app.client_id}:{secret.value}".encode()).decode()

    answer = client.token(org.id, headers={"Authorization": f"Basic {word}"})

    assert answer.status_code == 200


def test_only_a_posted_form_is_read(client, org, app, secret):
    url = f"{client.url}/{org.id}/oauth2/v2.0/token"
    form = {
        "client_id": app.client_id,
        "client_secret": secret.value,
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
    }

    got, in_url, as_json = client.get(url), client.post(url, params=form), client.post(url, json=form)

    assert (got.status_code, got.headers["Allow"]) == (405, "POST")
    assert [refusal(answer) for answer in (in_url, as_json)] == [(400, "invalid_request", [900144])] * 2


def test_a_sign_in_costs_two_calls(client, org, app, secret, entra):
    client.sign_in(org.id, app.client_id, secret.value)

    assert entra.counters == {("discovery", org.id): 1, ("token", org.id): 1}


def test_calls_by_domain_count_for_the_tenant_and_unknown_ones_by_their_name(client, org, entra):
    client.discover(org.domains[0])
    client.discover("nobody.example")

    assert entra.counters == {("discovery", org.id): 1, ("discovery", "nobody.example"): 1}
