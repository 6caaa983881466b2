import uuid
from datetime import datetime, timedelta

import pytest

SECRET_FIELDS = "id,appId,displayName,signInAudience,passwordCredentials,keyCredentials"


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def sign_in(client, app, secret):
    return client.sign_in(app.tenant.id, app.client_id, secret.value)["access_token"]


def test_the_organisation_is_a_collection_of_one(client, org, token):
    fields = "id,displayName,verifiedDomains,countryLetterCode,tenantType"

    answer = client.graph(f"/organization?$select={fields}", token)

    shared = {"capabilities": "Email, OfficeCommunicationsOnline", "type": "Managed"}
    assert answer.json() == {
        "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#organization({fields})",
        "value": [
            {
                "id": org.id,
                "displayName": "Möller Brücken GmbH",
                "countryLetterCode": "DE",
                "tenantType": "AAD",
                "verifiedDomains": [
                    {**shared, "name": org.domains[0], "isInitial": True, "isDefault": False},
                    {**shared, "name": org.domains[1], "isInitial": False, "isDefault": True},
                ],
            }
        ],
    }


def test_without_select_more_is_shown_and_an_unknown_property_is_refused(client, token):
    whole = client.graph("/organization", token).json()
    unknown = client.graph("/organization?$select=id,nonsense", token)

    assert whole["@odata.context"] == "https://graph.microsoft.com/v1.0/$metadata#organization"
    assert {"technicalNotificationMails", "createdDateTime"} < set(whole["value"][0])
    assert refusal(unknown) == (400, "BadRequest")
    assert "'nonsense' on type 'microsoft.graph.organization'" in unknown.json()["error"]["message"]


def test_an_application_shows_its_secrets_and_never_their_values(client, app, secret, token):
    answer = client.graph(f"/applications(appId='{app.client_id}')?$select={SECRET_FIELDS}", token)

    body = answer.json()
    (credential,) = body.pop("passwordCredentials")
    assert body == {
        "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#applications({SECRET_FIELDS})/$entity",
        "id": app.object_id,
        "appId": app.client_id,
        "displayName": "Teams telephony connector",
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": [],
    }
    start, end = credential.pop("startDateTime"), credential.pop("endDateTime")
    assert (len(start), len(end)) == (28, 28)
    assert datetime.fromisoformat(end) - secret.ends_at < timedelta(milliseconds=1)
    assert credential == {
        "customKeyIdentifier": None,
        "displayName": "portal",
        "hint": secret.value[:3],
        "keyId": secret.key_id,
        "secretText": None,
    }
    assert secret.value not in answer.text


def test_the_path_may_be_percent_encoded(client, app, token):
    answer = client.graph(f"/applications%28appId=%27{app.client_id}%27%29?$select=id", token)

    assert answer.json()["id"] == app.object_id


def test_an_application_is_found_by_object_id_and_not_by_client_id(client, app, token):
    by_object_id = client.graph(f"/applications/{app.object_id}?$select=appId", token)
    by_client_id = client.graph(f"/applications/{app.client_id}", token)

    assert by_object_id.json()["appId"] == app.client_id
    assert refusal(by_client_id) == (404, "Request_ResourceNotFound")
    assert f"'{app.client_id}' does not exist" in by_client_id.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/applications(appId='my app')", (400, "Request_BadRequest")),
        (f"/applications(appId='{uuid.UUID(int=1)}')", (404, "Request_ResourceNotFound")),
        (f"/servicePrincipals(appId='{uuid.UUID(int=1)}')", (404, "Request_ResourceNotFound")),
        ("/applications/nonsense", (400, "Request_BadRequest")),
        ("/nonsense", (400, "BadRequest")),
        ("/applications", (400, "BadRequest")),
    ],
)
def test_what_does_not_exist_and_what_cannot(client, token, path, expected):
    assert refusal(client.graph(path, token)) == expected


def test_an_application_of_another_tenant_is_not_found(client, entra, token):
    other = entra.add_tenant(name="Andere AG").add_application()

    answer = client.graph(f"/applications(appId='{other.client_id}')", token)

    assert refusal(answer) == (404, "Request_ResourceNotFound")


def test_the_service_principal_shows_its_own_secrets(client, app, token):
    hidden = app.add_secret(on_service_principal=True, name="at the enterprise application")
    fields = "id,appId,accountEnabled,displayName,passwordCredentials,keyCredentials"

    body = client.graph(f"/servicePrincipals(appId='{app.client_id}')?$select={fields}", token).json()

    assert [one["keyId"] for one in body.pop("passwordCredentials")] == [hidden.key_id]
    assert body == {
        "@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals({fields})/$entity",
        "id": app.service_principal.object_id,
        "appId": app.client_id,
        "accountEnabled": True,
        "displayName": "Teams telephony connector",
        "keyCredentials": [],
    }


