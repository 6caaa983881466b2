"""The verbs of a service, alone and against each other in threads of their own on real PostgreSQL."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from invitations.models import Invitation
from m365 import causes
from m365.models import AppRegistration, Credential, Validation
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.outbox import OutboxMail
from services.models import Customer, Service
from tests.concurrency import at_once
from tests.conftest import actor_for, connect, make_service
from tests.services.conftest import ended, in_days, refused, signed_in


def test_a_new_service_is_pending_with_an_empty_registration_that_knows_what_to_expect(customer, olga):
    customer.tenant_id, customer.cloud = "27c9d3a4-0b1e-4f6a-8c55-e19f7a60d2b8", "gcc_high"
    customer.save()
    customer.refresh_from_db()

    service = make_service(customer, olga, "Möwe", invite=None)

    registration = service.app_registration
    assert (service.state, service.connected, service.short_key) == ("pending", False, "möwe")
    assert (registration.owner, registration.channel, registration.monitored) == (
        customer.pk, customer.channel, False,
    )  # fmt: skip
    assert (registration.expected_tenant_id, registration.cloud) == (customer.tenant_id, "gcc_high")
    assert JournalEntry.objects.get().verb == "service.begun"


def test_a_service_that_is_not_connected_cannot_be_activated(service, olga):
    assert service.activate(actor_for(olga)) is False
    assert service.state == "pending"


def test_activation_monitors_the_registration_and_closes_the_invitation(connected, olga):
    assert connected.activate(actor_for(olga)) is True

    connected.app_registration.refresh_from_db()
    connected.invitation.refresh_from_db()
    assert (connected.state, connected.activated_by) == ("active", olga)
    assert connected.app_registration.monitored is True
    assert connected.invitation.state == "completed"


def test_deleting_a_pending_service_frees_its_name_kills_its_link_and_wipes_its_secret(
    connected, customer, olga
):
    connected.invitation.authenticated_at = None
    connected.invitation.save()

    assert connected.delete_pending(actor_for(olga)) is True

    connected.invitation.refresh_from_db()
    credential = Credential.objects.get(registration=connected.app_registration)
    assert connected.invitation.state == "revoked"
    assert (credential.state, credential.sealed_secret) == ("retired", None)
    assert make_service(customer, olga, connected.short_name).state == "pending"


def test_an_active_service_is_not_deleted_as_a_pending_one(connected, olga):
    connected.activate(actor_for(olga))

    assert connected.delete_pending(actor_for(olga)) is False
    assert connected.state == "active"


def test_a_name_in_use_is_refused_whatever_its_case(service, customer, olga):
    with pytest.raises(IntegrityError):
        make_service(customer, olga, service.short_name.upper())


@pytest.mark.django_db(transaction=True)
def test_of_two_activations_at_once_exactly_one_wins(connected, olga):
    actor = actor_for(olga)
    mine, yours = Service.objects.get(pk=connected.pk), Service.objects.get(pk=connected.pk)

    answers = at_once(lambda: mine.activate(actor), lambda: yours.activate(actor))

    assert sorted(answers) == [False, True]
    assert JournalEntry.objects.filter(verb="service.activated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_activation_and_deletion_at_once_exactly_one_wins(connected, olga):
    actor = actor_for(olga)
    mine, yours = Service.objects.get(pk=connected.pk), Service.objects.get(pk=connected.pk)

    answers = at_once(lambda: mine.activate(actor), lambda: yours.delete_pending(actor))

    stored = Service.objects.get(pk=connected.pk)
    assert sorted(answers) == [False, True]
    assert stored.state == ("active" if answers[0] else "deleted")


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_short_names_at_once_exactly_one_is_stored(customer, olga):
    answers = at_once(
        lambda: make_service(customer, olga, "Möwe", invite=None).state,
        lambda: make_service(customer, olga, "MO\u0308WE", invite=None).state,
        expected=IntegrityError,
    )

    assert sorted(map(str, answers)) == sorted(["pending", str(IntegrityError)])
    assert Service.objects.count() == AppRegistration.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_wishes_to_validate_at_once_are_one_validation(connected, olga):
    actor = actor_for(olga)
    mine, yours = Service.objects.get(pk=connected.pk), Service.objects.get(pk=connected.pk)

    answers = at_once(lambda: mine.validate_again(actor).pk, lambda: yours.validate_again(actor).pk)

    assert answers == [Validation.objects.get().pk] * 2


def test_nothing_connected_is_nothing_to_validate(service, olga):
    with pytest.raises(ValueError, match="nothing is connected"):
        service.validate_again(actor_for(olga))


def status_after(service, olga, *outcomes):
    service.activate(actor_for(olga))
    for outcome in outcomes:
        ended(service, olga, outcome)
    return Service.objects.with_connection().get(pk=service.pk).status


def test_a_pending_service_waits_and_then_is_ready(service):
    assert service.status == ("Pending", "Waiting", "")

    assert connect(service).status == ("Pending", "Ready", "")


@pytest.mark.parametrize(
    ("ends_in", "status"),
    [
        (None, ("Deployed", "Warning", "expiry unknown")),
        (61, ("Deployed", "OK", "")),
        (60, ("Deployed", "Warning", "secret ends soon")),
        (0, ("Deployed", "Warning", "secret ends soon")),
        (-1, ("Deployed", "Error", "secret expired")),
    ],
)
def test_the_days_left_decide_the_status_of_a_working_service(service, olga, ends_in, status):
    connect(service, not_after=None if ends_in is None else in_days(ends_in))

    assert status_after(service, olga, signed_in()) == status


def test_a_refused_sign_in_is_an_error_and_stays_one_while_microsoft_cannot_be_reached(service, olga):
    connect(service, not_after=in_days(200))
    outage = refused(causes.UNREACHABLE)
    outage.undecided = True

    status = status_after(service, olga, refused(), outage)

    assert status == ("Deployed", "Error", causes.WRONG_SECRET.operator)
    assert [v.verdict for v in Validation.objects.order_by("created_at")] == ["invalid", "undecided"]


def test_what_needs_attention_agrees_with_the_status(customer, olga):
    actor, broken = actor_for(olga), refused()
    for name, ends_in, outcome in [
        ("fine", 200, signed_in()),
        ("soon", 60, signed_in()),
        ("sooner", 0, signed_in()),
        ("over", -1, signed_in()),
        ("refused", 30, broken),
        ("unread", None, signed_in()),
    ]:
        service = connect(
            make_service(customer, olga, name), in_days(ends_in) if ends_in is not None else None
        )
        service.activate(actor)
        ended(service, olga, outcome)
    connect(make_service(customer, olga, "waits-for-us"))
    make_service(customer, olga, "waits")
    AppRegistration.objects.filter(pk=Service.objects.get(short_name="fine").app_registration_id).update(
        checked_at=now() - timedelta(hours=36)
    )

    found = {
        kind: {service.short_name for service in getattr(Service.objects, kind)()}
        for kind in ("broken", "ending", "unchecked", "ready", "undelivered")
    }

    assert found == {
        "broken": {"over", "refused"},
        "ending": {"soon", "sooner"},
        "unchecked": {"fine"},
        "ready": {"waits-for-us"},
        "undelivered": set(),
    }
    assert Service.objects.all().attention_counts() == {
        "living": 8, "broken": 2, "held": 0, "ending": 2, "ready": 1, "locked": 0, "undelivered": 0,
        "unchecked": 1,
    }  # fmt: skip


def test_a_customer_counts_its_living_services(service, customer, olga):
    make_service(customer, olga, "second").delete_pending(actor_for(olga))

    counted = Customer.objects.all().with_service_counts().get(pk=customer.pk)

    assert counted.service_count == 1


def test_a_service_deleted_meanwhile_is_not_invited_again(olga, service):
    seen_before = Service.objects.get(pk=service.pk)
    service.delete_pending(actor_for(olga))

    assert not seen_before.invite_again("ruth@brightwater.example", actor_for(olga))

    service.invitation.refresh_from_db()
    assert (service.invitation.state, OutboxMail.objects.count()) == ("revoked", 1)
    assert seen_before.state == "deleted"


def test_a_first_invitation_sent_by_two_operators_is_one_with_a_new_link(olga, customer):
    service = make_service(customer, olga, "direct", invite=None)
    seen_before = Service.objects.get(pk=service.pk)
    service.invite_again("ida@brightwater.example", actor_for(olga))

    assert seen_before.invite_again("ruth@brightwater.example", actor_for(olga))

    assert [(one.email, one.version) for one in Invitation.objects.all()] == [("ruth@brightwater.example", 2)]


def test_an_invitation_leaves_a_recorded_contact_alone(olga, customer):
    service = make_service(customer, olga, "direct", invite=None, m365_contact="ruth@brightwater.example")

    service.invite_again("ida@brightwater.example", actor_for(olga))

    assert (service.invitation.email, service.m365_contact) == (
        "ida@brightwater.example",
        "ruth@brightwater.example",
    )


def test_a_resent_invitation_says_what_the_service_is_called_by_now(service, olga):
    service.full_name = "Brightwater Dental, Leeds"
    service.save()
    service.invite_again(service.invitation.email, actor_for(olga))

    service.invitation.refresh_from_db()
    assert service.invitation.service_name == "Brightwater Dental, Leeds"


def test_names_are_kept_in_one_form_however_they_were_typed(customer, olga):
    customer.name = "Mo\u0308we"
    customer.save()
    service = make_service(customer, olga, "moewe", full_name="Mo\u0308we fleet")

    assert (customer.name, service.full_name) == ("M\u00f6we", "M\u00f6we fleet")
