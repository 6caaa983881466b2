import base64
import uuid
from datetime import UTC, datetime

import jwt


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
