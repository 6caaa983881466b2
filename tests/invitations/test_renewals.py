"""Renewal without an operator: one link for each threshold, one value, and both sides are told."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from invitations import links
from invitations.models import Invitation, Purpose
from m365.models import Credential, Validation
from m365.tasks import drain_validations
from portal.core.actors import PORTAL
from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for
from tests.invitations.conftest import follow, page
from tests.renewal import answer, in_use, mails_to, text_of

pytestmark = pytest.mark.django_db


def test_a_new_secret_is_swapped_in_and_the_link_is_dead(ask, moewe, new_browser):
    invitation, browser = ask(14), new_browser()
    old = moewe.app_registration.active_credential
    new = moewe.app.add_secret(name="portal 2027", ends_in_days=300.5)

    result = answer(browser, invitation, new.value)
    drain_validations()

    registration = in_use(moewe)
    old.refresh_from_db()
    invitation.refresh_from_db()
    assert str(registration.active_credential.key_id) == new.key_id
    assert (old.state, old.sealed_secret) == ("retired", None)
    assert invitation.state == Invitation.State.COMPLETED
    shown = text_of(browser.get(result))
    assert "The new client secret is in use" in shown
    assert "You may delete the former one in Entra" in shown
    assert new_browser().get(urlsplit(invitation.link).path).status_code == 410


def test_a_secret_that_is_refused_leaves_the_old_one_in_use_and_working(ask, moewe, new_browser, olga):
    invitation, browser = ask(14), new_browser()
    before = in_use(moewe).active_credential

    result = answer(browser, invitation, "wrong" * 8)
    drain_validations()

    shown = text_of(browser.get(result))
    assert "The sign-in did not work" in shown
    assert "the former secret stays in use" in shown
    assert "Back to the client secret" in shown
    assert in_use(moewe).active_credential == before
    again = moewe.validate_again(actor_for(olga))
    drain_validations()
    again.refresh_from_db()
    assert again.verdict == "valid"
    assert text_of(browser.get(page("values", invitation))).count("Paste the new client secret") == 1


def test_whatever_else_is_sent_tenant_and_application_stay(ask, moewe, new_browser, entra):
    invitation, browser = ask(14), new_browser()
    other = entra.add_tenant(name="Attacker").add_application()
    follow(browser, invitation)
    browser.post(
        page("values", invitation),
        {
            "client_secret": other.add_secret().value,
            "tenant_id": other.tenant.id,
            "client_id": other.client_id,
        },
    )
    drain_validations()

    validation = Validation.objects.latest("created_at")
    registration = moewe.app_registration
    assert (validation.tenant_id, validation.client_id) == (registration.tenant_id, registration.client_id)
    assert (validation.purpose, validation.verdict) == ("renew", "invalid")


def test_it_is_asked_once_for_each_credential_and_threshold(ask, mailbox):
    first = ask(14)

    assert [ask(14), ask(30), ask(60)] == [None, None, None]
    assert len(mails_to(mailbox, IDA)) == 1
    assert Invitation.objects.get(purpose="renew") == first


@pytest.mark.django_db(transaction=True)
def test_of_several_who_ask_at_the_same_moment_one_does(ask):
    answers = at_once(*[lambda: ask(14)] * 4)

    assert sorted(answer is None for answer in answers) == [False, True, True, True]
    assert OutboxMail.objects.filter(kind="invitation.activation").count() == 1


def test_the_next_crossing_makes_a_new_link_and_the_former_dies(ask, mailbox, new_browser):
    former = ask(14)
    former_link = former.link

    newer = ask(7)

    assert (newer.pk, newer.version, newer.threshold) == (former.pk, 2, 7)
    assert new_browser().get(urlsplit(former_link).path).status_code == 410
    assert new_browser().get(urlsplit(newer.link).path).status_code == 302
    drain_mail()
    assert [newer.link in mail.text for mail in mailbox] == [
        True
    ]  # the former mail had no link to give any more


def test_what_an_operator_revoked_comes_again_at_the_next_crossing_only(ask, olga):
    former = ask(14)
    former.revoke(actor_for(olga))

    assert ask(14) is None
    newer = ask(7)
    assert (newer.state, newer.pk == former.pk) == ("open", False)


def test_the_next_secret_begins_a_fresh_series(ask, moewe, new_browser):
    answer(new_browser(), ask(14), moewe.app.add_secret(ends_in_days=50).value)
    drain_validations()

    assert ask(60) is not None


def test_a_link_of_an_operator_is_left_alone(ask, moewe, olga):
    sent = Invitation.send(
        moewe.app_registration,
        IDA,
        actor_for(olga),
        purpose=Purpose.RECONNECT,
        customer_name="Möwe Reederei",
        service_name="Möwe fleet",
    )

    assert ask(14) is None
    sent.refresh_from_db()
    assert (sent.state, sent.version) == ("open", 1)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert ask(14).purpose == "renew"


def test_the_purpose_is_part_of_the_signed_link(ask, new_browser):
    invitation = ask(14)

    for purpose in ("activate", "reconnect"):
        forged = links.link(purpose, invitation.uuid, invitation.version)
        assert forged != invitation.link
        assert new_browser().get(urlsplit(forged).path).status_code == 410


def test_a_link_of_a_renewal_does_not_open_the_page_for_three_values(ask, new_browser):
    invitation, browser = ask(14), new_browser()
    follow(browser, invitation)

    assert browser.get(page("welcome", invitation)).url == page("values", invitation)


def test_t04_a_scanner_changes_nothing(ask, new_browser):
    invitation = ask(14)
    for _ in range(5):
        new_browser().get(urlsplit(invitation.link).path, follow=True)

    invitation.refresh_from_db()
    assert (invitation.state, invitation.version) == ("open", 1)
    assert Validation.objects.filter(purpose="renew").count() == 0


def test_a_secret_set_by_an_operator_meanwhile_makes_the_link_needless(
    ask, moewe, olga, new_browser, mailbox
):
    from portal.core.secrets import Secret
    from services import new_secret

    invitation = ask(14)
    browser = new_browser()
    follow(browser, invitation)
    registration = moewe.app_registration
    value = Secret(moewe.app.add_secret(ends_in_days=300).value)
    new_secret.submit_once(moewe, value, actor_for(olga), registration.active_credential_id)
    drain_validations()

    invitation.refresh_from_db()
    assert invitation.state == "revoked"
    assert browser.get(page("values", invitation)).status_code == 410
    assert mails_to(mailbox, IDA) == []  # it had not left yet, and does not leave any more


def test_of_customer_and_operator_at_the_same_moment_one_wins_and_the_other_is_told(
    ask, moewe, olga, new_browser
):
    from portal.core.secrets import Secret
    from services import new_secret

    invitation, browser = ask(14), new_browser()
    registration = moewe.app_registration
    first = moewe.app.add_secret(ends_in_days=300)
    value = Secret(first.value)
    new_secret.submit_once(moewe, value, actor_for(olga), registration.active_credential_id)
    result = answer(browser, invitation, moewe.app.add_secret(ends_in_days=200).value)
    drain_validations()

    assert str(in_use(moewe).active_credential.key_id) == first.key_id
    assert "answered by somebody else, while we looked" in text_of(browser.get(result))
    assert Credential.objects.exclude(sealed_secret=None).count() == 1


def test_who_asked_and_who_renewed_is_in_the_journal(ask, moewe, new_browser):
    invitation = ask(14)
    answer(new_browser(), invitation, moewe.app.add_secret(ends_in_days=300).value)
    drain_validations()

    sent, renewed = (
        JournalEntry.objects.get(verb=verb) for verb in ("invitation.sent", "invitation.authenticated")
    )
    assert sent.actor_kind == PORTAL.kind
    assert invitation.uuid in sent.about
    assert renewed.detail.actor_label == f"holder of the link sent to {IDA}"
