"""What a renewal tells: the mail that asks for it, the receipt, and the word to the operators."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from m365.models import AppRegistration, Credential
from m365.tasks import drain_validations
from portal.core.notices import Notice
from portal.core.tenancy import Operator
from tests.conftest import IDA, make_operator
from tests.invitations.conftest import page
from tests.renewal import answer, deployed, mails_to, text_of

pytestmark = pytest.mark.django_db


def test_the_contact_gets_a_mail_whose_button_opens_the_wizard(ask, mailbox, new_browser, moewe):
    invitation = ask(14)

    [mail] = mails_to(mailbox, IDA)
    registration = moewe.app_registration
    assert mail.subject.startswith("Your client secret ends in 13 days: renew it for ")
    for part in (mail.text, mail.html):
        assert invitation.link in part
        assert str(registration.client_id) in part
        assert "Tenant and application are filled in." in part
        assert f"invitation {invitation.id}" in part
    opened = new_browser().get(urlsplit(invitation.link).path, follow=True)
    assert opened.redirect_chain[-1][0] == page("values", invitation)
    shown = text_of(opened)
    assert "Paste the new client secret" in shown
    for locked in (registration.tenant_id, registration.client_id, "Möwe Reederei AG"):
        assert str(locked) in shown
    assert list(opened.context["form"].fields) == ["client_secret"]


def test_both_sides_are_told_of_a_renewal(ask, moewe, olga, new_browser, mailbox, as_olga):
    invitation = ask(14)
    answer(new_browser(), invitation, moewe.app.add_secret(ends_in_days=300.5).value)
    drain_validations()

    [receipt] = mails_to(mailbox, IDA)
    [told] = mails_to(mailbox, olga.email)
    sentence = "Möwe Reederei has renewed the client secret of Möwe fleet."
    where = reverse("services:m365_configuration", args=[moewe.pk])
    notice = Notice.objects.get()
    assert receipt.subject == "Receipt: the client secret of Möwe Reederei is renewed"
    assert f"Renewed by: holder of the link sent to {IDA}" in receipt.text
    assert sentence in told.text
    assert told.subject == sentence[:-1]
    assert where in told.text
    assert (notice.operator, notice.text, notice.url) == (olga, sentence, where)
    assert as_olga.get(notice.url).status_code == 200


def test_when_the_inviter_has_left_those_who_may_act_are_told(
    ask, moewe, olga, channel, new_browser, mailbox
):
    otto = make_operator("otto@nordhafen.example", channel)
    make_operator("mona@nordhafen.example", channel, "monitor")
    Operator.objects.filter(pk=olga.pk).update(is_active=False)
    answer(new_browser(), ask(14), moewe.app.add_secret(ends_in_days=300).value)
    drain_validations()

    assert [notice.operator for notice in Notice.objects.all()] == [otto]
    assert [mail.subject for mail in mails_to(mailbox, otto.email)] == [
        "Möwe Reederei has renewed the client secret of Möwe fleet"
    ]
    assert mails_to(mailbox, olga.email) == []


@pytest.mark.parametrize(
    ("ends_in_days", "subject"),
    [(1.5, "ends in 1 day:"), (0.5, "ends in less than a day:"), (-0.5, "has ended:")],
)
def test_the_mail_says_how_long_it_still_works(customer, olga, entra, ask, mailbox, ends_in_days, subject):
    service, _app = deployed(customer, olga, entra, short_name="other", ends_in_days=5)
    Credential.objects.filter(pk=service.app_registration.active_credential_id).update(
        not_after=timezone.now() + timedelta(days=ends_in_days)
    )
    ask(1, service=service)

    [mail] = mails_to(mailbox, IDA)
    assert f"Your client secret {subject}" in mail.subject
    assert ("the old one keeps working" in mail.text) is (ends_in_days > 0)


def test_names_from_the_tenant_are_text_in_mail_and_page(ask, moewe, mailbox, new_browser):
    AppRegistration.objects.update(app_name="<b>Voice</b>", tenant_name="<i>Möwe</i>")
    invitation = ask(14)

    [mail] = mails_to(mailbox, IDA)
    shown = text_of(new_browser().get(urlsplit(invitation.link).path, follow=True))
    assert "&lt;b&gt;Voice&lt;/b&gt;" in mail.html
    assert "<b>Voice</b>" not in mail.html + shown
    assert "<i>Möwe</i>" not in shown
