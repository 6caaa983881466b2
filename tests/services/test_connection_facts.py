"""What M365 Configuration says of roles, permissions and secrets."""

from django.urls import reverse

from m365.tasks import drain_validations
from tests.services.conftest import ended, signed_in
from tests.services.test_m365_configuration import page, url_of, validate_url


def test_the_apps_entra_roles_are_named_once_a_token_was_read(as_olga, olga, connected, entra):
    assert "read at the next validation" in page(as_olga, connected)

    ended(connected, olga, signed_in(entra_roles=["69091246-20e8-4a56-aa4d-066075b2a7a8", "an-unknown-id"]))
    assert "<dd>Teams Administrator, an-unknown-id</dd>" in page(as_olga, connected)

    ended(connected, olga, signed_in())
    assert "<dt>Entra roles of the app</dt><dd>none</dd>" in page(as_olga, connected)


def test_a_role_that_the_tenant_gave_the_app_arrives_with_the_token(as_olga, live, entra):
    principal = entra.application_of(live.app_registration).service_principal
    principal.directory_roles.append("aa38014f-0993-46e9-9b45-30501a20909d")

    as_olga.post(validate_url(live))
    drain_validations()

    assert "<dd>Teams Telephony Administrator</dd>" in page(as_olga, live)


def test_a_permission_nobody_asked_for_is_shown_with_what_it_stands_for(as_olga, olga, connected):
    ended(connected, olga, signed_in(roles=["Directory.Read.All", "Mail.Read"]))

    shown = page(as_olga, connected)

    assert "In place of Organization.Read.All" in shown
    assert "Nothing here; the customer may withdraw it" in shown


def test_each_secret_that_was_put_in_use_is_listed_with_who_brought_it(as_olga, olga, live, entra):
    app = entra.application_of(live.app_registration)
    first = live.app_registration.active_credential
    second = app.add_secret(ends_in_days=300)
    as_olga.post(
        reverse("services:client_secret", args=[live.pk]),
        {"client_secret": second.value, "replaces": str(first.pk)},
    )
    drain_validations()
    live.app_registration.refresh_from_db()
    as_olga.post(validate_url(live))
    drain_validations()

    changes = as_olga.get(url_of(live)).context["connection"].secrets

    assert [(change.credential.hint, change.credential.state, change.by) for change in changes] == [
        (second.value[:3], "active", "Olga"),
        (first.hint, "retired", "Olga"),
    ]
    assert "set on this page" in page(as_olga, live)


def test_three_secrets_take_as_many_queries_as_one(as_olga, live, entra, queries_of):
    with_one = queries_of(as_olga, url_of(live))
    for _ in range(2):
        live.app_registration.refresh_from_db()
        secret = entra.application_of(live.app_registration).add_secret()
        as_olga.post(
            reverse("services:client_secret", args=[live.pk]),
            {"client_secret": secret.value, "replaces": str(live.app_registration.active_credential_id)},
        )
        drain_validations()

    assert queries_of(as_olga, url_of(live)) == with_one
