"""Simulated Graph: addPassword and removePassword, for whoever owns the application."""

from datetime import timedelta

import pytest


@pytest.fixture
def change(client, app, secret):
    """`change("addPassword", {...})` with a fresh token of the app's own; the raw answer."""

    def post(action, body):
        token = client.sign_in(app.tenant.id, app.client_id, secret.value)["access_token"]
        path = f"/v1.0/applications(appId='{app.client_id}')/{action}"
        return client.post(f"{client.url}{path}", json=body, headers={"Authorization": f"Bearer {token}"})

    return post


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_new_secret_is_shown_once_and_works(client, app, change):
    app.let_it_renew_itself()

    made = change("addPassword", {"passwordCredential": {"displayName": "next"}}).json()

    assert made["displayName"] == "next"
    assert made["hint"] == made["secretText"][:3]
    assert "access_token" in client.sign_in(app.tenant.id, app.client_id, made["secretText"])
    assert (app.secrets[-1].ends_at - app.secrets[-1].starts_at).days == 730  # Graph's own default


def test_the_end_may_be_chosen(app, change):
    app.let_it_renew_itself()

    made = change("addPassword", {"passwordCredential": {"endDateTime": "2099-05-20T00:00:00Z"}}).json()

    assert made["endDateTime"].startswith("2099-05-20T00:00")


def test_a_removed_one_is_gone(app, secret, change):
    app.let_it_renew_itself()

    assert change("removePassword", {"keyId": secret.key_id}).status_code == 204
    assert app.secrets == []


@pytest.mark.parametrize("action", ["addPassword", "removePassword"])
def test_nobody_but_the_owner_may(app, secret, change, action):
    app.grant("Application.ReadWrite.OwnedBy")  # which alone is not enough

    assert code(change(action, {"keyId": secret.key_id})) == (403, "Authorization_RequestDenied")
    assert app.secrets == [secret]


def test_a_policy_limits_or_forbids(app, change):
    app.let_it_renew_itself()
    app.longest_secret = timedelta(days=90)
    assert code(change("addPassword", {})) == (400, "CredentialInvalidLifetimeAsPerAppPolicy")

    app.longest_secret = timedelta()
    assert code(change("addPassword", {})) == (400, "CredentialTypeNotAllowedAsPerAppPolicy")


def test_what_is_not_there_cannot_be_removed(app, change):
    app.let_it_renew_itself()

    assert code(change("removePassword", {"keyId": app.client_id})) == (400, "Request_BadRequest")


def test_it_takes_a_post(client, app, token):
    answer = client.graph(f"/applications(appId='{app.client_id}')/addPassword", token)

    assert answer.status_code == 405
