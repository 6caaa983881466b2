"""Pending services as two pages list them: each with its newest invitation, what became of the mail, what is next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from invitations.models import ACTIVATION, REMINDER, Invitation
from m365 import causes
from m365.models import Validation
from portal.core.mail_status import Shown, mail_shown, moment
from portal.core.outbox import OutboxMail
from portal.core.roles import Action
from portal.core.tenancy import Operator
from services.models import Service

# No new link is made for these.
ANSWERED = (Invitation.State.HELD, Invitation.State.AUTHENTICATED, Invitation.State.COMPLETED)


@dataclass(frozen=True)
class PendingRow:
    service: Service
    mail: OutboxMail | None = None
    reminder: OutboxMail | None = None  # the newest, perhaps of an older link
    may: dict[str, bool] = field(default_factory=dict)  # by Action, in the service's channel

    @property
    def invitation(self) -> Invitation | None:
        return self.service.invitation

    @property
    def open(self) -> bool:
        """Whether there is a living link."""
        return self.invitation is not None and self.invitation.state == Invitation.State.OPEN

    @property
    def alive(self) -> bool:
        """Whether there is a link to kill; an expired or locked one could be resent."""
        invitation = self.invitation
        return bool(invitation and not invitation.revoked_at and not self._answered)

    @property
    def locked(self) -> bool:
        """Whether the link is dead after too many refusals."""
        return self.invitation is not None and self.invitation.state == Invitation.State.LOCKED

    @property
    def _answered(self) -> bool:
        return self.invitation is not None and self.invitation.state in ANSWERED

    @property
    def created_at(self) -> datetime:
        return self.invitation.created_at if self.invitation else self.service.created_at

    @property
    def expires_at(self) -> datetime | None:
        """When the link dies; authenticated and held invitations do not expire."""
        return self.invitation.expires_at if self.invitation and not self._answered else None

    @property
    def device(self) -> Shown:
        """What stands under *Device Authenticated*."""
        if self.service.connected:
            return _connected(self.service)
        return _held(self.service.held) if self.service.held else self._unconnected()

    def _unconnected(self) -> Shown:
        if self.invitation is None:
            last = self.service.app_registration.last_validation
            reason = (
                last.cause.operator
                if last and last.cause and not last.signed_in
                else "validation not finished"
            )
            return Shown("err" if last else "wait", "No", reason)
        match self.invitation.state:
            case Invitation.State.EXPIRED:
                return Shown("gone", "No", "expired")
            case Invitation.State.REVOKED:
                return Shown("gone", "No", "the tenant was rejected" if self._rejected else "revoked")
            case Invitation.State.LOCKED:
                refusals = self.invitation.refusals
                return Shown("lock", "No", f"locked after {refusals} refused attempts")
        return Shown("wait", "No", f"waits for the customer{self._reminded}")

    @property
    def _rejected(self) -> bool:
        """Whether the link died because an operator did not know the tenant that it brought."""
        last = self.service.app_registration.last_validation
        return bool(
            last and last.cause is causes.TENANT_REJECTED and self.invitation and self.invitation.held_at
        )

    @property
    def _reminded(self) -> str:
        """When the reminder of the living link left, once it has."""
        mail, invitation = self.reminder, self.invitation
        if not (mail and mail.sent_at and invitation and mail.key == invitation.reminder_key):
            return ""
        return f", reminded {moment(mail.sent_at)}"

    @property
    def email_sent(self) -> Shown | None:
        """What became of the newest mail; None where none was ever asked for."""
        return mail_shown(self.mail) if self.mail else None


def _held(validation: Validation) -> Shown:
    return Shown(
        "hold", "false – confirm tenant", f"“{validation.reading.tenant_name or validation.tenant_id}”"
    )


def _connected(service: Service) -> Shown:
    registration = service.app_registration
    last, at = registration.last_validation, registration.authenticated_at
    since = moment(at) if at else ""
    if last and last.verdict == Validation.Verdict.INVALID:
        reason = last.cause.operator if last.cause else ""
        return Shown("err", "true", f"since {since}, but validated since: {reason}")
    if last and last.findings:
        missing = sum(1 for finding in last.findings if finding["permission"])
        what = f"{missing} permission{'s' if missing != 1 else ''} missing" if missing else "see details"
        return Shown("warn", "true, with findings", f"{what}, {since}")
    return Shown("ok", "true", f"Authentication Complete, {since}")


def place(invitation: Invitation) -> str:
    """Where whoever is told of an invitation goes on: what `Add` opens, the tenant to confirm, a new link to send."""
    service_id = Service.objects.values_list("pk", flat=True).get(
        app_registration=invitation.app_registration_id
    )
    created = invitation.asks_for.completes
    name = {
        Invitation.State.HELD: "held_tenant",
        Invitation.State.LOCKED: "resend_link" if created else "resend",
    }.get(invitation.state, "m365_configuration" if created else "onboarding_registration")
    return reverse(f"services:{name}", args=[service_id])


def rows(services: Iterable[Service], operator: Operator) -> list[PendingRow]:
    """The rows with their newest mails (one query for all) and what this operator may do with each."""
    found = list(services)
    ids = [service.invitation.uuid for service in found if service.invitation]
    newest = OutboxMail.objects.filter(object_id__in=ids, kind__in=[ACTIVATION, REMINDER])
    newest = newest.order_by("object_id", "kind", "-created_at").distinct("object_id", "kind")
    mails = {(mail.object_id, mail.kind): mail for mail in newest} if ids else {}
    return [
        PendingRow(
            service,
            mails.get((service.invitation.uuid, ACTIVATION)) if service.invitation else None,
            mails.get((service.invitation.uuid, REMINDER)) if service.invitation else None,
            {action.value: operator.may(action, service.channel_id) for action in Action},
        )
        for service in found
    ]
