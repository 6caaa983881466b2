"""When the customer has finished: what the operator who invited is told, and what the customer's receipt says."""

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from invitations import news
from invitations.receivers import accept
from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.notices import Notice
from portal.core.outbox import MailState, OutboxMail
from portal.core.tasks import drain_mail
from portal.core.tenancy import Membership
from tests.concurrency import at_once
from tests.conftest import IDA
from tests.invitations.conftest import send
from tests.invitations.test_models import submit

SENTENCE = "Brightwater Dental Group has connected Brightwater Dental, London."


@pytest.fixture
def answered(ida, invitation, mailbox):
    """`answered(form)`: ida's browser sends these values; the mails that follow, by recipient."""

    def answer(form):
        send(ida, invitation, form)
        while Validation.objects.filter(verdict="running").exists():
            Validation.objects.filter(verdict="running").update(next_try_at=Now())
            drain_validations()
        OutboxMail.objects.filter(kind="invitation.activation").delete()
        drain_mail()
        invitation.refresh_from_db()
        return {mail.to[0]: mail for mail in mailbox}

    return answer


def line(mail, term):
    """What stands behind `term:` in a mail's text."""
    return next(row.partition(": ")[2] for row in mail.text.splitlines() if row.startswith(f"{term}: "))


def test_the_inviting_operator_gets_a_notice_that_leads_to_the_wizard(
    answered, service, example, olga, as_olga
):
    answered(example("bergmann"))

    notice = Notice.objects.get()
    assert (notice.operator, notice.text, notice.read_at) == (olga, SENTENCE, None)
    assert notice.url == reverse("services:onboarding_registration", args=[service.pk])
    assert as_olga.get(notice.url).status_code == 200
    assert SENTENCE in as_olga.get("/notices/").content.decode()


def test_the_inviting_operator_gets_a_mail_with_who_when_and_which_tenant(
    answered, invitation, example, olga, settings
):
    values = example("bergmann")
    mail = answered(values)[olga.email]

    page = settings.PUBLIC_URL + Notice.objects.get().url
    assert mail.subject == "Brightwater Dental Group has connected Brightwater Dental, London"
    said = [line(mail, term) for term in ("Connected by", "Organisation", "Default domain", "Tenant ID")]
    assert said == [
        f"holder of the link sent to {IDA}",
        "Bergmann Anlagenbau GmbH",
        "bergmann-anlagenbau.example",
        values["tenant_id"],
    ]
    assert line(mail, "When").endswith("(UTC)")
    assert line(mail, "Invitation") == str(invitation.id)
    assert SENTENCE in mail.text
    assert page in mail.text
    assert page in mail.links
    assert values["client_secret"] not in mail.text + mail.html


def test_the_receipt_says_who_when_what_which_permissions_and_how_to_withdraw(answered, invitation, example):
    values = example("bergmann")
    receipt = answered(values)[IDA]

    terms = ("Connected by", "Organisation", "Default domain", "Tenant ID", "Application (Client) ID")
    assert [line(receipt, term) for term in terms] == [
        f"holder of the link sent to {IDA}",
        "Bergmann Anlagenbau GmbH",
        "bergmann-anlagenbau.example",
        values["tenant_id"],
        values["client_id"],
    ]
    assert line(receipt, "Application") == invitation.app_registration.app_name != ""
    assert line(receipt, "Permissions") == "Application.Read.All, Organization.Read.All"
    assert line(receipt, "When").endswith("(UTC)")
    assert receipt.links == []  # the guide says to type that address oneself
    for part in (receipt.text, receipt.html):
        assert "To withdraw:" in part
        assert "Delete" in part
        assert "you need not do anything" in part
        assert "Not granted yet" not in part
        assert values["client_secret"] not in part


def test_with_a_permission_missing_both_mails_name_it(answered, entra, olga):
    app = entra.add_tenant(name="Tidewell Care Ltd").add_application(name="Voice", roles=[])
    values = {
        "tenant_id": app.tenant.id,
        "client_id": app.client_id,
        "client_secret": app.add_secret(ends_in_days=30).value,
    }
    mails = answered(values)

    missing = "Organization.Read.All, Application.Read.All"
    receipt, told = mails[IDA], mails[olga.email]
    assert (line(receipt, "Not granted yet"), line(told, "Missing permissions")) == (missing, missing)
    assert line(receipt, "Permissions") == "none"
    assert [line(receipt, term) for term in ("Organisation", "Default domain", "Application")] == [
        "not readable for us",
        "not readable for us",
        "name not readable for us",
    ]
    assert "not all permissions are granted" in receipt.text
    assert "you need not do anything" not in receipt.text + receipt.html


def test_the_operators_mail_tells_the_time_in_their_own_zone(answered, example, olga):
    olga.time_zone = "Asia/Kolkata"
    olga.save()

    assert line(answered(example("bergmann"))[olga.email], "When").endswith("(UTC+5:30, Asia/Kolkata)")


@pytest.mark.parametrize("gone", ["account closed", "out of the channel"])
def test_an_operator_who_may_not_see_it_any_more_gets_no_mail(answered, example, olga, gone):
    if gone == "account closed":
        olga.is_active = False
        olga.save()
    else:
        Membership.objects.filter(operator=olga).delete()

    mails = answered(example("bergmann"))

    assert list(mails) == [IDA]
    assert OutboxMail.objects.get(kind=news.FINISHED).state == MailState.WITHDRAWN


def test_a_mail_that_was_late_says_that_the_service_was_created_since(
    answered, invitation, example, olga, mailbox
):
    told = answered(example("bergmann"))[olga.email]
    OutboxMail.objects.filter(kind=news.FINISHED).update(state=MailState.QUEUED, next_try_at=Now())
    invitation.complete()
    drain_mail()
    late = mailbox.mails[-1]

    assert "The service is not created yet: the next step is yours." in told.text
    for part in (late.text, late.html):
        assert "The service has been created since." in part
        assert "next step" not in part


def test_values_that_do_not_work_tell_nobody(answered, example):
    wrong = {**example("bergmann"), "client_secret": "Zz9~wrong.wrong.wrong.wrong.wrong.wrong0"}

    assert (answered(wrong), Notice.objects.count()) == ({}, 0)


@pytest.mark.django_db(transaction=True)
def test_settled_by_many_at_the_same_moment_the_operator_is_told_once(invitation):
    validation, _new = submit(invitation)

    answers = at_once(*[lambda: accept_in_transaction(validation)] * 6)

    assert sorted(answers) == [False] * 5 + [True]
    assert (Notice.objects.count(), OutboxMail.objects.filter(kind=news.FINISHED).count()) == (1, 1)


def accept_in_transaction(validation):
    with transaction.atomic():
        return accept(Validation.objects.get(pk=validation.pk))


def test_whatever_fails_afterwards_takes_the_notice_with_it(invitation):
    validation, _new = submit(invitation)

    with pytest.raises(RuntimeError, match="power cut"), transaction.atomic():
        assert accept(validation)
        raise RuntimeError("power cut")

    assert (Notice.objects.count(), OutboxMail.objects.filter(kind=news.FINISHED).count()) == (0, 0)
