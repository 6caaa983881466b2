"""What the M365 Configuration page says of a service's connection, read from what validations recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from invitations.models import Purpose as Asking
from m365 import causes, entra_roles, rotation
from m365.models import AppRegistration, CheckItem, ConnectionState, Credential, Rotation, Validation
from m365.permissions import APPLICATION_READ, ORGANIZATION_READ, PERMISSIONS, RENEWAL, missing_permissions
from m365.stations import no_worker_answers, stations, tries_again
from portal.core.clock import days_until
from services import secret_changes, thresholds
from services.models import Purpose, Service
from services.nights import SHAPES, why_unchecked
from services.secret_changes import SecretChange

HISTORY, NIGHTS = 10, 7
# How a verdict looks and reads to operators.
VERDICTS: dict[str, tuple[str, str]] = {
    Validation.Verdict.RUNNING: ("run", "running"),
    Validation.Verdict.VALID: ("ok", "valid"),
    Validation.Verdict.FINDINGS: ("warn", "valid, with findings"),
    Validation.Verdict.HELD: ("hold", "confirm tenant"),
    Validation.Verdict.INVALID: ("err", "not valid"),
    Validation.Verdict.UNDECIDED: ("wait", "Microsoft not reachable"),
}
# What a permission is needed for, in operators' words; the catalogue's own are for the customer.
NEEDED_FOR = {
    ORGANIZATION_READ: "Tenant’s name and verified domains",
    APPLICATION_READ: "When the client secret ends",
}
# What a validation was for, where it was not just the button on this page.
OCCASIONS: dict[str, str] = {
    Purpose.ONBOARDING: "Onboarding wizard",
    Purpose.KNOWN: "values from the Onboarding wizard",
    Purpose.NEW_SECRET: "new client secret",
    rotation.PURPOSE: "renewal by the portal itself",
    Asking.ACTIVATE: "values from the mailed link",
    Asking.RECONNECT: "values from the mailed link",
    Asking.RENEW: "renewal with the mailed link",
}
# The days to the end of a secret are drawn on a line of so many units, 90 days long.
LINE_DAYS, LINE_FROM, LINE_TO = 90, 12, 688


@dataclass(frozen=True)
class Told:
    """A validation as the page tells it."""

    validation: Validation

    @property
    def shape(self) -> str:
        return VERDICTS[self.validation.verdict][0]

    @property
    def words(self) -> str:
        return VERDICTS[self.validation.verdict][1]

    @property
    def reason(self) -> str:
        cause = self.validation.cause
        return cause.operator if cause and not self.validation.signed_in else ""

    @property
    def occasion(self) -> str:
        return OCCASIONS.get(self.validation.purpose, "")

    @property
    def seconds(self) -> str:
        took = self.validation.duration_ms
        return "" if took is None else f"{took / 1000:.2f} s"

    @property
    def stations(self) -> list[dict[str, Any]]:
        return stations(self.validation)

    @property
    def customer_can_fix(self) -> bool:
        cause = self.validation.cause
        failed = self.validation.verdict == Validation.Verdict.INVALID
        return bool(failed and cause and cause.fault is causes.Fault.CUSTOMER)

    @property
    def nobody_answers(self) -> bool:
        return no_worker_answers(self.validation)

    @property
    def tries_again(self) -> bool:
        return tries_again(self.validation)


@dataclass(frozen=True)
class Night:
    """What one night's check found of the connection."""

    item: CheckItem
    state: ConnectionState

    @property
    def shape(self) -> str:
        return SHAPES[self.state]

    @property
    def words(self) -> str:
        return self.state.label

    @property
    def reason(self) -> str:
        if self.state == ConnectionState.NOT_CHECKED:
            return why_unchecked(self.item.cause_name)
        return self.item.cause.operator if self.item.cause else ""

    @property
    def seconds(self) -> str:
        took = self.item.duration_ms
        return "" if took is None else f"{took / 1000:.2f} s"


