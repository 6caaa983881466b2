"""Re-initiate Authentication Flow: a new link for an active service, while the old connection goes on working."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invitations import renewals
from invitations.models import Invitation
from m365.models import AppRegistration
from m365.tasks import drain_validations
from portal.core.notices import Notice
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from services import reconnecting
from services.models import Service
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for, make_operator
from tests.renewal import deployed
from tests.signing_in import freshly

pytestmark = pytest.mark.django_db


@pytest.fixture
def moewe(customer, olga, entra):
    service, app = deployed(customer, olga, entra)
    service.app = app
    return service


def url(name, service):
    return reverse(f"services:{name}", args=[service.pk])


def whole(client, service):
    return text_of(client.get(url("m365_configuration", service)))


def text_of(answer):
    return " ".join(answer.content.decode().split())


def reinitiated(client, service, email=IDA):
    answer = client.post(url("reinitiate", service), {"email": email}, follow=True)
    return text_of(answer), Service.objects.with_connection().get(pk=service.pk).invitation


def answers(invitation, form):
    """The customer's browser, after it sent the three values."""
    browser = Client(REMOTE_ADDR="198.18.7.7")
    browser.get(urlsplit(invitation.link).path)
    browser.post(reverse("invitations:values", args=[invitation.uuid]), form)
    drain_validations()
    return browser


def values(app, secret):
    return {"tenant_id": app.tenant.id, "client_id": app.client_id, "client_secret": secret.value}


def test_a_link_is_mailed_and_the_page_shows_it_while_it_is_open(as_olga, moewe, mailbox):
    assert f'value="{IDA}"' in text_of(as_olga.get(url("reinitiate", moewe)))

    said, invitation = reinitiated(as_olga, moewe)
    drain_mail()

    [mail] = mailbox
    assert (invitation.purpose, mail.to) == ("reconnect", [IDA])
    assert "once more" in mail.subject
    assert "The connection in use works until the new one is confirmed." in mail.text
    assert invitation.link in mail.text
    assert "This connection works until the new one is confirmed." in said
    assert "An invitation to connect once more is open" in said
    assert "Resend Invitation" in said
    assert url("revoke_link", moewe) in said


def test_it_shows_on_m365_configuration_only(as_olga, moewe):
    reinitiated(as_olga, moewe)

    assert "moewe" not in text_of(as_olga.get(reverse("services:pending_invitations")))


def test_the_old_connection_works_until_the_new_one_is_confirmed(as_olga, olga, moewe, entra):
    _said, invitation = reinitiated(as_olga, moewe)
    old = moewe.app_registration.active_credential
    again = moewe.validate_again(actor_for(olga))
    drain_validations()
    again.refresh_from_db()
    assert again.verdict == "valid"

    app = moewe.app.tenant.add_application(name="Voice 2")
    secret = app.add_secret(ends_in_days=300.5)
    answers(invitation, values(app, secret))

    registration = AppRegistration.objects.select_related("active_credential").get(
        pk=moewe.app_registration_id
    )
    old.refresh_from_db()
    assert str(registration.client_id) == app.client_id
    assert str(registration.active_credential.key_id) == secret.key_id
    assert (old.state, old.sealed_secret) == ("retired", None)


def test_the_notice_vanishes_after_and_the_operator_is_told(as_olga, olga, moewe):
    _said, invitation = reinitiated(as_olga, moewe)
    answers(invitation, values(moewe.app, moewe.app.add_secret(ends_in_days=300)))

    invitation.refresh_from_db()
    notice = Notice.objects.get()
    assert invitation.state == Invitation.State.COMPLETED
    assert "link-out" not in whole(as_olga, moewe)
    assert notice.text == "Brightwater Dental Group has connected Moewe once more."
    assert notice.url == url("m365_configuration", moewe)


def test_values_that_are_refused_change_nothing(as_olga, moewe):
    _said, invitation = reinitiated(as_olga, moewe)
    before = AppRegistration.objects.get(pk=moewe.app_registration_id).active_credential_id
    answers(invitation, values(moewe.app, moewe.app.secrets[0]) | {"client_secret": "wrong" * 8})

    assert AppRegistration.objects.get(pk=moewe.app_registration_id).active_credential_id == before
    assert "An invitation to connect once more is open" in whole(as_olga, moewe)


def test_another_tenant_than_the_recorded_one_is_held_and_the_old_connection_stays(
    as_olga, moewe, entra, customer
):
    AppRegistration.objects.update(expected_tenant_id=moewe.app_registration.tenant_id)
    _said, invitation = reinitiated(as_olga, moewe)
    other = entra.add_tenant(name="Oakhurst Holdings").add_application()
    answers(invitation, values(other, other.add_secret()))

    registration = AppRegistration.objects.get(pk=moewe.app_registration_id)
    shown = whole(as_olga, moewe)
    assert registration.active_credential == moewe.app_registration.active_credential
    assert registration.held is not None
    assert "Other values wait for a decision." in shown
    assert "link-out" not in shown


def test_sent_twice_it_mails_once_and_says_so(as_olga, moewe, mailbox):
    reinitiated(as_olga, moewe)
    said, _invitation = reinitiated(as_olga, moewe, "other@moewe.example")
    drain_mail()

    assert f"A link was sent to {IDA} already." in said
    assert [mail.to for mail in mailbox] == [[IDA]]


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_at_the_same_moment_one_sends(moewe, olga):
    def call():
        service = Service.objects.with_connection().get(pk=moewe.pk)
        return reconnecting.reinitiate(service, IDA, actor_for(olga))

    assert sorted(at_once(*[call] * 4)) == [False, False, False, True]
    assert Invitation.objects.filter(purpose="reconnect").count() == 1


