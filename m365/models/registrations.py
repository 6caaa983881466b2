"""App registrations: the connection of one service to one tenant, and which credential is in use."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from m365 import causes
from m365.causes import Cause
from m365.clouds import Cloud
from m365.models.credentials import Credential
from m365.models.states import BROKEN, ConnectionState
from m365.reading import named
from portal.core.clock import now
from portal.core.tenancy import Row, Scoped, ScopedQuerySet

if TYPE_CHECKING:
    from m365.models.validations import Validation

# Where an unknown end stands among known ones: behind all of them.
END_UNKNOWN = datetime(9999, 12, 31, tzinfo=UTC)
# A connection that nobody could check for so long is a warning by itself.
UNCHECKED_AFTER = timedelta(hours=36)
_WATCHED = Q(monitored=True, active_credential__isnull=False)


class AppRegistrationQuerySet(ScopedQuerySet["AppRegistration"]):
    def connected_to(self, tenant_id: UUID | None) -> Self:
        """Those with a credential in use in this tenant."""
        return self.filter(tenant_id=tenant_id, active_credential__isnull=False)

    def watched(self) -> Self:
        """Those that the night checks: monitored, with a credential in use."""
        return self.filter(_WATCHED)

    def lock(self, id: UUID) -> "AppRegistration":
        """Its row, nobody else's until the end of the transaction; whoever decides about it begins with this.

        Others may go on inserting rows that refer to it. Raises DoesNotExist.
        """
        return self.select_for_update(no_key=True).get(pk=id)


class AppRegistration(Row, Scoped):
    """The connection of one service to one tenant; there, unconnected, from the moment the service is pending."""

    owner = models.UUIDField()  # the customer's; this app does not know what a customer is
    cloud = models.CharField(max_length=10, choices=Cloud.choices, default=Cloud.WORLDWIDE)
    tenant_id = models.UUIDField(null=True, blank=True)
    client_id = models.UUIDField(null=True, blank=True)
    expected_tenant_id = models.UUIDField(null=True, blank=True)
    monitored = models.BooleanField(default=False)
    active_credential = models.ForeignKey(Credential, on_delete=models.PROTECT, null=True, related_name="+")
    last_validation = models.ForeignKey("Validation", on_delete=models.PROTECT, null=True, related_name="+")
    # Signed in, but an operator must confirm the tenant first: that one, until it is decided; one at a time.
    held = models.ForeignKey("Validation", on_delete=models.PROTECT, null=True, related_name="+")
    authenticated_at = models.DateTimeField(null=True)
    # As Microsoft 365 gave them at the last successful reading.
    tenant_name = models.CharField(max_length=256, blank=True)
    app_name = models.CharField(max_length=256, blank=True)
    domains = models.JSONField(default=list)  # [{"name", "initial", "default"}]
    domains_read_at = models.DateTimeField(null=True)
    roles = models.JSONField(default=list)
    entra_roles = models.JSONField(null=True)  # template ids; None: no token was read since they are kept
    # What the last check found out, by night or on demand, why, and when. Lists are sorted by these columns alone.
    state = models.PositiveSmallIntegerField(
        choices=ConnectionState.choices,
        default=ConnectionState.NOT_CHECKED,
        db_default=ConnectionState.NOT_CHECKED.value,
    )
    state_cause = models.CharField(max_length=40, blank=True, db_default="")
    checked_at = models.DateTimeField(null=True)
    # The end of the credential in use, kept in step by `swap` and by the credential itself.
    secret_ends_at = models.DateTimeField(default=END_UNKNOWN, db_default=END_UNKNOWN)

    objects = AppRegistrationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant_id"],
                name="registrations_of_a_tenant",
                condition=models.Q(active_credential__isnull=False),
            ),
            models.Index(
                fields=["state", "secret_ends_at", "id"], name="connections_by_state", condition=_WATCHED
            ),
            models.Index(fields=["secret_ends_at", "id"], name="connections_by_end", condition=_WATCHED),
            models.Index(fields=["checked_at"], name="connections_by_check", condition=_WATCHED),
        ]

    def __str__(self) -> str:
        return f"app registration {self.id}"

    @property
    def default_domain(self) -> str:
        return named(self.domains, "default")

    @property
    def initial_domain(self) -> str:
        return named(self.domains, "initial")

    @property
    def broken(self) -> bool:
        return self.state in BROKEN

    @property
    def unchecked(self) -> bool:
        """Whether nothing was found out for UNCHECKED_AFTER, or ever."""
        return self.checked_at is None or self.checked_at <= now() - UNCHECKED_AFTER

    @property
    def cause(self) -> Cause | None:
        """Why it is in this state, where the catalogue has something to say."""
        return causes.CATALOGUE.get(self.state_cause)

    def found(self, state: ConnectionState, cause: Cause) -> bool:
        """Keep what a check found out now; whether that is another state than before."""
        news, self.state, self.checked_at = self.state != state, state, now()
        self.state_cause = "" if cause is causes.OK else cause.name
        self.save(update_fields=["state", "state_cause", "checked_at"])
        return news

    def swap(self, candidate: Credential, validation: "Validation") -> bool:
        """Make the validated candidate the credential in use.

        False when another one was swapped in, or is held, meanwhile.
        """
        mine = AppRegistration.objects.filter(pk=self.pk, active_credential=validation.replaces, held=None)
        swapped = mine.update(
            active_credential=candidate,
            cloud=validation.cloud,
            tenant_id=validation.tenant_id,
            client_id=validation.client_id,
            authenticated_at=Now(),
            secret_ends_at=candidate.not_after or END_UNKNOWN,
        )
        if not swapped:
            return False
        if validation.replaces:
            validation.replaces.wipe(Credential.State.RETIRED)
        candidate.state = Credential.State.ACTIVE
        candidate.save(update_fields=["state"])
        self.refresh_from_db()
        return True

    def hold(self, validation: "Validation") -> bool:
        """Let its tenant wait for a decision; False when another credential was swapped in, or held, meanwhile."""
        mine = AppRegistration.objects.filter(pk=self.pk, active_credential=validation.replaces, held=None)
        if not mine.update(held=validation):
            return False
        self.refresh_from_db()
        return True

    def release(self, *, expect: UUID | None) -> None:
        """Hold nothing any more, and expect this tenant from now on."""
        self.held, self.expected_tenant_id = None, expect
        self.save(update_fields=["held", "expected_tenant_id"])

    def disconnect(self) -> None:
        """Wipe every secret of a locked registration: nothing is in use or held any more."""
        if self.held:
            self.held.fail(causes.TOO_LATE)
        self.active_credential = self.held = None
        self.save(update_fields=["active_credential", "held"])
        for credential in self.credentials.exclude(sealed_secret=None):
            credential.wipe(Credential.State.RETIRED)
