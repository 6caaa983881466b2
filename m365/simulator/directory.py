"""The directory behind the simulator: tenants, their applications, secrets and service principals."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from m365.simulator.clock import Clock
from m365.simulator.clouds import WORLDWIDE, Cloud
from m365.simulator.values import HINT_LENGTH, secret_value

if TYPE_CHECKING:
    from m365.simulator.faults import Fault

REQUIRED_ROLES = ("Application.Read.All", "Organization.Read.All")
SINGLE_TENANT = "AzureADMyOrg"
MULTI_TENANT = "AzureADMultipleOrgs"


@dataclass(frozen=True)
class Example:
    """Three values to try; `answer` is what Entra or Graph says to them, `says` what a portal should.

    `cause` and `findings` are the names by which a portal may know what is wrong.
    """

    key: str
    group: str
    title: str
    says: str
    answer: str
    tenant_id: str
    client_id: str
    client_secret: str
    cause: str = "ok"
    findings: tuple[str, ...] = ()


@dataclass(eq=False)
class Secret:
    """A password credential. `digits` is how many fractional digits Graph prints in its dates (0 to 7).

    `replication` is how long after its creation Entra still refuses it; a secret whose creation nobody saw
    (`known_since` is None: it comes from a file) counts from the first time it is presented.
    """

    clock: Clock
    key_id: str
    value: str = field(repr=False)
    name: str | None
    starts_at: datetime
    ends_at: datetime
    hint: str | None
    digits: int = 7
    replication: timedelta = timedelta()
    known_since: datetime | None = None

    def ends(self, *, in_days: float) -> Self:
        """Move the end to so many days from the simulator's now; negative means it has expired."""
        self.ends_at = self.clock.now() + timedelta(days=in_days)
        return self

    def is_expired(self) -> bool:
        return self.ends_at <= self.clock.now()

    def has_arrived(self) -> bool:
        """Whether it has started and every part of Entra has heard of it."""
        now = self.clock.now()
        self.known_since = self.known_since or now
        return self.starts_at <= now and self.known_since + self.replication <= now


@dataclass(eq=False)
class ServicePrincipal:
    """What an application is in one tenant; it exists only where somebody created or consented to it.

    With `established` False, Graph answers 401 `Authorization_IdentityNotFound` to its tokens, as seen in
    the field where no application permission was ever granted; otherwise such a token meets 403.
    """

    object_id: str
    application: "Application"
    roles: list[str] = field(default_factory=list)
    directory_roles: list[str] = field(default_factory=list)  # template ids, as in the claim `wids`
    enabled: bool = True
    established: bool = True
    blocked_by_policy: bool = False
    secrets: list[Secret] = field(default_factory=list)


@dataclass(eq=False)
class Application:
    """An app registration in its home tenant. `requested`: permissions it asks for, as `Role` or `Scope`.

    `owners` are object ids. A policy of the tenant may limit a new secret to `longest_secret`; zero forbids secrets.
    """

    tenant: "Tenant"
    client_id: str
    object_id: str
    name: str
    created_at: datetime
    audience: str = SINGLE_TENANT
    secrets: list[Secret] = field(default_factory=list)
    requested: dict[str, str] = field(default_factory=lambda: dict.fromkeys(REQUIRED_ROLES, "Role"))
    owners: set[str] = field(default_factory=set)
    longest_secret: timedelta | None = None
    replicates_in: timedelta = timedelta()  # of secrets that are made through Graph

    @property
    def service_principal(self) -> ServicePrincipal:
        """The service principal at home; KeyError when there is none."""
        return self.tenant.service_principals[self.client_id]

    def grant(self, *roles: str) -> None:
        """Admin consent: tokens issued from now on carry these application permissions, too."""
        held = self.service_principal.roles
        held.extend(role for role in roles if role not in held)

    def let_it_renew_itself(self) -> None:
        """What a customer does who wants the portal to make new secrets: a permission, and the app as its own owner."""
        self.grant("Application.ReadWrite.OwnedBy")
        self.owners.add(self.service_principal.object_id)

    def revoke(self, *roles: str) -> None:
        self.service_principal.roles = [role for role in self.service_principal.roles if role not in roles]

    def disable(self) -> None:
        self.service_principal.enabled = False

    def block_by_policy(self) -> None:
        """A Conditional Access policy for workload identities refuses this app."""
        self.service_principal.blocked_by_policy = True

    def remove_service_principal(self) -> None:
        del self.tenant.service_principals[self.client_id]

    def add_secret(
        self,
        *,
        ends_in_days: float = 364,
        began_days_ago: float = 1,
        name: str | None = "portal",
        hint: str = "",
        replicates_in_seconds: float = 0,
        on_service_principal: bool = False,
    ) -> Secret:
        """A secret created now; `hint` chooses the first three characters of its value."""
        directory = self.tenant.directory
        now, key_id = directory.clock.now(), str(uuid.uuid4())
        value = secret_value(directory.seed, key_id, hint)
        secret = Secret(
            clock=directory.clock,
            key_id=key_id,
            value=value,
            name=name,
            starts_at=now - timedelta(days=began_days_ago),
            ends_at=now + timedelta(days=ends_in_days),
            hint=value[:HINT_LENGTH],
            replication=timedelta(seconds=replicates_in_seconds),
            known_since=now,
        )
        (self.service_principal.secrets if on_service_principal else self.secrets).append(secret)
        return secret


