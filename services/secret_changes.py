"""Which client secrets were put in use for a connection: when, by whom, on which way, and until when each is good."""

from dataclasses import dataclass
from datetime import datetime

from invitations.models import Purpose as Asking
from m365 import rotation
from m365.models import AppRegistration, Credential, Validation
from services.models import Purpose

# On which way a secret came, by the purpose of the validation that put it in use.
WAYS: dict[str, str] = {
    Asking.ACTIVATE: "connected with the mailed link",
    Asking.RECONNECT: "connected once more with the mailed link",
    Asking.RENEW: "renewed with the mailed link",
    Purpose.KNOWN: "entered in the Onboarding wizard",
    Purpose.NEW_SECRET: "set on this page",
    rotation.PURPOSE: "renewed by the portal itself",
}


@dataclass(frozen=True)
class SecretChange:
    validation: Validation  # the one that put it in use

    @property
    def credential(self) -> Credential:
        return self.validation.credential

    @property
    def at(self) -> datetime:
        return self.validation.finished_at or self.validation.created_at

    @property
    def by(self) -> str:
        return self.validation.actor_label

    @property
    def way(self) -> str:
        return WAYS.get(self.validation.purpose, "")


def changes(registration: AppRegistration) -> list[SecretChange]:
    """All of them, newest first; one query."""
    used = registration.validations.filter(
        credential__state__in=[Credential.State.ACTIVE, Credential.State.RETIRED],
        verdict__in=[Validation.Verdict.VALID, Validation.Verdict.FINDINGS],
    )
    first = used.order_by("credential", "created_at").distinct("credential").select_related("credential")
    return sorted(map(SecretChange, first), key=lambda change: change.at, reverse=True)


def latest_change(registration: AppRegistration) -> SecretChange | None:
    return next(iter(changes(registration)), None)
