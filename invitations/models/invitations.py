"""Invitations: a mailed request to one address to connect one app registration."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Q

from invitations import news
from invitations.models.mailed import RECEIPT, REMINDER, Mailed
from invitations.models.purposes import RENEWAL_LIFETIME, Purpose
from invitations.models.standing import MOST_REFUSALS, Standing, StandingQuerySet, new_life
from m365 import validations
from m365.models import AppRegistration, Credential, Validation
from portal.core import journal, outbox
from portal.core.actors import PORTAL, Actor
from portal.core.clock import now
from portal.core.secrets import Secret
from portal.core.tenancy import Operator, Scoped


class InvitationQuerySet(StandingQuerySet["Invitation"]):
    pass


class Invitation(Mailed, Standing, Scoped):
    id = models.BigAutoField(primary_key=True)  # the number that people read out on the telephone
    app_registration = models.ForeignKey(AppRegistration, on_delete=models.PROTECT, related_name="+")
    # Of a renewal: the credential, its end as it was known then, and how many days before that it was asked for.
    renews = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, related_name="+")
    renews_end = models.DateTimeField(null=True)
    threshold = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    authenticated_by = models.CharField(max_length=400, blank=True)
    invited_by = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    # What mail and pages say of the service, given when the invitation is made: no service is known here.
    customer_name = models.CharField(max_length=200)
    service_name = models.CharField(max_length=200)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["remind_at"],
                name="invitation_reminders",
                condition=Q(remind_at__isnull=False, authenticated_at=None, revoked_at=None),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["app_registration"],
                condition=Q(authenticated_at=None, revoked_at=None),
                name="one_unanswered_invitation",
                violation_error_message="There is an invitation for this already.",
            ),
            models.CheckConstraint(
                condition=Q(purpose=Purpose.RENEW, renews__isnull=False, threshold__isnull=False)
                | (~Q(purpose=Purpose.RENEW) & Q(renews=None, threshold=None)),
                name="renewals_name_the_credential",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.id}"

    @classmethod
    @transaction.atomic
    def send(
        cls,
        registration: AppRegistration,
        email: str,
        actor: Actor,
        *,
        customer_name: str,
        service_name: str,
        purpose: Purpose = Purpose.ACTIVATE,
    ) -> "Invitation":
        """Make the invitation and queue its mail. Raises ValueError for an actor who is no operator."""
        if actor.operator is None:
            raise ValueError("an operator invites")
        return cls.issue(
            registration,
            email,
            actor,
            purpose=purpose,
            invited_by=actor.operator,
            customer_name=customer_name,
            service_name=service_name,
            **new_life(),
        )

    @classmethod
    def issue(cls, registration: AppRegistration, email: str, actor: Actor, **values: Any) -> "Invitation":
        """Store it with these values, and queue its mail, in the caller's transaction."""
        of = {"channel_id": registration.channel_id, "app_registration": registration}
        invitation = cls.objects.create(**of, email=email, **values)
        invitation._post(actor)
        journal.write(actor, "invitation.sent", [invitation, registration], email=email)
        return invitation

    @transaction.atomic
    def resend(
        self,
        email: str,
        actor: Actor,
        *,
        customer_name: str = "",
        service_name: str = "",
        ends: datetime | None = None,
        **more: Any,
    ) -> bool:
        """A new link, a new life, perhaps another address and newer names; the old link dies.

        False once it was answered, be it that the answer is held.
        """
        if self.asks_for is Purpose.RENEW:
            ends = ends or now() + RENEWAL_LIFETIME
        mine = Invitation.objects.unanswered().filter(pk=self.pk)
        renewed = mine.update(
            version=F("version") + 1,
            email=email,
            customer_name=customer_name or self.customer_name,
            service_name=service_name or self.service_name,
            **new_life(ends),
            **more,
        )
        if not renewed:
            return False
        self.refresh_from_db()
        self._post(actor)
        journal.write(actor, "invitation.resent", [self, self.app_registration], email=email)
        return True

    @transaction.atomic
    def remind(self) -> bool:
        """Queue the one reminder of this link; False when somebody did, or when it has died or was replaced."""
        mine = Invitation.objects.to_remind().filter(pk=self.pk, version=self.version)
        if not mine.update(remind_at=None):
            return False
        self.refresh_from_db()
        outbox.post(REMINDER, self.uuid, self.email, key=self.reminder_key, actor=PORTAL)
        journal.write(PORTAL, "invitation.reminded", [self, self.app_registration], email=self.email)
        return True

    @transaction.atomic
    def revoke(self, actor: Actor) -> bool:
        """Kill the link; False once it was answered, be it that the answer is held, or when it is revoked already."""
        return self._die(
            Invitation.objects.filter(revoked_at=None, held_at=None), actor, "invitation.revoked"
        )

    @transaction.atomic
    def cancel(self, actor: Actor) -> bool:
        """Kill the link, and give up an answer that is held: what was asked for is not wanted any more."""
        return self._die(Invitation.objects.filter(revoked_at=None), actor, "invitation.revoked")

    def _die(self, rows: InvitationQuerySet, actor: Actor, verb: str) -> bool:
        mine = rows.filter(pk=self.pk, authenticated_at=None)
        if not mine.update(revoked_at=now(), version=F("version") + 1):
            return False
        self.refresh_from_db()
        journal.write(actor, verb, [self, self.app_registration])
        return True

    def hand_out_link(self, actor: Actor) -> str:
        """The link for an operator to pass on; who took it is recorded."""
        journal.write(actor, "invitation.link_copied", [self, self.app_registration])
        return self.link

    @transaction.atomic
    def submit(
        self,
        actor: Actor,
        *,
        tenant_id: UUID | None,
        client_id: UUID,
        secret: Secret,
        tenant_domain: str = "",
    ) -> tuple[Validation, bool] | None:
        """Have the three values validated, one at a time: the validation, and whether it is new or ran already.

        None when the link has died meanwhile.
        """
        mine = Invitation.objects.open().filter(pk=self.pk, version=self.version)
        if mine.select_for_update().first() is None:
            return None
        of_mine = Validation.objects.filter(registration=self.app_registration_id, subject=self.uuid)
        if running := of_mine.filter(verdict=Validation.Verdict.RUNNING).first():
            return running, False
        new = validations.submit(
            self.app_registration,
            self.purpose,
            actor,
            tenant_id=tenant_id,
            tenant_domain=tenant_domain,
            client_id=client_id,
            secret=secret,
            subject=self.uuid,
            subject_version=self.version,
        )
        return new, True

    def authenticate(self, validation: Validation, confirmed_by: Actor | None = None) -> bool:
        """Claim it for a successful validation, perhaps one that was held and `confirmed_by` an operator.

        False when it lapsed, was resent meanwhile, or was answered.
        """
        rows = Invitation.objects.held() if confirmed_by else Invitation.objects.open()
        done: dict[str, Any] = {"authenticated_at": now(), "authenticated_by": validation.actor_label}
        if self.asks_for.completes:
            done["completed_at"] = now()
        if not self._claim(rows, validation, **done):
            return False
        key = f"invitation/{self.uuid}/receipt"
        outbox.post(RECEIPT, self.uuid, self.email, key=key, actor=validation.actor)
        if confirmed_by is None or confirmed_by.operator != self.invited_by:  # who confirmed it knows
            news.tell_finished(self, validation.actor)
        journal.write(validation.actor, "invitation.authenticated", [self, self.app_registration, validation])
        return True

    def hold(self, validation: Validation) -> bool:
        """Claim it for a validation whose tenant an operator must confirm; False as from `authenticate`."""
        if not self._claim(Invitation.objects.open(), validation, held_at=now()):
            return False
        news.tell_held(self, validation.actor)
        journal.write(validation.actor, "invitation.held", [self, self.app_registration, validation])
        return True

    def reject(self, validation: Validation, actor: Actor) -> bool:
        """Kill a held one, whose tenant an operator rejected; it may be resent."""
        rows = Invitation.objects.held().filter(version=validation.subject_version)
        return self._die(rows, actor, "invitation.rejected")

    def count_refusal(self, validation: Validation) -> bool:
        """Count that Entra refused what its link brought; the last refusal that it bears locks it.

        False when the link is dead or was replaced meanwhile.
        """
        alive = Invitation.objects.alive()
        if not self._claim(alive, validation, refusals=F("refusals") + 1):
            return False
        if self.refusals < MOST_REFUSALS or not self._claim(alive, validation, locked_at=now()):
            return True
        news.tell_locked(self, PORTAL)
        journal.write(validation.actor, "invitation.locked", [self, self.app_registration, validation])
        return True

    def _claim(self, rows: InvitationQuerySet, validation: Validation, **changes: Any) -> bool:
        """One UPDATE, of the link that the validation answers, while it is among the rows."""
        mine = rows.filter(pk=self.pk, version=validation.subject_version)
        if not mine.update(**changes):
            return False
        self.refresh_from_db()
        return True

    def complete(self) -> bool:
        """Close it, its service is active now."""
        ready = Invitation.objects.filter(pk=self.pk, completed_at=None).exclude(authenticated_at=None)
        return ready.update(completed_at=now()) == 1
