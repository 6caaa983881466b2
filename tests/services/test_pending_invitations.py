"""Pending Invitations: what each row says, and what can be done about it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from m365 import causes
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.mail_status import Shown, moment
from portal.core.outbox import OutboxMail
from portal.core.roles import Role
from portal.core.tasks import drain_mail
from services import pending
from services.models import Customer, Service
from tests.conftest import actor_for, connect, make_operator, make_service
from tests.services.conftest import ended, refused, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/pending-invitations/"


def url(name, service):
    return reverse(f"services:{name}", args=[service.pk])


def row_of(service, operator):
    return pending.rows(Service.objects.with_connection().filter(pk=service.pk), operator)[0]


def said(answer):
    """The page's text as it is read, blanks folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_list_has_the_columns_and_values_of_each_pending_service(as_olga, service):
    answer = as_olga.get(PAGE)

    heads = re.findall(r'<th [^>]*scope="col"[^>]*>([^<]+)</th>', answer.content.decode())
    assert heads == [
        "ID",
        "Full Name",
        "Invitation Email",
        "M365 Admin Email",
        "Email Sent",
        "Sent Count",
        "Created at",
        "Expires at",
        "Device Authenticated",
    ]
    text = said(answer)
    for value in (str(service.invitation.id), service.full_name, "queued", "waits for the customer"):
        assert value in text


def test_services_of_other_channels_are_not_there(as_max, service):
    assert "Nothing is pending" in said(as_max.get(PAGE))


def test_created_and_deleted_services_have_left_the_list(as_olga, olga, customer):
    connect(make_service(customer, olga, "created")).activate(actor_for(olga))
    make_service(customer, olga, "deleted").delete_pending(actor_for(olga))

    assert as_olga.get(PAGE).context["rows"] == []


def test_the_list_can_be_limited_to_a_customer_in_scope(as_olga, as_max, olga, customer, channel, service):
    make_service(Customer.objects.create(channel=channel, name="Tidewell Care"), olga, "tidewell")

    rows = as_olga.get(PAGE, {"customer": str(customer.pk)}).context["rows"]

    assert [row.service for row in rows] == [service]
    assert as_max.get(PAGE, {"customer": str(customer.pk)}).status_code == 404
    assert as_olga.get(PAGE, {"customer": "nonsense"}).status_code == 404


def test_a_service_connected_directly_has_no_invitation_and_can_be_added(as_olga, olga, customer):
    direct = connect(make_service(customer, olga, "direct", invite=None))

    row = row_of(direct, olga)
    answer = as_olga.get(PAGE).content.decode()

    assert (row.invitation, row.email_sent, row.expires_at) == (None, None, None)
    assert row.device.words == "true"
    assert f'href="{url("onboarding_registration", direct)}">Add' in answer


def test_email_sent_follows_the_mail_with_the_relays_words(olga, service, mailbox):
    mail = service.invitation.mail
    queued = row_of(service, olga).email_sent
    mail.settle(state="queued", smtp_code=451, smtp_reply="try later", next_try_in=timedelta(minutes=5))
    OutboxMail.objects.update(attempts=4)
    mail.refresh_from_db()
    waiting = row_of(service, olga).email_sent
    mail.settle(state="failed", smtp_code=552, smtp_reply="mailbox full")
    failed = row_of(service, olga).email_sent

    next_try = moment(mail.next_try_at)
    assert queued == Shown("run", "queued", "leaves in seconds")
    assert waiting == Shown(
        "err",
        "false",
        f"the server has a fault of its own (“try later”, 451); 4 attempts, next try {next_try}",
    )
    assert failed == Shown("err", "false", "refused: the mailbox is full (“mailbox full”, 552); 4 attempts")


def test_a_mail_that_the_relay_accepted_is_counted(olga, service, mailbox):
    drain_mail()

    row = row_of(service, olga)
    assert row.email_sent == Shown("ok", "true", moment(row.mail.sent_at))
    assert row.invitation.sent_count == 1


def test_device_authenticated_says_where_each_invitation_stands(olga, customer):
    open_, lapsed, revoked = (make_service(customer, olga, name) for name in ("open", "lapsed", "revoked"))
    lapsed.invitation.expires_at = now() - timedelta(minutes=1)
    lapsed.invitation.save()
    revoked.invitation.revoke(actor_for(olga))

    assert [row_of(service, olga).device for service in (open_, lapsed, revoked)] == [
        Shown("wait", "No", "waits for the customer"),
        Shown("gone", "No", "expired"),
        Shown("gone", "No", "revoked"),
    ]


def test_device_authenticated_turns_true_with_its_time_and_findings(olga, connected):
    at = moment(connected.app_registration.authenticated_at)
    plain = row_of(connected, olga).device
    finding = {"cause": causes.PERMISSION_MISSING.name, "permission": "Organization.Read.All"}
    ended(connected, olga, signed_in(findings=[finding]))
    found = row_of(connected, olga).device
    ended(connected, olga, refused())
    broken = row_of(connected, olga).device

    assert plain == Shown("ok", "true", f"Authentication Complete, {at}")
    assert found == Shown("warn", "true, with findings", f"1 permission missing, {at}")
    assert (broken.shape, broken.words) == ("err", "true")
    assert "Entra rejected the client secret." in broken.sub


