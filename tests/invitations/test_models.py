from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from invitations.models import Invitation, Purpose
from invitations.receivers import accept
from m365.models import Credential, Validation
from portal.core.actors import PORTAL, Actor, ActorKind
from portal.core.clock import now
from portal.core.journal import JournalEntry
from portal.core.outbox import MailState, OutboxMail
from portal.core.secrets import Secret
from portal.core.tasks import drain_mail
from tests.concurrency import at_once
from tests.conftest import IDA, actor_for

LINK_HOLDER = Actor(ActorKind.LINK_HOLDER, f"holder of the link sent to {IDA}", None, "198.51.100.7")


def submit(invitation, actor=LINK_HOLDER):
    return invitation.submit(actor, tenant_id=uuid4(), client_id=uuid4(), secret=Secret("a made-up secret"))


def verbs(invitation):
    return list(
        JournalEntry.objects.filter(about__contains=[invitation.uuid])
        .values_list("verb", flat=True)
        .order_by("created_at")
    )


def test_sending_makes_an_open_invitation_and_queues_one_mail(invitation, olga, settings):
    mail = OutboxMail.objects.get(object_id=invitation.uuid)

    assert (invitation.state, invitation.version, invitation.invited_by, invitation.sent_count) == (
        "open",
        1,
        olga,
        0,
    )
    assert abs(invitation.expires_at - now() - settings.INVITATION_LIFETIME) < timedelta(minutes=1)
    assert (mail.kind, mail.recipient, mail.state) == ("invitation.activation", IDA, MailState.QUEUED)
    assert verbs(invitation) == ["invitation.sent"]


def test_only_an_operator_invites(service):
    with pytest.raises(ValueError, match="operator"):
        Invitation.send(service.app_registration, IDA, PORTAL, customer_name="A", service_name="B")


def test_resending_raises_the_version_renews_the_life_and_may_correct_the_address(invitation, olga):
    Invitation.objects.update(expires_at=now() - timedelta(days=1))
    old_link = invitation.link

    renewed = invitation.resend("right@brightwater.example", actor_for(olga))

    assert (renewed, invitation.version, invitation.email, invitation.state) == (
        True,
        2,
        "right@brightwater.example",
        "open",
    )
    assert invitation.link != old_link
    assert [mail.recipient for mail in OutboxMail.objects.about(invitation.uuid)] == [
        "right@brightwater.example",
        IDA,
    ]
    assert verbs(invitation) == ["invitation.sent", "invitation.resent"]


def test_resending_brings_a_revoked_invitation_back(invitation, olga):
    invitation.revoke(actor_for(olga))

    assert (invitation.resend(IDA, actor_for(olga)), invitation.state, invitation.version) == (
        True,
        "open",
        3,
    )


def test_an_answered_invitation_is_neither_resent_nor_revoked(connected, olga):
    invitation = connected.invitation
    actor = actor_for(olga)

    assert (invitation.resend(IDA, actor), invitation.revoke(actor), invitation.version) == (False, False, 1)


def test_revoking_kills_the_link_once(invitation, olga):
    actor = actor_for(olga)

    assert [invitation.revoke(actor), invitation.revoke(actor)] == [True, False]
    assert (invitation.state, invitation.version) == ("revoked", 2)
    assert verbs(invitation) == ["invitation.sent", "invitation.revoked"]


def test_an_invitation_expires_by_time_alone(invitation):
    invitation.expires_at = now() - timedelta(seconds=1)
    invitation.save()

    assert (invitation.state, Invitation.objects.open().exists()) == ("expired", False)


def test_handing_out_the_link_is_recorded(invitation, olga):
    assert invitation.hand_out_link(actor_for(olga)) == invitation.link
    assert verbs(invitation) == ["invitation.sent", "invitation.link_copied"]


def test_a_submission_stores_the_secret_sealed_and_changes_nothing_yet(invitation):
    validation, new = submit(invitation)

    assert (new, validation.running, validation.subject, validation.purpose) == (
        True,
        True,
        invitation.uuid,
        Purpose.ACTIVATE,
    )
    assert (validation.actor_kind, validation.actor_label) == (LINK_HOLDER.kind, LINK_HOLDER.label)
    assert "a made-up secret" not in validation.credential.sealed_secret
    invitation.refresh_from_db()
    assert (invitation.state, invitation.app_registration.active_credential) == ("open", None)


@pytest.mark.parametrize("death", ["revoked", "expired", "resent"])
def test_a_dead_invitation_takes_no_submission(invitation, olga, death):
    stale = Invitation.objects.get()
    if death == "revoked":
        invitation.revoke(actor_for(olga))
    elif death == "resent":
        invitation.resend(IDA, actor_for(olga))
    else:
        Invitation.objects.update(expires_at=now())

    assert (submit(stale), Validation.objects.count(), Credential.objects.count()) == (None, 0, 0)


def test_an_accepted_validation_authenticates_and_tells_both_sides(invitation, mailbox):
    validation, _new = submit(invitation)

    accepted = accept(validation)
    drain_mail()

    invitation.refresh_from_db()
    assert (accepted, invitation.state, invitation.authenticated_by) == (
        True,
        "authenticated",
        LINK_HOLDER.label,
    )
    assert [(mail.to, mail.subject) for mail in mailbox] == [
        ([IDA], "Receipt: Brightwater Dental Group is connected to Nordhafen Voice"),
        (["olga@nordhafen.example"], "Brightwater Dental Group has connected Brightwater Dental, London"),
    ]


def test_an_authenticated_invitation_is_completed_once(connected):
    invitation = connected.invitation

    assert [invitation.complete(), invitation.complete()] == [True, False]


def test_an_open_invitation_cannot_be_completed(invitation):
    assert invitation.complete() is False


@pytest.mark.django_db(transaction=True)
def test_submissions_at_the_same_moment_make_one_validation(invitation):
    answers = at_once(*[lambda: submit(Invitation.objects.get(pk=invitation.pk))] * 6)

    assert len({validation.pk for validation, _new in answers}) == 1
    assert sorted(new for _validation, new in answers) == [False] * 5 + [True]
    assert (Validation.objects.count(), Credential.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_the_same_moment_one_authenticates(invitation):
    validation, _new = submit(invitation)

    answers = at_once(*[lambda: Invitation.objects.get(pk=invitation.pk).authenticate(validation)] * 8)

    assert sorted(answers) == [False] * 7 + [True]
    assert OutboxMail.objects.filter(kind="invitation.receipt").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_an_invitation_is_never_both_revoked_and_authenticated(invitation, olga, attempt):
    validation, _new = submit(invitation)

    def revoke():
        return Invitation.objects.get(pk=invitation.pk).revoke(actor_for(olga))

    @transaction.atomic  # as the settling transaction calls it
    def settle():
        return accept(Validation.objects.get(pk=validation.pk))

    revoked_or_accepted = at_once(revoke, settle, revoke, settle)

    invitation.refresh_from_db()
    assert sorted(revoked_or_accepted) == [False, False, False, True]
    assert (invitation.revoked_at is None) != (invitation.authenticated_at is None)


def test_an_answer_to_a_link_that_was_replaced_meanwhile_comes_too_late(invitation, olga):
    validation, _new = submit(invitation)
    invitation.resend("somebody.else@brightwater.example", actor_for(olga))

    with transaction.atomic():
        assert accept(validation) is False
    assert Invitation.objects.get().authenticated_at is None
