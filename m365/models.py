"""App registrations, their credentials, and each live validation with what Microsoft said."""

from typing import Any, Self

from django.db import models
from django.db.models.functions import Now

from m365 import causes
from m365.causes import Cause
from m365.clouds import Cloud
from m365.matching import KnownCredential
from portal.core.actors import ActedRow
from portal.core.clock import days_until
from portal.core.leases import Leased, LeasedQuerySet
from portal.core.sealing import SealedField, seal_into
from portal.core.secrets import Secret
from portal.core.tenancy import Row, Scoped, ScopedQuerySet


class AppRegistrationQuerySet(ScopedQuerySet["AppRegistration"]):
    pass


class AppRegistration(Row, Scoped):
    """The connection of one service to one tenant; there, unconnected, from the moment the service is pending."""

    owner = models.UUIDField()  # the customer's; this app does not know what a customer is
    cloud = models.CharField(max_length=10, choices=Cloud.choices, default=Cloud.WORLDWIDE)
    tenant_id = models.UUIDField(null=True, blank=True)
    client_id = models.UUIDField(null=True, blank=True)
    expected_tenant_id = models.UUIDField(null=True, blank=True)
    monitored = models.BooleanField(default=False)
    active_credential = models.ForeignKey("Credential", on_delete=models.PROTECT, null=True, related_name="+")
    last_validation = models.ForeignKey("Validation", on_delete=models.PROTECT, null=True, related_name="+")
    authenticated_at = models.DateTimeField(null=True)
    # As Microsoft 365 gave them at the last successful reading.
    tenant_name = models.CharField(max_length=256, blank=True)
    app_name = models.CharField(max_length=256, blank=True)
    domains = models.JSONField(default=list)  # [{"name", "initial", "default"}]
    domains_read_at = models.DateTimeField(null=True)
    roles = models.JSONField(default=list)

    objects = AppRegistrationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"app registration {self.id}"

    @property
    def default_domain(self) -> str:
        return next((domain["name"] for domain in self.domains if domain["default"]), "")

    @property
    def initial_domain(self) -> str:
        return next((domain["name"] for domain in self.domains if domain["initial"]), "")

    def swap(self, candidate: "Credential", validation: "Validation") -> bool:
        """Make the validated candidate the credential in use; False when another one was swapped in meanwhile."""
        mine = AppRegistration.objects.filter(pk=self.pk, active_credential=validation.replaces)
        swapped = mine.update(
            active_credential=candidate,
            cloud=validation.cloud,
            tenant_id=validation.tenant_id,
            client_id=validation.client_id,
            authenticated_at=Now(),
        )
        if not swapped:
            return False
        if validation.replaces:
            validation.replaces.wipe(Credential.State.RETIRED)
        candidate.state = Credential.State.ACTIVE
        candidate.save(update_fields=["state"])
        self.refresh_from_db()
        return True


class Credential(Row):
    """A client secret, sealed; what is known of it in the tenant, and until when it is good."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", "being validated"
        ACTIVE = "active", "in use"
        RETIRED = "retired", "replaced"
        REJECTED = "rejected", "not accepted"

    class Expiry(models.TextChoices):
        UNKNOWN = "unknown", "unknown"
        KNOWN = "known", "read from the tenant"
        AMBIGUOUS = "ambiguous", "several credentials match"

    registration = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="credentials")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    sealed_secret = SealedField()
    hint = models.CharField(max_length=3)  # its first three characters, as Entra keeps them
    key_id = models.UUIDField(null=True)  # "Secret ID" in Entra
    display_name = models.CharField(max_length=256, blank=True)
    not_after = models.DateTimeField(null=True)
    expiry = models.CharField(max_length=10, choices=Expiry.choices, default=Expiry.UNKNOWN)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["candidate", "active"]) | models.Q(sealed_secret=None),
                name="only_usable_credentials_hold_a_secret",
            )
        ]

    @classmethod
    def sealed(cls, registration: AppRegistration, secret: Secret) -> Self:
        """A new candidate, stored."""
        candidate = cls(registration=registration, hint=secret.reveal()[:3])
        seal_into(candidate, "sealed_secret", secret)
        candidate.save()
        return candidate

    def wipe(self, state: "Credential.State") -> None:
        """Retire or reject it; its secret is gone for good."""
        self.state, self.sealed_secret = state, None
        self.save(update_fields=["state", "sealed_secret"])

    def learn(self, matches: list[KnownCredential]) -> None:
        """Keep what the tenant says of it: one match is the answer, several are nobody's guess."""
        self.expiry, self.key_id, self.not_after, self.display_name = self.Expiry.UNKNOWN, None, None, ""
        if len(matches) == 1:
            known = matches[0]
            self.expiry, self.key_id, self.not_after = self.Expiry.KNOWN, known.key_id, known.ends
            self.display_name = known.name
        elif matches:
            self.expiry = self.Expiry.AMBIGUOUS
        self.save(update_fields=["expiry", "key_id", "not_after", "display_name"])

    @property
    def days_left(self) -> int | None:
        """Days until it expires, rounded down; 0 is less than 24 h, below 0 it has expired; None: unknown."""
        return None if self.not_after is None else days_until(self.not_after)


class ValidationQuerySet(LeasedQuerySet["Validation"]):
    pass


class Validation(Row, Scoped, Leased, ActedRow):
    """One live sign-in and what Graph said: asked for by a page, done by a worker, kept as history."""

    class Verdict(models.TextChoices):
        RUNNING = "running", "running"
        VALID = "valid", "valid"
        FINDINGS = "findings", "valid, with findings"
        INVALID = "invalid", "not valid"
        UNDECIDED = "undecided", "Microsoft could not be reached"

    registration = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="validations")
    purpose = models.CharField(max_length=20)
    # For the app that asked: its invitation, for example, and which version of it was answered.
    subject = models.UUIDField(null=True)
    subject_version = models.PositiveIntegerField(default=0)
    cloud = models.CharField(max_length=10, choices=Cloud.choices)
    tenant_id = models.UUIDField()
    client_id = models.UUIDField()
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.RUNNING)
    cause_name = models.CharField(max_length=40, blank=True)
    findings = models.JSONField(default=list)  # [{"cause", "permission"}]
    steps = models.JSONField(default=list)  # [{"name", "state", "ms", "note"}]
    trace_id = models.CharField(max_length=60, blank=True)
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)

    objects = ValidationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["registration", "-created_at"], name="validation_history"),
            models.Index(
                fields=["-priority", "next_try_at"],
                name="validation_waiting",
                condition=models.Q(next_try_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"validation {self.id}"

    @property
    def running(self) -> bool:
        return self.verdict == self.Verdict.RUNNING

    @property
    def signed_in(self) -> bool:
        return self.verdict in (self.Verdict.VALID, self.Verdict.FINDINGS)

    @property
    def cause(self) -> Cause | None:
        return causes.CATALOGUE.get(self.cause_name)

    @property
    def explained_findings(self) -> list[dict[str, Any]]:
        return [{**finding, "cause": causes.CATALOGUE[finding["cause"]]} for finding in self.findings]
