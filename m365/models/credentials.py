"""Credentials: sealed client secrets, and what the tenant says of each."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models, transaction

from m365.matching import KnownCredential
from portal.core import journal
from portal.core.actors import Actor
from portal.core.clock import days_until, now
from portal.core.sealing import SealedField, seal_into
from portal.core.secrets import Secret
from portal.core.tenancy import Row

if TYPE_CHECKING:
    from m365.models.registrations import AppRegistration

# A leap year, so that twelve months are never called long.
LONG_LIFE = timedelta(days=366)


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
        CHOSEN = "chosen", "chosen by a person among several"
        TYPED = "typed", "typed by a person"

    registration = models.ForeignKey("AppRegistration", on_delete=models.CASCADE, related_name="credentials")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    sealed_secret = SealedField()
    hint = models.CharField(max_length=3)  # its first three characters, as Entra keeps them
    key_id = models.UUIDField(null=True)  # "Secret ID" in Entra
    display_name = models.CharField(max_length=256, blank=True)
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    expiry = models.CharField(max_length=10, choices=Expiry.choices, default=Expiry.UNKNOWN)
    # The tenant's credentials that may all be this one, as KnownCredential.dump writes them; None: not several.
    alike = models.JSONField(null=True)
    # Who chose among them, or typed the end, and when; empty unless `expiry` says so.
    expiry_by = models.CharField(max_length=400, blank=True, db_default="")
    expiry_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["candidate", "active"]) | models.Q(sealed_secret=None),
                name="only_usable_credentials_hold_a_secret",
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever writes an end, lists find it: the registration keeps the earliest one of the credential in use."""
        from m365.models.registrations import END_UNKNOWN, AppRegistration

        super().save(*args, **kwargs)
        if "not_after" in (kwargs.get("update_fields") or ["not_after"]):
            using_it = AppRegistration.objects.filter(pk=self.registration_id, active_credential=self)
            using_it.update(secret_ends_at=self.earliest_end or END_UNKNOWN)

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
        """Keep what the tenant says of it, with its registration locked.

        One match is the answer. Of several it is the one that it was known or chosen to be before; else nobody
        guesses. A date that a person typed stays until the tenant gives the answer.
        """
        if self._says_nothing_new(matches):
            return
        self.refresh_from_db()  # a person may have told meanwhile
        known = self._told()
        several = len(matches) > 1
        self.alike = [match.dump() for match in matches] if several else None
        told = next((match for match in matches if not several or match.key_id == self.key_id), None)
        if told:
            chosen = several and self.expiry == self.Expiry.CHOSEN
            self._is(told, self.Expiry.CHOSEN if chosen else self.Expiry.KNOWN)
            if not chosen:
                self.expiry_by, self.expiry_told_at = "", None
        elif self.expiry != self.Expiry.TYPED:
            self._forget()
            self.expiry = self.Expiry.AMBIGUOUS if several else self.Expiry.UNKNOWN
        if self._told() != known:
            self._keep_end()

    def _says_nothing_new(self, matches: list[KnownCredential]) -> bool:
        """Night after night the tenant says what it said before, and what it said no person may change."""
        said = [(match.key_id, match.name, match.starts, match.ends) for match in matches]
        known = (self.key_id, self.display_name, self.not_before, self.not_after)
        return self.expiry == self.Expiry.KNOWN and said == [known]

    def came_as(self, known: KnownCredential) -> None:
        """The tenant itself made it and said so: nothing is to be looked up."""
        self._is(known, self.Expiry.KNOWN)
        self._keep_end()

    @transaction.atomic
    def choose(self, key_id: UUID, actor: Actor) -> bool:
        """A person says which of the tenant's credentials this one is; False when it is none of them any more."""
        self._lock()
        chosen = next((known for known in self.candidates if known.key_id == key_id), None)
        if self.state != self.State.ACTIVE or self.expiry == self.Expiry.KNOWN or chosen is None:
            return False
        if self.key_id == key_id:
            return True  # sent twice
        self._is(chosen, self.Expiry.CHOSEN)
        return self._told_by(actor, "m365.secret_chosen", key_id=key_id)

    @transaction.atomic
    def type_end(self, ends: datetime, actor: Actor) -> bool:
        """A person says when it ends; False when the tenant told so meanwhile, or when it is not in use any more."""
        self._lock()
        if self.state != self.State.ACTIVE or self.expiry == self.Expiry.KNOWN:
            return False
        if (self.not_after, self.expiry) == (ends, self.Expiry.TYPED):
            return True  # sent twice
        self._forget()
        self.not_after, self.expiry = ends, self.Expiry.TYPED
        return self._told_by(actor, "m365.secret_end_typed", not_after=ends)

    _TOLD = (
        "alike", "display_name", "expiry", "expiry_by", "expiry_told_at", "key_id", "not_after", "not_before",
    )  # fmt: skip

    def _told(self) -> list[Any]:
        return [getattr(self, name) for name in self._TOLD]

    def _lock(self) -> None:
        """As a settling validation does, so that neither overwrites what the other was told."""
        type(self.registration).objects.lock(self.registration_id)
        self.refresh_from_db()

    def _forget(self) -> None:
        self.key_id = self.not_before = self.not_after = None
        self.display_name = self.expiry_by = ""
        self.expiry_told_at = None

    def _is(self, known: KnownCredential, how: Expiry) -> None:
        self.key_id, self.display_name, self.expiry = known.key_id, known.name, how
        self.not_before, self.not_after = known.starts, known.ends

    def _keep_end(self) -> None:
        """The one place where what is known of its end is stored, whoever told."""
        self.save(update_fields=self._TOLD)

    def _told_by(self, actor: Actor, verb: str, **values: Any) -> bool:
        self.expiry_by, self.expiry_told_at = actor.label, now()
        self._keep_end()
        journal.write(actor, verb, [self.registration, self], **values)
        return True

    @property
    def candidates(self) -> list[KnownCredential]:
        """Those of the tenant's credentials that may all be this one, the first to end first."""
        known = [KnownCredential.load(kept) for kept in self.alike or []]
        return sorted(known, key=lambda one: one.ends)

    @property
    def earliest_end(self) -> datetime | None:
        """When to be ready for: its end, or the first one of those that it may have."""
        return self.not_after or next((known.ends for known in self.candidates), None)

    @property
    def may_be_told(self) -> bool:
        """Whether a person may say when it ends, because the tenant does not."""
        return self.state == self.State.ACTIVE and self.expiry != self.Expiry.KNOWN

    @property
    def lives_long(self) -> bool:
        """Whether it was made for more than a year; Microsoft recommends less than 12 months."""
        began = self.not_before or self.created_at
        return self.not_after is not None and self.not_after - began > LONG_LIFE

    @property
    def days_left(self) -> int | None:
        """Days until it expires, rounded down; 0 is less than 24 h, below 0 it has expired; None: unknown."""
        return None if self.not_after is None else days_until(self.not_after)