@pytest.mark.parametrize(
    ("role", "answers"),
    [
        ("Organization.Read.All", (200, 403)),
        ("Directory.Read.All", (200, 403)),
        ("Application.Read.All", (403, 200)),
        ("Application.ReadWrite.OwnedBy", (403, 200)),
        ("User.Read.All", (403, 403)),
    ],
)
def test_each_permission_opens_what_it_should(client, org, role, answers):
    app = org.add_application(roles=[role])
    token = sign_in(client, app, app.add_secret())
    paths = ("/organization", f"/applications(appId='{app.client_id}')")

    assert tuple(client.graph(path, token).status_code for path in paths) == answers


def test_a_permission_granted_later_needs_a_new_token(client, org):
    app = org.add_application(roles=[])
    secret = app.add_secret()
    old = sign_in(client, app, secret)
    app.grant("Organization.Read.All")

    with_old, with_new = (
        client.graph("/organization", old),
        client.graph("/organization", sign_in(client, app, secret)),
    )

    assert refusal(with_old) == (403, "Authorization_RequestDenied")
    assert with_new.status_code == 200


def test_an_app_that_graph_does_not_recognise_is_unauthorised(client, app, token):
    app.remove_service_principal()

    assert refusal(client.graph("/organization", token)) == (401, "Authorization_IdentityNotFound")


def test_a_missing_a_strange_and_an_old_token_are_refused_with_a_challenge(client, entra, token):
    head, _, tail = token.rpartition(".")
    forged = f"{head}.{tail[::-1]}"
    answers = [client.graph("/organization", value) for value in (None, "nonsense", forged)]
    entra.clock.shift(minutes=61)
    answers.append(client.graph("/organization", token))

    assert [refusal(answer) for answer in answers] == [(401, "InvalidAuthenticationToken")] * 4
    assert answers[3].json()["error"]["message"] == "Lifetime validation failed, the token is expired."
    assert answers[0].headers["WWW-Authenticate"] == (
        f'Bearer realm="", authorization_uri="{entra.graph_url}/common/oauth2/authorize", '
        'client_id="00000003-0000-0000-c000-000000000000"'
    )


def test_every_answer_names_the_request_in_headers_and_an_error_in_its_body(client, token):
    mine = "e70c5c1b-8b47-48c0-8171-3d22f5e0bd54"

    good = client.graph("/organization", token, **{"client-request-id": mine})
    bad = client.graph("/nonsense", token, **{"client-request-id": mine})

    for answer in (good, bad):
        assert answer.headers["client-request-id"] == mine
        assert uuid.UUID(answer.headers["request-id"])
        assert "ServerInfo" in answer.headers["x-ms-ags-diagnostic"]
        assert answer.headers["x-ms-resource-unit"] == "1"
    inner = bad.json()["error"]["innerError"]
    assert datetime.fromisoformat(inner.pop("date")).tzinfo is None
    assert inner == {"request-id": bad.headers["request-id"], "client-request-id": mine}


def test_writing_is_refused(client, app, token):
    answer = client.post(
        f"{client.url}/v1.0/applications(appId='{app.client_id}')",
        json={"displayName": "x"},
        headers={"Authorization": f"Bearer {token}"},
    )

    assert refusal(answer) == (405, "Request_BadRequest")


def test_calls_are_counted_per_collection_for_the_tenant_of_the_token(client, entra, org, app, token):
    client.graph("/organization", token)
    client.graph(f"/applications(appId='{app.client_id}')", token)
    client.graph(f"/servicePrincipals(appId='{app.client_id}')", token)
    client.graph("/organization", None)

    assert entra.counters == {
        ("discovery", org.id): 1,
        ("token", org.id): 1,
        ("organization", org.id): 1,
        ("applications", org.id): 1,
        ("servicePrincipals", org.id): 1,
        ("organization", ""): 1,
    }


def credentials(client, entra, key):
    tenant = entra.directory.tenant(key)
    (app,) = tenant.applications.values()
    secret = (app.secrets or app.service_principal.secrets)[0]
    path = f"/applications(appId='{app.client_id}')?$select=passwordCredentials"
    return client.graph(path, sign_in(client, app, secret)).json()["passwordCredentials"]


def test_dates_may_lack_fractions_and_lie_in_2299(client, entra):
    (endless,) = credentials(client, entra, "ewig")
    (whole,) = credentials(client, entra, "ganzesekunden")

    assert endless["endDateTime"] == "2299-12-31T00:00:00Z"
    assert [len(whole[name]) for name in ("startDateTime", "endDateTime")] == [20, 20]


def test_hints_may_be_missing_or_equal(client, entra):
    old = credentials(client, entra, "altbestand")
    twins = credentials(client, entra, "zwillinge")

    assert [one["hint"] for one in old] == [None, "sC4"]
    assert [one["hint"] for one in twins] == ["q8R", "q8R"]


def test_a_secret_of_the_enterprise_application_is_not_at_the_app_registration(client, entra):
    assert credentials(client, entra, "unternehmensapp") == []
