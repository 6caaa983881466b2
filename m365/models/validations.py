"""Validations: each live sign-in with what Microsoft said."""

from typing import Any

from django.db import models

from m365 import causes
from m365.causes import Cause
from m365.clouds import Cloud
from m365.models.credentials import Credential
from m365.models.registrations import AppRegistration
from m365.reading import Reading
from portal.core.actors import ActedRow
from portal.core.leases import Leased, LeasedQuerySet, waiting_index
from portal.core.tenancy import Row, Scoped


class ValidationQuerySet(LeasedQuerySet["Validation"]):
    pass


class Validation(Row, Scoped, Leased, ActedRow):
    """One live sign-in and what Graph said: asked for by a page, done by a worker, kept as history."""

    class Verdict(models.TextChoices):
        RUNNING = "running", "running"
        VALID = "valid", "valid"
        FINDINGS = "findings", "valid, with findings"
        HELD = "held", "tenant to be confirmed"
        INVALID = "invalid", "not valid"
        UNDECIDED = "undecided", "Microsoft could not be reached"

    registration = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="validations")
    purpose = models.CharField(max_length=20)
    # For the app that asked: its invitation, for example, and which version of it was answered.
    subject = models.UUIDField(null=True)
    subject_version = models.PositiveIntegerField(default=0)
    cloud = models.CharField(max_length=10, choices=Cloud.choices)
    # The ID as it was entered, or as discovery gave it for the domain that was.
    tenant_id = models.UUIDField(null=True)
    tenant_domain = models.CharField(max_length=253, blank=True, db_default="")
    client_id = models.UUIDField()
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.RUNNING)
    cause_name = models.CharField(max_length=40, blank=True)
    findings = models.JSONField(default=list)  # [{"cause", "permission"}]
    # Why it was held, as names of causes; what was read of the tenant, until it is decided.
    held_for = models.JSONField(null=True)
    gathered = models.JSONField(null=True)
    steps = models.JSONField(default=list)  # [{"name", "state", "ms", "note"}]
    trace_id = models.CharField(max_length=60, blank=True)
    # How often a rejected secret was tried once more, since it may only be too new (`too_new`).
    late_tries = models.PositiveSmallIntegerField(db_default=0, default=0)
    # How often Microsoft gave no answer; a try whose worker died is none.
    unanswered = models.PositiveSmallIntegerField(db_default=0, default=0)
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)

    objects = ValidationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["registration", "-created_at"], name="validation_history"),
            models.Index(fields=["-finished_at"], name="validation_finished"),
            waiting_index("validation_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(tenant_id__isnull=False) | ~models.Q(tenant_domain=""),
                name="a_validation_has_a_tenant",
            )
        ]

    def __str__(self) -> str:
        return f"validation {self.id}"

    @property
    def tenant_entered(self) -> str:
        """As it was typed: a domain, or the ID."""
        return self.tenant_domain or str(self.tenant_id)

    @property
    def running(self) -> bool:
        return self.verdict == self.Verdict.RUNNING

    @property
    def watching(self) -> bool:
        """Whether a rejected secret is still tried again, because it may only be too new."""
        return self.verdict == self.Verdict.INVALID and self.next_try_at is not None

    @property
    def awaits_decision(self) -> bool:
        """Whether it signed in to a tenant that an operator must confirm."""
        return self.verdict == self.Verdict.HELD

    @property
    def signed_in(self) -> bool:
        """Whether it signed in, and its credential was or is in use."""
        return self.verdict in (self.Verdict.VALID, self.Verdict.FINDINGS)

    @property
    def cause(self) -> Cause | None:
        return causes.CATALOGUE.get(self.cause_name)

    @property
    def reasons(self) -> list[Cause]:
        """Why its tenant had or has to be confirmed."""
        return [causes.CATALOGUE[name] for name in self.held_for or []]

    @property
    def reading(self) -> Reading:
        """What was read of the tenant, while it is held."""
        return Reading.load(self.gathered or {})

    def hold(self, reasons: list[Cause], read: Reading) -> None:
        """Signed in, but an operator must confirm the tenant: keep why, and what was read of it."""
        self.verdict, self.cause_name = self.Verdict.HELD, reasons[0].name
        self.held_for, self.gathered = [cause.name for cause in reasons], read.dump()
        self._mark_tenant("warn", "to be confirmed by the provider")
        self.save(update_fields=["verdict", "cause_name", "held_for", "gathered", "steps"])

    def release(self) -> None:
        """The tenant is confirmed: as if it had just signed in."""
        self.verdict = self.Verdict.FINDINGS if self.findings else self.Verdict.VALID
        self.cause_name, self.gathered = causes.OK.name, None
        self._mark_tenant("ok", "confirmed by the provider")
        self.save(update_fields=["verdict", "cause_name", "gathered", "steps"])

    def _mark_tenant(self, state: str, note: str) -> None:
        mark = {"state": state, "note": note}
        self.steps = [{**step, **mark} if step["name"] == "tenant" else step for step in self.steps]

    def fail(self, cause: Cause) -> None:
        """Signed in, but not to be used: forget what was read, wipe the candidate."""
        self.verdict, self.cause_name, self.gathered = self.Verdict.INVALID, cause.name, None
        self.save(update_fields=["verdict", "cause_name", "gathered"])
        self.credential.wipe(Credential.State.REJECTED)

    @property
    def explained_findings(self) -> list[dict[str, Any]]:
        return [{**finding, "cause": causes.CATALOGUE[finding["cause"]]} for finding in self.findings]

    @property
    def remarks(self) -> list[dict[str, Any]]:
        """What is worth saying beside a rejected secret; what one found that signed in and was not used is not."""
        return self.explained_findings if self.cause is causes.WRONG_SECRET else []
