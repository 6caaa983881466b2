"""Set new client secret: validated before it replaces the old one; whatever goes wrong, the old one stays and works."""

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from m365.models import AppRegistration, Credential, Validation
from m365.tasks import drain_validations
from portal.core.journal import JournalEntry
from portal.core.roles import Role
from services import new_secret
from services.models import Service
from tests.concurrency import at_once
from tests.conftest import actor_for, connect, make_operator, make_service


def url(service):
    return reverse("services:client_secret", args=[service.pk])


def form_for(service, value):
    return {"client_secret": value, "replaces": str(service.app_registration.active_credential_id)}


def send(client, service, value):
    """The address of the page that shows what becomes of it."""
    answer = client.post(url(service), form_for(service, value))
    assert answer.status_code == 302
    return answer.url


def text_of(answer):
    return " ".join(answer.content.decode().split())


def in_use(service):
    return AppRegistration.objects.select_related("active_credential").get(pk=service.app_registration_id)


@pytest.fixture
def newer(live, entra):
    """A second secret of the connected application, good for 300 days."""
    return entra.application_of(live.app_registration).add_secret(name="portal 2027", ends_in_days=300.5)


def test_the_page_locks_tenant_and_application_and_asks_for_the_secret_alone(as_olga, live):
    answer = as_olga.get(url(live))

    shown = text_of(answer)
    assert list(answer.context["form"].fields) == ["client_secret", "replaces"]
    for words in (str(live.app_registration.tenant_id), str(live.app_registration.client_id), "12 months"):
        assert words in shown
    assert f'href="{url(live)}"' in text_of(
        as_olga.get(reverse("services:m365_configuration", args=[live.pk]))
    )


def test_a_secret_that_works_takes_over_and_the_old_one_is_wiped(as_olga, live, newer):
    old = live.app_registration.active_credential
    page = send(as_olga, live, f"  “{newer.value}” ")
    assert "the former secret stays in use meanwhile" in text_of(as_olga.get(page))

    drain_validations()

    registration = in_use(live)
    old.refresh_from_db()
    assert str(registration.active_credential.key_id) == newer.key_id
    assert registration.active_credential.days_left == 300
    assert (old.state, old.sealed_secret) == ("retired", None)
    assert "The new client secret is in use" in text_of(as_olga.get(page))
    assert JournalEntry.objects.latest("created_at").detail.values["purpose"] == "new_secret"


def test_one_that_is_refused_leaves_the_old_one_in_use_and_the_page_says_so(as_olga, live, entra):
    before = in_use(live)
    page = send(as_olga, live, "wrong" * 8)

    drain_validations()

    shown = text_of(as_olga.get(page))
    after = in_use(live)
    assert "The former client secret stays in use" in shown
    assert "<title>Error: " in shown
    assert (after.active_credential, after.last_validation) == (
        before.active_credential,
        before.last_validation,
    )
    assert after.active_credential.sealed_secret is not None
    assert Credential.objects.get(state="rejected").sealed_secret is None
    whole = text_of(as_olga.get(reverse("services:m365_configuration", args=[live.pk])))
    assert "Deployed / <b>" in whole or "Pending / <b>" in whole
    last = as_olga.get(reverse("services:m365_configuration", args=[live.pk])).context["connection"].last
    assert last.validation == before.last_validation


def test_the_old_one_still_signs_in_after_a_failure(as_olga, olga, live):
    send(as_olga, live, "wrong" * 8)
    drain_validations()

    again = live.validate_again(actor_for(olga))
    drain_validations()

    again.refresh_from_db()
    assert again.verdict == "valid"


def test_while_microsoft_is_away_the_old_one_stays_too(as_olga, live, newer, entra):
    before = in_use(live).active_credential
    entra.fault(newer_tenant(live, entra), "token", "drop")
    page = send(as_olga, live, newer.value)
    for _ in range(3):
        Validation.objects.filter(verdict="running").update(next_try_at="2020-01-01T00:00:00Z")
        drain_validations()

    assert in_use(live).active_credential == before
    assert "The former client secret stays in use" in text_of(as_olga.get(page))


def newer_tenant(service, entra):
    return entra.application_of(service.app_registration).tenant


def test_the_secret_id_is_refused_before_anything_is_sent(as_olga, live, newer):
    answer = as_olga.post(url(live), form_for(live, newer.key_id))

    assert answer.status_code == 200
    assert "You pasted the Secret ID" in text_of(answer)
    assert newer.key_id not in text_of(answer)
    assert Validation.objects.filter(purpose="new_secret").count() == 0


def test_a_second_click_joins_the_validation_under_way(as_olga, live, newer):
    first, second = send(as_olga, live, newer.value), send(as_olga, live, newer.value)

    assert first == second == as_olga.get(url(live)).url
    assert Credential.objects.filter(state="candidate").count() == 1
    assert "a new secret is being validated already" in text_of(as_olga.get(second)).lower()


def test_of_two_operators_one_wins_and_the_other_is_told_who_was_faster(as_olga, live, newer, entra, channel):
    otto = Client()
    otto.force_login(make_operator("otto@nordhafen.example", channel))
    his_page = form_for(live, entra.application_of(live.app_registration).add_secret().value)
    send(as_olga, live, newer.value)
    drain_validations()

    answer = otto.post(url(live), his_page, follow=True)

    assert "Olga set a new client secret on" in text_of(answer)
    assert "was not used, and not kept" in text_of(answer)
    assert str(in_use(live).active_credential.key_id) == newer.key_id
    assert not Credential.objects.filter(state="candidate").exists()


