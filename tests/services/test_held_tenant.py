"""A tenant to be confirmed: what operators see of it, who decides, and what two decisions make of each other."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from m365 import holding
from m365.models import Validation
from portal.core.journal import JournalEntry
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from services import pending
from services.models import Service
from services.pending import Shown
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for, make_operator
from tests.services.conftest import hold_live
from tests.services.onboarding.conftest import url as step_url
from tests.signing_in import freshly

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PENDING = "/pending-invitations/"


@pytest.fixture
def direct(customer, olga, foreign_app):
    """Held by values that an operator typed, without any invitation."""
    return hold_live(customer, olga, "direct", foreign_app, invite=None)


def url(name, service, *more):
    return reverse(f"services:{name}", args=[service.pk, *more])


def post(client, name, service, **query):
    address = url(name, service, service.held.pk)
    return client.post(address, query_params=query, follow=True)


def again(service):
    return Service.objects.with_connection().get(pk=service.pk)


def row_of(service, operator):
    return pending.rows([again(service)], operator)[0]


def said(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def client_of(operator):
    client = Client()
    client.force_login(operator, BACKEND)
    return freshly(client)


def test_the_page_shows_the_tenant_why_it_waits_who_entered_it_and_when(as_olga, held, foreign_app):
    text = said(as_olga.get(url("held_tenant", held)))

    for value in (
        "Oakhurst Holdings",
        "oakhurst.example",
        foreign_app.tenant.id,
        str(held.app_registration.expected_tenant_id),
        "another tenant than the one recorded on the customer",
        "Entered by Olga",
        "Confirm tenant",
        "Reject tenant",
    ):
        assert value in text
    assert again(held).held


def test_confirming_connects_and_add_becomes_possible(as_olga, held, olga, foreign_app):
    answer = post(as_olga, "confirm_tenant", held)

    service = again(held)
    assert "The tenant of oakhurst is confirmed and connected." in said(answer)
    assert (service.connected, service.held, service.invitation.state) == (True, None, "authenticated")
    assert str(service.app_registration.tenant_id) == foreign_app.tenant.id
    assert service.app_registration.expected_tenant_id == service.app_registration.tenant_id
    assert service.customer.tenant_id is None
    assert row_of(held, olga).device.words == "true"
    assert f'href="{url("onboarding_registration", held)}">Add' in answer.content.decode()
    entry = JournalEntry.objects.get(verb=holding.CONFIRMED)
    assert (entry.operator, held.invitation.uuid in entry.about) == (olga, True)


def test_rejecting_wipes_the_secret_and_the_invitation_can_be_resent(as_olga, held, olga, mailbox):
    answer = post(as_olga, "reject_tenant", held)

    service = again(held)
    assert "The tenant of oakhurst is rejected; the secret was wiped." in said(answer)
    assert (service.connected, service.held) == (False, None)
    assert service.app_registration.credentials.exclude(sealed_secret=None).count() == 0
    assert row_of(held, olga).device == Shown("gone", "No", "the tenant was rejected")
    as_olga.post(url("resend", held), {"email": IDA})
    drain_mail()
    assert row_of(held, olga).open
    assert again(held).invitation.link in mailbox.mails[-1].text


@pytest.mark.parametrize("name", ["resend", "revoke"])
def test_what_is_held_is_decided_before_its_link_is_changed(as_olga, held, name):
    for answer in (
        as_olga.get(url(name, held), follow=True),
        as_olga.post(url(name, held), {"email": IDA}, follow=True),
    ):
        assert "first confirm or reject the tenant of oakhurst. Nothing was changed." in said(answer)
    assert again(held).invitation.state == "held"


def test_deleting_wipes_what_is_held(as_olga, held):
    asked = as_olga.get(url("delete_pending", held))
    as_olga.post(url("delete_pending", held))

    service = again(held)
    assert "The stored client secret is wiped." in said(asked)
    assert (service.state, service.held, service.invitation.state) == ("deleted", None, "revoked")
    assert service.app_registration.credentials.exclude(sealed_secret=None).count() == 0
    assert Validation.objects.get().cause_name == "too_late"


def test_a_stranger_finds_nothing(as_max, held):
    assert as_max.get(url("held_tenant", held)).status_code == 404
    for name in ("confirm_tenant", "reject_tenant"):
        assert post(as_max, name, held).status_code == 404
    assert again(held).held


@pytest.mark.parametrize("role", [Role.MONITOR, Role.OPERATOR_LITE])
def test_who_may_not_connect_sees_what_waits_and_decides_nothing(channel, held, role):
    looker = client_of(make_operator("lena@nordhafen.example", channel, role))

    text = said(looker.get(url("held_tenant", held)))

    assert "Oakhurst Holdings" in text
    assert "An Admin or an Operator of Nordhafen Direct confirms or rejects it." in text
    assert "Reject tenant" not in text
    for name in ("confirm_tenant", "reject_tenant"):
        assert post(looker, name, held).status_code == 403
    assert again(held).held


def test_only_a_post_decides_and_only_about_what_this_service_holds(as_olga, held, direct):
    for name in ("confirm_tenant", "reject_tenant"):
        assert as_olga.get(url(name, held, held.held.pk)).status_code == 405
        assert as_olga.post(url(name, held, direct.held.pk)).status_code == 404
    assert as_olga.post(url("held_tenant", held)).status_code == 405


def test_whoever_comes_second_is_told_who_decided(as_olga, channel, held):
    omar = client_of(make_operator("omar@nordhafen.example", channel))
    post(omar, "reject_tenant", held)

    answer = post(as_olga, "confirm_tenant", held)

    assert "Omar rejected the tenant of oakhurst meanwhile. Nothing was changed now." in said(answer)
    assert "No tenant of oakhurst waits to be confirmed." in said(
        as_olga.get(url("held_tenant", held), follow=True)
    )


def test_a_reason_nobody_has_seen_is_shown_first(as_olga, olga, held, foreign_app, channel):
    from services.models import Customer

    rival = Customer.objects.create(channel=channel, name="Rival Ltd")
    other = hold_live(rival, olga, "rival", foreign_app)
    assert holding.confirm(other.held, actor_for(olga))

    answer = post(as_olga, "confirm_tenant", held)

    text = said(answer)
    assert "There is a new reason to look at this tenant" in text
    assert "Another customer is connected to this tenant already." in text
    assert "Rival" not in text
    assert "is confirmed and connected" in said(post(as_olga, "confirm_tenant", held))


def test_values_that_an_operator_typed_are_held_on_the_check_page(as_olga, direct):
    check = step_url("onboarding_registration", direct)
    answer = as_olga.get(check, follow=True)

    page = answer.request["PATH_INFO"]
    assert page == reverse("services:onboarding_check", args=[direct.pk, direct.held.pk])
    for words in ("Oakhurst Holdings", "Confirm tenant", "Reject tenant"):
        assert words in said(answer)
    confirmed = post(as_olga, "confirm_tenant", direct, next=page)
    assert confirmed.request["PATH_INFO"] == page
    assert "The Application Registration is valid" in said(confirmed)


def test_rejected_on_the_check_page_other_values_can_be_entered(as_olga, direct):
    page = reverse("services:onboarding_check", args=[direct.pk, direct.held.pk])

    answer = post(as_olga, "reject_tenant", direct, next=page)

    assert "An operator rejected this tenant; the secret was wiped." in said(answer)
    assert "Correct the values" in said(answer)


def test_while_values_are_held_others_are_not_sent(as_olga, direct, foreign_app):
    newest = Validation.objects.get()
    form = {"tenant_id": foreign_app.tenant.id, "client_id": foreign_app.client_id, "newest": str(newest.pk)}
    form["client_secret"] = foreign_app.add_secret(ends_in_days=30).value

    answer = as_olga.post(step_url("onboarding_values", direct), form, follow=True)

    assert answer.request["PATH_INFO"].endswith(f"{newest.pk}/")
    assert Validation.objects.get() == newest


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_deleted_at_once_no_secret_is_left(customer, olga, foreign_app):
    """20 pairs."""
    actor = actor_for(olga)
    for number in range(20):
        service = hold_live(customer, olga, f"held-{number}", foreign_app)
        validation = Validation.objects.get(pk=service.held.pk)

        confirmed, deleted = at_once(
            lambda seen=validation: holding.confirm(seen, actor),
            lambda service=service: service.delete_pending(actor),
        )

        left = again(service)
        assert (deleted, left.state, left.held, left.connected) == (True, "deleted", None, False)
        assert left.app_registration.credentials.exclude(sealed_secret=None).count() == 0
        decision = holding.decision(validation)
        assert (decision is not None) == confirmed


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_decide_at_once_are_told_one_outcome(olga, channel, customer, foreign_app):
    """20 pairs over HTTP."""
    omar = make_operator("omar@nordhafen.example", channel)
    clients = client_of(olga), client_of(omar)
    for number in range(20):
        service = hold_live(customer, olga, f"held-{number}", foreign_app, invite=None)

        answers = at_once(
            lambda of=service: post(clients[0], "confirm_tenant", of),
            lambda of=service: post(clients[1], "reject_tenant", of),
        )

        texts = [said(answer) for answer in answers]
        won = [
            "is confirmed and connected" in texts[0],
            "is rejected; the secret was wiped" in texts[1],
        ]
        assert sorted(won) == [False, True]
        told = "Omar rejected" if won[1] else "Olga confirmed"
        assert f"{told} the tenant of {service.short_name} meanwhile" in texts[won.index(False)]
        again(service).delete_pending(actor_for(olga))
