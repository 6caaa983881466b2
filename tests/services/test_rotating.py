"""Around a secret that the portal renews itself: who is told, who is asked, and what the pages say."""

import html
from datetime import timedelta

import pytest
from django.urls import reverse

from invitations.models import Invitation
from m365 import rotation
from m365.causes import CATALOGUE
from m365.models import Rotation
from m365.tasks import drain_rotations, drain_validations
from portal.core.clock import now
from portal.core.journal import JournalDetail, JournalEntry
from portal.core.notices import Notice
from services.tasks import follow_up
from tests.conftest import IDA
from tests.m365.nights import a_night_passes
from tests.renewal import deployed, in_use, mails_to, text_of
from tests.rotation import proceed
from tests.services.nights import the_night_passes

REFUSED = {
    "renewal_not_permitted": lambda app, entra: app.owners.clear(),
    "renewal_against_policy": lambda app, entra: setattr(app, "longest_secret", timedelta()),
    "renewal_refused": lambda app, entra: entra.fault(
        app.tenant, "addPassword", "refusal", status=409, code="Request_OfNextYear"
    ),
}


@pytest.fixture
def moewe(customer, olga, entra):
    """A service whose secret has 41 of 365 days left, and its application, which lets the portal renew it."""
    service, app = deployed(customer, olga, entra, ends_in_days=41)
    app.secrets[0].starts_at = now() - timedelta(days=324)
    app.let_it_renew_itself()
    return service, app


def asked():
    return Invitation.objects.filter(purpose="renew")


def test_the_night_begins_it_and_nobody_is_asked(moewe, mailbox):
    service, app = moewe
    the_night_passes()
    proceed()

    assert not asked().exists()
    assert str(in_use(service).active_credential.key_id) == app.secrets[0].key_id
    assert app.secrets[0].name == Rotation.objects.get().name_in_entra


def test_the_digest_says_that_the_portal_does_it(moewe, mailbox, olga):
    the_night_passes()

    (digest,) = mails_to(mailbox, olga.email)
    assert "The portal renews it itself." in digest.text


def test_both_sides_are_told(moewe, mailbox, olga):
    service, app = moewe
    the_night_passes()
    mailbox.clear()
    proceed()

    (customers,) = mails_to(mailbox, IDA)
    (operators,) = mails_to(mailbox, olga.email)
    new = app.secrets[0]
    assert customers.subject == operators.subject
    assert f'"{new.name}"' in customers.text
    assert "remove the permission Application.ReadWrite.OwnedBy" in customers.text
    assert new.value not in customers.text + customers.html + operators.text + operators.html
    notice = Notice.objects.of(olga).get(text__contains="has renewed")
    assert notice.url == reverse("services:m365_configuration", args=[service.pk])


def test_what_fails_asks_the_customer_and_tells_operators_why(moewe, mailbox, olga):
    _service, app = moewe
    a_night_passes()
    app.owners.clear()
    follow_up()
    assert not asked().exists()

    proceed()

    link = asked().get()
    assert (link.email, link.threshold) == (IDA, 60)
    assert Notice.objects.of(olga).filter(text__contains="not its own owner").exists()
    (mail,) = mails_to(mailbox, IDA)
    assert "renew" in mail.subject.lower()


def test_a_deleted_service_gets_no_new_secret(moewe, olga):
    service, app = moewe
    a_night_passes()
    follow_up()
    type(service).objects.filter(pk=service.pk).update(state="deleted")
    former = in_use(service).active_credential_id

    proceed()

    assert in_use(service).active_credential_id == former
    assert Rotation.objects.get().stage == "failed"
    assert [secret.name for secret in app.secrets] == ["portal 2026"]


def test_the_page_says_who_renews_it_and_what_became_of_it(moewe, as_olga):
    service, app = moewe
    page = reverse("services:m365_configuration", args=[service.pk])
    assert "the customer, by a mailed link" in text_of(as_olga.get(page))
    a_night_passes()
    assert "the portal itself" in text_of(as_olga.get(page))

    follow_up()
    assert "A new secret is made in Entra" in text_of(as_olga.get(page))

    proceed()
    shown = text_of(as_olga.get(page))
    assert "renewed by the portal itself" in shown
    assert "A new secret is made in Entra" not in shown
    assert app.secrets[0].value not in shown


@pytest.mark.parametrize("cause", REFUSED)
def test_each_cause_is_told_stored_and_journalled(moewe, as_olga, entra, cause):
    service, app = moewe
    a_night_passes()
    REFUSED[cause](app, entra)
    follow_up()
    proceed()

    shown = text_of(as_olga.get(reverse("services:m365_configuration", args=[service.pk])))
    assert CATALOGUE[cause].operator in html.unescape(shown)
    assert (Rotation.objects.get().stage, Rotation.objects.get().cause_name) == ("failed", cause)
    entry = JournalEntry.objects.get(verb="m365.rotation_failed")
    assert JournalDetail.objects.get(entry=entry).values == {"cause": cause}


def test_the_page_says_when_it_begins(moewe, as_olga):
    service, app = moewe
    app.secrets[0].starts_at = now() - timedelta(days=1)
    a_night_passes()
    follow_up()

    shown = text_of(as_olga.get(reverse("services:m365_configuration", args=[service.pk])))
    assert "It begins on" in shown


def test_the_page_tells_a_new_secret_in_use_from_one_that_is_tested(moewe, as_olga):
    service, _app = moewe
    page = reverse("services:m365_configuration", args=[service.pk])
    a_night_passes()
    follow_up()
    drain_rotations()
    assert "The new secret is being tested." in text_of(as_olga.get(page))

    drain_validations()  # the rotation itself looks at it later

    assert Rotation.objects.get().stage == "testing"
    assert "The new one is in use" in text_of(as_olga.get(page))


def test_a_former_secret_that_may_not_be_removed_is_said(moewe, as_olga):
    service, app = moewe
    a_night_passes()
    follow_up()
    proceed(steps=2)
    assert Rotation.objects.get().stage == "removing"
    app.owners.clear()
    proceed()

    assert Rotation.objects.get().stage == "done"
    shown = text_of(as_olga.get(reverse("services:m365_configuration", args=[service.pk])))
    assert "The former secret is still in Entra." in shown


def test_nothing_is_said_where_nothing_happened(moewe):
    assert rotation.newest(moewe[0].app_registration) is None