@pytest.mark.django_db(transaction=True)
def test_two_operators_at_the_same_moment_queue_one_validation(live, newer, olga):
    registration = live.app_registration
    calls = [
        lambda: new_secret.submit_once(
            Service.objects.with_connection().get(pk=live.pk),
            secret_of(newer),
            actor_for(olga),
            registration.active_credential_id,
        )[1]
        for _ in range(4)
    ]

    assert sorted(at_once(*calls)) == [False, False, False, True]
    assert Validation.objects.filter(purpose="new_secret").count() == 1


def test_a_secret_for_more_than_a_year_gets_a_hint(as_olga, live, entra):
    value = entra.application_of(live.app_registration).add_secret(ends_in_days=720).value
    page = send(as_olga, live, value)
    drain_validations()

    for address in (page, reverse("services:m365_configuration", args=[live.pk])):
        assert "This secret was made for more than 12 months." in text_of(as_olga.get(address))


def test_where_nothing_is_connected_there_is_nothing_to_replace(as_olga, service):
    answer = as_olga.get(url(service), follow=True)

    assert "there is no client secret to replace" in text_of(answer)


def test_a_deleted_service_gets_no_secret(live, newer, olga):
    registration = live.app_registration
    new, _is_new = new_secret.submit_once(
        live, secret_of(newer), actor_for(olga), registration.active_credential_id
    )
    assert live.delete_pending(actor_for(olga))

    drain_validations()

    new.refresh_from_db()
    assert (new.verdict, in_use(live).active_credential) == ("invalid", None)
    assert not Credential.objects.exclude(sealed_secret=None).exists()


def secret_of(simulated):
    from portal.core.secrets import Secret

    return Secret(simulated.value)


@pytest.mark.parametrize("role", [Role.OPERATOR_LITE, Role.MONITOR])
def test_who_may_not_connect_may_not_set_a_secret(client, channel, connected, role):
    client.force_login(make_operator("lena@nordhafen.example", channel, role))

    assert client.get(url(connected)).status_code == 403
    assert client.post(url(connected), form_for(connected, "x" * 40)).status_code == 403
    shown = text_of(client.get(reverse("services:m365_configuration", args=[connected.pk])))
    assert "Set new client secret" not in shown
    assert not Credential.objects.filter(state="candidate").exists()


def test_a_stranger_finds_nothing(as_max, olga, live, newer):
    submitted, _is_new = new_secret.submit_once(
        live, secret_of(newer), actor_for(olga), live.app_registration.active_credential_id
    )
    page = reverse("services:client_secret_check", args=[live.pk, submitted.pk])

    answers = [as_max.get(url(live)), as_max.post(url(live), form_for(live, "x" * 40)), as_max.get(page)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_the_check_of_another_service_is_not_shown_here(as_olga, olga, live, newer, customer):
    other = connect(make_service(customer, olga, "other"))
    submitted, _is_new = new_secret.submit_once(
        live, secret_of(newer), actor_for(olga), live.app_registration.active_credential_id
    )

    assert (
        as_olga.get(reverse("services:client_secret_check", args=[other.pk, submitted.pk])).status_code == 404
    )


def test_the_part_that_polls_is_a_part_and_stops_when_it_has_ended(as_olga, live, newer):
    page = send(as_olga, live, newer.value)
    running = text_of(as_olga.get(page, headers={"HX-Request": "true"}))
    drain_validations()
    done = text_of(as_olga.get(page, headers={"HX-Request": "true"}))

    assert ("<html" in running, 'hx-trigger="every 1s"' in running) == (False, True)
    assert "hx-trigger" not in done
    assert "<noscript><meta http-equiv" not in text_of(as_olga.get(page))


def test_one_that_is_too_new_is_tried_again_and_the_page_turns(as_olga, live, entra):
    app = entra.application_of(live.app_registration)
    fresh = app.add_secret(ends_in_days=300.5, replicates_in_seconds=30)
    page = send(as_olga, live, fresh.value)
    drain_validations()
    told = text_of(as_olga.get(page))
    waits = as_olga.get(f"{page}?watching", headers={"HX-Request": "true"})

    entra.clock.shift(seconds=31)
    Validation.objects.filter(purpose="new_secret").update(next_try_at=Now())
    drain_validations()
    turned = as_olga.get(f"{page}?watching", headers={"HX-Request": "true"})

    assert "The former client secret stays in use" in told
    assert "This page turns by itself." in told
    assert waits.status_code == 204
    assert turned["HX-Refresh"] == "true"
    assert "The new client secret is in use" in text_of(as_olga.get(page))
    assert str(in_use(live).active_credential.key_id) == fresh.key_id


def test_the_note_of_one_that_stays_wrong_goes_and_what_is_typed_meanwhile_stays(as_olga, live):
    page = send(as_olga, live, "Xx81Q~" + "n" * 34)
    while Validation.objects.filter(next_try_at__isnull=False).update(next_try_at=Now()):
        drain_validations()

    over = as_olga.get(f"{page}?watching", headers={"HX-Request": "true"})

    assert (over.status_code, over.content, "HX-Refresh" in over) == (200, b"", False)
    assert "the one you sent is wiped" in text_of(as_olga.get(page))
