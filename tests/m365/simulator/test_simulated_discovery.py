import uuid

import jwt
import msal
import pytest
import requests

UNKNOWN = "0f0e0d0c-0b0a-4908-8706-050403020100"


def test_the_document_is_found_by_guid_and_by_every_domain_and_names_the_guid(client, org, entra):
    documents = [client.discover(name).json() for name in (org.id, *org.domains, org.domains[0].upper())]

    tenant_url = f"{entra.login_url}/{org.id}"
    assert (
        documents
        == [
            {
                "token_endpoint": f"{tenant_url}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "jwks_uri": f"{tenant_url}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{tenant_url}/v2.0",
                "request_uri_parameter_supported": False,
                "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
                "authorization_endpoint": f"{tenant_url}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{tenant_url}/oauth2/v2.0/devicecode",
                "http_logout_supported": True,
                "frontchannel_logout_supported": True,
                "end_session_endpoint": f"{tenant_url}/oauth2/v2.0/logout",
                "kerberos_endpoint": f"{tenant_url}/kerberos",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": "graph.microsoft.com",
                "rbac_url": "https://pas.windows.net",
            }
        ]
        * 4
    )


def test_endpoints_carry_the_host_that_the_client_addressed(client, org):
    answer = client.discover(org.id, headers={"Host": "login.microsoftonline.com"})

    assert answer.json()["token_endpoint"] == f"https://login.microsoftonline.com/{org.id}/oauth2/v2.0/token"


def test_discovery_may_be_cached_and_sets_the_cookies_of_entra(client, org):
    answers = [client.discover(org.id), client.discover(UNKNOWN)]

    for answer in answers:
        cookies = [value.partition("=")[0] for value in answer.raw.headers.getlist("Set-Cookie")]
        assert answer.headers["Cache-Control"] == "max-age=86400, private"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert cookies == ["fpc", "x-ms-gateway-slice", "stsservicecookie"]


@pytest.mark.parametrize(
    ("tenant", "error", "code"),
    [
        (UNKNOWN, "invalid_tenant", 90002),
        ("nobody-at-all.example", "invalid_tenant", 90002),
        ("00000000-0000-0000-0000-000000000000", "invalid_tenant", 90002),
        ("nodomain", "invalid_request", 900023),
        ("two words.example", "invalid_request", 900023),
    ],
)
def test_a_tenant_that_does_not_exist_is_told_from_one_that_cannot(client, entra, tenant, error, code):
    answer = client.discover(tenant)

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (400, error, [code])
    assert body["error_uri"] == f"{entra.login_url}/error?code={code}"
    assert f"'{tenant}'" in body["error_description"]


def test_shared_tenants_have_a_document_with_a_template_for_the_issuer(client, entra):
    common, consumers = (client.discover(name).json() for name in ("common", "consumers"))

    assert common["issuer"] == f"{entra.login_url}/{{tenantid}}/v2.0"
    assert consumers["issuer"] == f"{entra.login_url}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"


def test_the_key_set_verifies_issued_tokens(client, org, token):
    url = client.discover(org.id).json()["jwks_uri"]
    (key,) = jwt.PyJWKSet.from_dict(client.get(url).json()).keys

    assert (
        jwt.decode(token, key, algorithms=["RS256"], audience="https://graph.microsoft.com")["tid"] == org.id
    )


def test_instance_discovery_knows_the_clouds_and_is_counted(client, entra):
    url = f"{entra.login_url}/common/discovery/instance"
    asked = "https://login.microsoftonline.com/common/oauth2/authorize"

    answer = client.get(url, params={"api-version": "1.1", "authorization_endpoint": asked})

    body = answer.json()
    aliases = [entry["aliases"] for entry in body.pop("metadata")]
    assert body == {
        "tenant_discovery_endpoint": "https://login.microsoftonline.com/common/.well-known/openid-configuration",
        "api-version": "1.1",
    }
    assert aliases == [
        ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        ["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ]
    assert entra.counters == {("instance", ""): 1}


def test_instance_discovery_refuses_an_unknown_host(client, entra):
    url = f"{entra.login_url}/common/discovery/instance"

    answer = client.get(
        url, params={"authorization_endpoint": "https://login.example/common/oauth2/authorize"}
    )

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (400, "invalid_instance", [50049])


def test_a_forgotten_instance_discovery_setting_is_visible(client, entra, org, app, secret):
    msal.ConfidentialClientApplication(
        app.client_id,
        client_credential=secret.value,
        authority=f"{entra.login_url}/{org.id}",
        http_client=client,
        instance_discovery=f"{entra.login_url}/common/discovery/instance",
        azure_region=False,
    )

    assert entra.counters == {("instance", ""): 1, ("discovery", org.id): 1}


def test_an_unknown_tenant_reaches_msal_as_a_value_error_without_a_code(client):
    with pytest.raises(ValueError, match="Unable to get authority configuration") as caught:
        client.sign_in(UNKNOWN, str(uuid.uuid4()), "anything")

    assert "AADSTS" not in str(caught.value)
    assert client.last.json()["error_codes"] == [90002]


def test_a_client_that_does_not_know_the_private_authority_refuses_the_simulator(client, entra):
    with pytest.raises(requests.exceptions.SSLError):
        client.session.get(entra.login_url, verify=True, timeout=10)