@dataclass(eq=False)
class Tenant:
    """An organisation. The first domain is the initial `onmicrosoft.com` one, the last is the default.

    `document` replaces fields of its discovery document.
    """

    directory: "Directory"
    id: str
    name: str
    domains: list[str]
    country: str
    created_at: datetime
    region: str = "EU"
    document: dict[str, Any] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    service_principals: dict[str, ServicePrincipal] = field(default_factory=dict)
    faults: "dict[str, Fault]" = field(default_factory=dict)

    def add_application(
        self,
        *,
        name: str = "Teams telephony connector",
        roles: Iterable[str] = REQUIRED_ROLES,
        client_id: str = "",
        audience: str = SINGLE_TENANT,
    ) -> Application:
        """An app registration with its service principal and these permissions; no secret yet."""
        application = Application(
            tenant=self,
            client_id=client_id or str(uuid.uuid4()),
            object_id=str(uuid.uuid4()),
            name=name,
            created_at=self.directory.clock.now(),
            audience=audience,
        )
        self.directory.register(application)
        self.add_service_principal(application, roles)
        return application

    def add_service_principal(self, application: Application, roles: Iterable[str] = ()) -> ServicePrincipal:
        """Consent to an application, which may be at home in another tenant."""
        principal = ServicePrincipal(str(uuid.uuid4()), application, list(roles))
        self.service_principals[application.client_id] = principal
        return principal


class Directory:
    """All tenants of one cloud. `seed` is what secret values are derived from."""

    def __init__(self, *, clock: Clock, seed: str, cloud: Cloud = WORLDWIDE) -> None:
        self.clock = clock
        self.seed = seed
        self.cloud = cloud
        self.tenants: dict[str, Tenant] = {}
        self.applications: dict[str, Application] = {}
        self.examples: list[Example] = []

    def restore(self) -> None:
        """Undo what was done to tenants that come from a file; here none do."""

    def add(self, tenant: Tenant) -> Tenant:
        self.tenants[tenant.id] = tenant
        return tenant

    def register(self, application: Application) -> None:
        application.tenant.applications[application.client_id] = application
        self.applications[application.client_id] = application

    def add_tenant(self, *, name: str, country: str = "DE", domains: Iterable[str] = ()) -> Tenant:
        """A new organisation with an initial and a default domain unless given."""
        label = (
            f"{''.join(c for c in name.lower() if c.isascii() and c.isalnum())[:20]}{uuid.uuid4().hex[:6]}"
        )
        return self.add(
            Tenant(
                directory=self,
                id=str(uuid.uuid4()),
                name=name,
                domains=list(domains) or [f"{label}.onmicrosoft.com", f"{label}.example"],
                country=country,
                created_at=self.clock.now(),
            )
        )

    def find(self, name: str) -> Tenant | None:
        """By tenant GUID or by any of its domains, in any case of letters."""
        wanted = name.lower()
        by_id = self.tenants.get(wanted)
        if by_id:
            return by_id
        return next((tenant for tenant in list(self.tenants.values()) if wanted in tenant.domains), None)