@dataclass(frozen=True)
class Connection:
    registration: AppRegistration
    history: list[Told]
    nights: list[Night]
    secrets: list[SecretChange]
    rotation: Rotation | None
    warns_from: int
    """Days before the end of a secret at which the customer is warned first."""

    @classmethod
    def of(cls, service: Service) -> Self:
        """The connection with its newest validations, nights and secrets.

        Three queries beyond those of the service, and a fourth where the portal renews the secret.
        """
        registration = service.app_registration
        newest = registration.validations.order_by("-created_at")[:HISTORY]
        checked = CheckItem.objects.filter(registration=registration, state__isnull=False)
        nights = checked.select_related("run").order_by("-id")[:NIGHTS]
        return cls(
            registration,
            [Told(validation) for validation in newest],
            [Night(item, ConnectionState(item.state)) for item in nights if item.state is not None],
            secret_changes.changes(registration)[:HISTORY],
            rotation.newest(registration) if RENEWAL in registration.roles else None,
            max(thresholds.of(service.customer, service.channel)),
        )

    @property
    def credential(self) -> Credential | None:
        return self.registration.active_credential

    @property
    def running(self) -> Told | None:
        return next((told for told in self.history if told.validation.running), None)

    @property
    def last(self) -> Told | None:
        """The newest one that has ended and says something of the connection: of the secret in use, if one is."""
        ended = (told for told in self.history if not told.validation.running)
        if self.credential is None:
            return next(ended, None)
        of_it = (told for told in ended if told.validation.credential_id == self.credential.pk)
        known = self.registration.last_validation
        return next(of_it, Told(known) if known else None)

    @property
    def found_since(self) -> Night | None:
        """What the last night found otherwise than well, unless somebody has validated since."""
        night, last = next(iter(self.nights), None), self.last
        if night is None or night.state == ConnectionState.OK or night.item.finished_at is None:
            return None
        validated_at = last.validation.finished_at if last else None
        return night if validated_at is None or night.item.finished_at > validated_at else None

    @property
    def near_its_end(self) -> bool:
        """Whether the customer is being asked for a new secret, or would be, were it known whom to ask."""
        ends = self.credential.earliest_end if self.credential else None
        return ends is not None and days_until(ends) <= self.warns_from

    @property
    def renewed_by(self) -> str:
        """Who renews the secret before it ends."""
        permitted = rotation.permitted(self.registration)
        return "the portal itself" if permitted else "the customer, by a mailed link"

    @property
    def rotating(self) -> Rotation | None:
        """The newest renewal by the portal itself that somebody should know of: under way, or not as it should be."""
        newest = self.rotation
        if newest is None or (newest.stage == Rotation.Stage.DONE and not newest.cause_name):
            return None
        in_use = (newest.replaces_id, newest.made_id)
        return newest if self.credential and self.credential.pk in in_use else None

    @property
    def permissions(self) -> list[dict[str, Any]]:
        missing = missing_permissions(self.registration.roles)
        return [
            {"name": name, "why": NEEDED_FOR.get(name, asked.reason), "granted": name not in missing}
            for name, asked in PERMISSIONS.items()
        ]

    @property
    def further_permissions(self) -> list[dict[str, Any]]:
        """Granted, and not asked for; perhaps it stands for one that is."""
        held = set(self.registration.roles)
        stands_for = {
            name: [
                asked.name
                for asked in PERMISSIONS.values()
                if name in asked.included_in and asked.name not in held
            ]
            for name in held - set(PERMISSIONS)
        }
        return [
            {"name": name, "for": " and ".join(asked), "renews": name == RENEWAL}
            for name, asked in sorted(stands_for.items())
        ]

    @property
    def entra_roles(self) -> list[str] | None:
        """Names of the app's Entra roles; None: not known before the next validation."""
        ids = self.registration.entra_roles
        return None if ids is None else entra_roles.names(ids)

    @property
    def expiry_read_at(self) -> datetime | None:
        """When the end of the secret was last read from the tenant; None: before what the history shows."""
        for told in self.history:
            steps = {step["name"]: step["state"] for step in told.validation.steps}
            if told.validation.signed_in and steps.get("expiry") == "ok":
                return told.validation.finished_at
        return None

    @property
    def why_unknown(self) -> str:
        """Why nobody knows when the secret ends."""
        if self.credential and self.credential.expiry == Credential.Expiry.AMBIGUOUS:
            return (
                f"Several valid secrets of this app begin with {self.credential.hint}; Microsoft does not "
                "tell which of them is ours."
            )
        found = self._findings()
        if APPLICATION_READ in missing_permissions(self.registration.roles) or any(
            finding["permission"] == APPLICATION_READ for finding in found
        ):
            return f"The permission {APPLICATION_READ} is missing, so it cannot be read from the tenant."
        if any(finding["cause"] == causes.ELSEWHERE_REGISTERED.name for finding in found):
            return causes.ELSEWHERE_REGISTERED.operator
        hint = self.credential.hint if self.credential else ""
        return f"The tenant lists no valid secret of this app that begins with {hint}."

    def _findings(self) -> list[dict[str, Any]]:
        """What the last successful sign-in found."""
        signed_in = (told.validation for told in self.history if told.validation.signed_in)
        newest = next(signed_in, None)
        return newest.findings if newest else []

    @property
    def today_at(self) -> int:
        """Where today stands on the line that ends with the secret."""
        left = self.credential.days_left if self.credential else None
        days = min(max(left or 0, 0), LINE_DAYS)
        return LINE_TO - round((LINE_TO - LINE_FROM) * days / LINE_DAYS)