def test_the_list_asks_for_itself_again_and_answers_with_the_table_alone(as_olga, service):
    whole = as_olga.get(PAGE).content.decode()
    part = as_olga.get(PAGE, headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 5s"' in whole
    assert "<html" not in part
    assert part.strip().startswith('<section class="card" id="pending-table"')


def test_the_list_takes_as_many_queries_for_three_rows_as_for_one(
    as_olga, olga, customer, service, queries_of
):
    one = queries_of(as_olga, PAGE)
    make_service(customer, olga, "second")
    connect(make_service(customer, olga, "third"))

    assert queries_of(as_olga, PAGE) == one <= 8


def test_copying_the_link_is_recorded_before_it_is_shown(as_olga, service):
    answer = as_olga.post(url("copy_link", service))

    assert service.invitation.link in answer.content.decode()
    assert JournalEntry.objects.latest("created_at").verb == "invitation.link_copied"
    assert as_olga.get(url("copy_link", service)).status_code == 405


def test_a_dead_link_is_not_handed_out(as_olga, olga, service):
    service.invitation.revoke(actor_for(olga))

    answer = as_olga.post(url("copy_link", service), follow=True)

    assert "There is no living link for brightwater." in said(answer)


def test_resending_gives_a_new_link_to_a_corrected_address(as_olga, service, mailbox):
    former = service.invitation.link
    page = as_olga.get(url("resend", service))
    answer = as_olga.post(url("resend", service), {"email": "ruth@brightwater.example"}, follow=True)
    drain_mail()

    service.refresh_from_db()
    assert page.context["form"]["email"].value() == "ida@brightwater.example"
    assert "A new link is on its way to ruth@brightwater.example" in said(answer)
    assert (service.invitation.email, service.m365_contact) == ("ruth@brightwater.example",) * 2
    assert service.invitation.link != former
    assert [mail.to for mail in mailbox.mails] == [["ruth@brightwater.example"]]
    assert service.invitation.link in mailbox.mails[0].text


def test_resending_to_something_that_is_no_address_changes_nothing(as_olga, service):
    answer = as_olga.post(url("resend", service), {"email": "ruth"})

    assert answer.context["form"].errors == {
        "email": ["Enter a valid email address, as name@company.example."]
    }
    assert OutboxMail.objects.count() == 1


def test_a_revoked_or_expired_invitation_can_be_resent(as_olga, olga, service):
    service.invitation.revoke(actor_for(olga))
    as_olga.post(url("resend", service), {"email": "ida@brightwater.example"})

    assert row_of(service, olga).open


def test_a_service_without_invitation_can_get_its_first_one(as_olga, olga, customer):
    service = make_service(customer, olga, "direct", invite=None, m365_contact="ruth@x.example")
    as_olga.post(url("resend", service), {"email": "ruth@x.example"})

    service.refresh_from_db()
    assert service.invitation.email == "ruth@x.example"


@pytest.mark.parametrize("name", ["resend", "revoke"])
def test_an_answered_invitation_is_neither_resent_nor_revoked(as_olga, connected, name):
    before = connected.invitation.version
    answer = as_olga.post(url(name, connected), {"email": "ida@brightwater.example"}, follow=True)

    connected.refresh_from_db()
    assert "authenticated already; there is no link to change. Nothing was changed." in said(answer)
    assert (connected.invitation.version, connected.invitation.revoked_at) == (before, None)


def test_revoking_asks_first_and_kills_the_link(as_olga, service):
    asked = as_olga.get(url("revoke", service))
    service.invitation.refresh_from_db()
    untouched = service.invitation.revoked_at
    answer = as_olga.post(url("revoke", service), follow=True)
    again = as_olga.post(url("revoke", service), follow=True)

    service.invitation.refresh_from_db()
    assert "Revoke the link for brightwater?" in said(asked)
    assert untouched is None
    assert service.invitation.revoked_at is not None
    assert "The link for brightwater is revoked; it is dead from now on." in said(answer)
    assert "is revoked already. Nothing was changed." in said(again)


def test_deleting_asks_first_then_wipes_everything_and_frees_the_names(as_olga, olga, customer, connected):
    asked = as_olga.get(url("delete_pending", connected))
    answer = as_olga.post(url("delete_pending", connected), follow=True)

    connected.refresh_from_db()
    sealed = connected.app_registration.credentials.exclude(sealed_secret=None)
    assert "Delete brightwater?" in said(asked)
    assert "its short name is free again." in said(answer)
    assert (connected.state, connected.connected, sealed.count()) == ("deleted", False, 0)
    assert JournalEntry.objects.latest("created_at").verb == "service.deleted"
    make_service(customer, olga, "brightwater")


def test_deleting_is_for_admins(client, channel, service):
    omar = make_operator("omar@nordhafen.example", channel, Role.OPERATOR)
    client.force_login(omar, "allauth.account.auth_backends.AuthenticationBackend")

    assert client.post(url("delete_pending", service)).status_code == 403
    assert ">Delete<" not in client.get(PAGE).content.decode()


def test_a_created_service_is_not_deleted_from_here(as_olga, olga, connected):
    connected.activate(actor_for(olga))
    answer = as_olga.post(url("delete_pending", connected), follow=True)

    connected.refresh_from_db()
    assert connected.state == "active"
    assert "was created meanwhile; it is no longer pending. Nothing was changed." in said(answer)


def test_a_monitor_sees_the_list_and_no_action(as_monica, service):
    page = as_monica.get(PAGE).content.decode()

    assert "Brightwater Dental, London" in page
    assert "tl-menu" not in page
    assert ">Add<" not in page


def test_operator_lite_may_resend_and_nothing_more(client, channel, service):
    lena = make_operator("lena@nordhafen.example", channel, Role.OPERATOR_LITE)
    client.force_login(lena, "allauth.account.auth_backends.AuthenticationBackend")

    statuses = {
        "resend": client.get(url("resend", service)).status_code,
        "copy_link": client.post(url("copy_link", service)).status_code,
        "revoke": client.post(url("revoke", service)).status_code,
        "delete_pending": client.post(url("delete_pending", service)).status_code,
    }

    assert statuses == {"resend": 200, "copy_link": 403, "revoke": 403, "delete_pending": 403}
