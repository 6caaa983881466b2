import pytest

from portal.core.outbox import MailState, OutboxMail
from portal.core.tasks import drain_mail
from tests.conftest import IDA, actor_for

pytestmark = pytest.mark.usefixtures("mailbox")


def test_the_invitation_names_customer_service_and_provider_and_holds_one_link(invitation, mailbox):
    drain_mail()

    mail = mailbox.mails[0]
    assert (len(mailbox), mail.to) == (1, [IDA])
    for part in (mail.subject, mail.text, mail.html):
        assert "Nordhafen Voice" in part
    for part in (mail.text, mail.html):
        assert "Brightwater Dental Group" in part
        assert "Brightwater Dental, London" in part
        assert "Click here to activate your tenant" in part
        assert "Client Secret" in part
        assert "password" in part
        assert "Valid until" in part
    assert [link for link in mail.links if "/i/" in link] == [invitation.link]


def test_a_sent_mail_is_counted(invitation):
    drain_mail()

    invitation.refresh_from_db()
    assert (invitation.sent_count, invitation.mail.state) == (1, MailState.SENT)


@pytest.mark.parametrize("change", ["revoked", "answered"])
def test_a_mail_that_is_out_of_date_is_withdrawn(connected, olga, mailbox, change):
    invitation = connected.invitation
    if change == "revoked":
        invitation.authenticated_at = None
        invitation.save()
        invitation.revoke(actor_for(olga))

    drain_mail()

    states = list(OutboxMail.objects.about(invitation.uuid).values_list("state", flat=True))
    assert ([mail.subject for mail in mailbox], states) == ([], [MailState.WITHDRAWN])


def test_after_a_resend_only_the_new_link_is_mailed(invitation, olga, mailbox):
    old_link = invitation.link
    invitation.resend("right@brightwater.example", actor_for(olga))

    drain_mail()

    assert [mail.to for mail in mailbox] == [["right@brightwater.example"]]
    assert (invitation.link in mailbox[0].links, old_link in mailbox[0].links) == (True, False)


def test_names_with_markup_arrive_as_they_were_typed(invitation, mailbox):
    invitation.customer_name = "Bright & <b>Water</b>\r\nBcc: all@everybody.example"
    invitation.save()

    drain_mail()

    mail = mailbox.mails[0]
    assert (mail.to, mail["Bcc"]) == ([IDA], "")
    assert "Bright & <b>Water</b>" in mail.text
    assert "Bright &amp; &lt;b&gt;Water&lt;/b&gt;" in mail.html