def test_a_link_that_asks_for_a_renewal_gives_way(as_olga, olga, moewe):
    renewal = renewals.ask(
        moewe.app_registration,
        IDA,
        olga,
        threshold=14,
        ends=timezone.now() + timedelta(days=7),
        customer_name="Möwe Reederei",
        service_name="Möwe fleet",
    )
    Service.objects.filter(pk=moewe.pk).update(invitation=renewal)
    assert "A renewal invitation is open" in whole(as_olga, moewe)
    assert "It asks for a renewal only" in text_of(as_olga.get(url("reinitiate", moewe)))

    _said, invitation = reinitiated(as_olga, moewe)

    renewal.refresh_from_db()
    assert (renewal.state, invitation.purpose) == ("revoked", "reconnect")


def test_resend_makes_a_new_link_and_the_former_is_dead(as_olga, moewe):
    _said, invitation = reinitiated(as_olga, moewe)
    former = urlsplit(invitation.link).path

    answer = as_olga.post(
        url("resend_link", moewe), {"email": "new@moewe.example", "version": 1}, follow=True
    )
    late = as_olga.post(url("resend_link", moewe), {"email": "late@moewe.example", "version": 1}, follow=True)

    invitation.refresh_from_db()
    assert "A new link is on its way to new@moewe.example" in text_of(answer)
    assert "A link was sent to new@moewe.example already." in text_of(late)
    assert (invitation.version, invitation.email) == (2, "new@moewe.example")
    assert Client(REMOTE_ADDR="198.18.7.8").get(former).status_code == 410


def test_a_resent_renewal_lives_thirty_days(as_olga, olga, moewe):
    renewal = renewals.ask(
        moewe.app_registration,
        IDA,
        olga,
        threshold=14,
        ends=timezone.now() + timedelta(days=7),
        customer_name="Möwe Reederei",
        service_name="Möwe fleet",
    )
    Service.objects.filter(pk=moewe.pk).update(invitation=renewal)

    as_olga.post(url("resend_link", moewe), {"email": IDA, "version": 1})

    renewal.refresh_from_db()
    assert (renewal.expires_at - timezone.now()).days == 29
    assert (renewal.remind_at, renewal.threshold) == (None, 14)


def test_revoke_asks_first_and_kills_the_link_and_nothing_else(as_olga, moewe):
    _said, invitation = reinitiated(as_olga, moewe)
    assert "Revoke the link for moewe?" in text_of(as_olga.get(url("revoke_link", moewe)))
    invitation.refresh_from_db()
    assert invitation.state == "open"

    said = text_of(as_olga.post(url("revoke_link", moewe), follow=True))
    twice = text_of(as_olga.post(url("revoke_link", moewe), follow=True))

    invitation.refresh_from_db()
    assert invitation.state == "revoked"
    assert "it is dead from now on" in said
    assert "There is no link out. Nothing was changed." in twice
    assert AppRegistration.objects.get(pk=moewe.app_registration_id).active_credential_id is not None


def test_a_link_that_ended_or_is_locked_is_told_with_the_way_on(as_olga, moewe):
    _said, invitation = reinitiated(as_olga, moewe)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert "without an answer" in whole(as_olga, moewe)

    Invitation.objects.filter(pk=invitation.pk).update(locked_at=timezone.now(), refusals=5)
    assert "Microsoft refused 5 attempts with it." in whole(as_olga, moewe)
    said, newer = reinitiated(as_olga, moewe)
    assert ("A link is on its way" in said, newer.pk == invitation.pk) == (True, False)


def test_an_address_that_is_none_is_refused(as_olga, moewe):
    answer = as_olga.post(url("reinitiate", moewe), {"email": "nobody"})

    assert answer.status_code == 200
    assert "<title>Error: " in text_of(answer)
    assert Invitation.objects.count() == 0


def test_a_pending_service_has_its_link_elsewhere(as_olga, connected):
    assert "Re-initiate" not in whole(as_olga, connected)

    said, _invitation = reinitiated(as_olga, connected)
    assert "is not connected and created yet" in said


@pytest.mark.parametrize("role", [Role.MONITOR, Role.OPERATOR_LITE])
def test_who_may_not_connect_may_not_re_initiate(client, channel, as_olga, moewe, role):
    reinitiated(as_olga, moewe)
    client = Client()
    client.force_login(make_operator("lena@nordhafen.example", channel, role))
    freshly(client)
    may_resend = role == Role.OPERATOR_LITE

    shown = whole(client, moewe)
    assert "Re-initiate" not in shown
    assert ("Resend Invitation" in shown) is may_resend
    assert url("revoke_link", moewe) not in shown
    codes = [
        client.post(url(name, moewe)).status_code for name in ("reinitiate", "revoke_link", "resend_link")
    ]
    assert codes == [403, 403, 200 if may_resend else 403]


def test_a_stranger_finds_nothing(as_max, as_olga, moewe):
    reinitiated(as_olga, moewe)

    names = ("reinitiate", "resend_link", "revoke_link")
    assert [as_max.get(url(name, moewe)).status_code for name in names] == [404, 404, 404]
    assert [as_max.post(url(name, moewe)).status_code for name in names] == [404, 404, 404]
