"""Credentials: sealed client secrets, and what the tenant says of each."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from m365.matching import KnownCredential
from portal.core.clock import days_until
from portal.core.sealing import SealedField, seal_into
from portal.core.secrets import Secret
from portal.core.tenancy import Row

if TYPE_CHECKING:
    from m365.models.registrations import AppRegistration


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

    registration = models.ForeignKey("AppRegistration", on_delete=models.CASCADE, related_name="credentials")
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever writes an end, lists find it: the registration keeps that of the credential in use."""
        from m365.models.registrations import END_UNKNOWN, AppRegistration

        super().save(*args, **kwargs)
        if "not_after" in (kwargs.get("update_fields") or ["not_after"]):
            using_it = AppRegistration.objects.filter(pk=self.registration_id, active_credential=self)
            using_it.update(secret_ends_at=self.not_after or END_UNKNOWN)

    @classmethod
    def sealed(cls, registration: "AppRegistration", secret: Secret) -> Self:
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
