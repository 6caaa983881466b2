"""Every form of the operators' pages, sent twice at the same moment: it does nothing twice and never fails."""

import pytest
from django.urls import reverse

from invitations.models import Invitation
from m365.models import Validation
from m365.tasks import drain_validations
from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from services.models import Customer, Purpose, Sbc, Service, SipConnection
from tests.concurrency import at_once
from tests.conftest import connect, make_service
from tests.services.conftest import ended, signed_in
from tests.services.onboarding.conftest import (  # noqa: F401 (fixtures)
    app,
    draft,
    known,
    org,
    three_values,
    typed,
    url,
)
from tests.services.onboarding.test_races import client_of
from tests.services.test_service_portal import values as service_values

pytestmark = pytest.mark.django_db(transaction=True)


def twice(operator, address, values=()):
    """The statuses of two identical forms, the lower one first."""
    clients = [client_of(operator) for _ in range(2)]
    answers = at_once(*[lambda one=one: one.post(address, dict(values)) for one in clients])
    return sorted(answer.status_code for answer in answers), answers


def journalled(verb):
    return JournalEntry.objects.filter(verb=verb).count()


def test_add_customer(olga, channel):
    values = {"name": "Tidewell Care", "channel": str(channel.pk), "cloud": "worldwide"}

    statuses, answers = twice(olga, reverse("services:add_customer"), values)

    refused = next(answer for answer in answers if answer.status_code == 200)
    assert statuses == [200, 302]
    assert refused.context["form"].errors == {"name": ["This channel has one of that name already."]}
    assert (Customer.objects.count(), journalled("customer.added")) == (1, 1)


def test_edit_customer(olga, channel, customer):
    values = {"name": "Tidewell Care", "channel": str(channel.pk), "cloud": "worldwide"}
    values["license_types"] = ["essentials_plus", "pro"]

    statuses, _ = twice(olga, reverse("services:edit_customer", args=[customer.pk]), values)

    assert (statuses, journalled("customer.edited")) == ([302, 302], 1)


def test_add_sbc(olga, channel):
    values = {"name": "HAM-2", "base_domain": "sbc2.nordhafen.example", "channel": str(channel.pk)}

    statuses, _ = twice(olga, reverse("services:add_sbc"), values)

    assert (statuses, Sbc.objects.count(), journalled("sbc.added")) == ([200, 302], 1, 1)


def test_edit_sbc(olga, channel, sbc):
    values = {"name": "HAM-2", "base_domain": "sbc2.nordhafen.example", "channel": str(channel.pk)}

    statuses, _ = twice(olga, reverse("services:edit_sbc", args=[sbc.pk]), values)

    assert (statuses, journalled("sbc.edited")) == ([302, 302], 1)


def test_edit_service(olga, service):
    values = service_values(short_name="bright_2")

    statuses, _ = twice(olga, reverse("services:edit_service", args=[service.pk]), values)

    assert (statuses, journalled("service.edited")) == ([302, 302], 1)


def test_validate(olga, connected):
    statuses, _ = twice(olga, url("validate", connected))

    assert (statuses, Validation.objects.count()) == ([302, 302], 1)


def test_validate_in_the_wizard(olga, connected):
    statuses, answers = twice(olga, url("onboarding_validate", connected))

    assert (statuses, Validation.objects.count()) == ([302, 302], 1)
    assert answers[0]["Location"] == answers[1]["Location"]


def test_other_values(olga, known, three_values):  # noqa: F811
    client_of(olga).post(url("onboarding_tenant"), known(client_secret="wrong" * 8))
    drain_validations()
    service = Service.objects.get()
    newest = str(service.app_registration.last_validation_id)

    statuses, answers = twice(olga, url("onboarding_values", service), {**three_values, "newest": newest})

    assert (statuses, Validation.objects.count()) == ([302, 302], 2)
    assert answers[0]["Location"] == answers[1]["Location"]


def test_settings(olga, connected):
    ended(connected, olga, signed_in(), Purpose.ONBOARDING)
    domain = {"m365_domain": "brightwaterdental.example"}

    statuses, _ = twice(olga, url("onboarding_settings", connected), domain)

    assert (statuses, journalled("service.m365_domain_set")) == ([302, 302], 1)


def test_sip_connection(olga, customer, sbc):
    for name in ("first", "second", "third"):
        service = connect(make_service(customer, olga, name))
        ended(service, olga, signed_in(), Purpose.ONBOARDING)
        Service.objects.filter(pk=service.pk).update(m365_domain="brightwaterdental.example")
        values = {"site_name": name, "sbc": str(sbc.pk), "host_label": name, "trunk_model": "derived_trunk"}

        statuses, _ = twice(olga, url("onboarding_sip", service), values)

        assert (statuses, SipConnection.objects.filter(service=service).count()) == ([302, 302], 1)
    assert journalled("service.sip_connection_set") == 3


def test_resend(olga, service):
    statuses, _ = twice(olga, url("resend", service), {"email": "ruth@brightwater.example", "version": "1"})

    invitation = Invitation.objects.get()
    assert (statuses, invitation.version, OutboxMail.objects.count()) == ([302, 302], 2, 2)
    assert journalled("invitation.resent") == 1


def test_the_first_invitation(olga, customer):
    service = make_service(customer, olga, "brightwater", invite=None)

    statuses, _ = twice(olga, url("resend", service), {"email": "ida@brightwater.example", "version": "0"})

    assert (statuses, Invitation.objects.count(), OutboxMail.objects.count()) == ([302, 302], 1, 1)


def test_who_resends_twice_is_told_that_the_link_is_on_its_way(olga, service):
    client, values = client_of(olga), {"email": "ida@brightwater.example", "version": "1"}
    client.post(url("resend", service), values)

    page = client.post(url("resend", service), values, follow=True).content.decode()

    assert (
        "A new link for brightwater was sent to ida@brightwater.example already. Nothing was changed." in page
    )


def test_revoke(olga, service):
    statuses, _ = twice(olga, url("revoke", service))

    assert (statuses, journalled("invitation.revoked")) == ([302, 302], 1)


def test_delete(olga, service):
    statuses, _ = twice(olga, url("delete_pending", service))

    assert (statuses, journalled("service.deleted")) == ([302, 302], 1)


def test_who_deletes_twice_is_told(olga, service):
    client = client_of(olga)
    client.post(url("delete_pending", service))

    page = client.post(url("delete_pending", service), follow=True).content.decode()

    assert "brightwater was deleted meanwhile. Nothing was changed." in page


@pytest.mark.parametrize("name", ["onboarding_leave_back", "onboarding_leave_cancel"])
def test_leaving_a_step(olga, connected, name):
    address = reverse(f"services:{name}", args=[connected.pk, "settings"])

    statuses, _ = twice(olga, address, {"m365_domain": "half.typ"})

    connected.refresh_from_db()
    assert (statuses, connected.kept) == ([302, 302], {"settings": {"m365_domain": "half.typ"}})
    assert connected.edited_by == olga
    assert connected.former_editor is None
