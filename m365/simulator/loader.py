"""Reads `tenants/`: tenants to try, one per cause, whose ids and secret values survive a restart."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from m365.simulator.clock import Clock
from m365.simulator.clouds import WORLDWIDE, Cloud
from m365.simulator.directory import (
    REQUIRED_ROLES,
    SINGLE_TENANT,
    Application,
    Directory,
    Example,
    Secret,
    ServicePrincipal,
    Tenant,
)
from m365.simulator.faults import Fault
from m365.simulator.values import HINT_LENGTH, guid, secret_value

TENANTS = Path(__file__).with_name("tenants")
# The order of the front page; a cloud's folder may lack some.
SUBJECTS = ("works", "findings", "values", "setup", "microsoft", "portal")
_USUAL_SECRETS = ({"name": "portal", "ends_in_days": 300},)
_TENANT_AGE = timedelta(days=1500)
_APPLICATION_AGE = timedelta(days=400)


class FileDirectory(Directory):
    """A cloud's directory as its files describe it. Its days count from `epoch`, its values derive from `seed`.

    `folder` holds a folder for each cloud.
    """

    def __init__(
        self,
        folder: Path = TENANTS,
        *,
        clock: Clock,
        seed: str,
        epoch: datetime,
        cloud: Cloud = WORLDWIDE,
    ) -> None:
        super().__init__(clock=clock, seed=seed, cloud=cloud)
        self.epoch = epoch
        self._entries: dict[str, dict[str, Any]] = {}
        for subject in SUBJECTS:
            path = folder / cloud.name / f"{subject}.toml"
            groups = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            for key, entry in groups.get(subject, {}).items():
                self._entries[key] = {"group": subject, "secrets": _USUAL_SECRETS} | entry
        self.restore()

    def restore(self) -> None:
        """Put the file's tenants back as they were; those added while running stay."""
        for key, entry in self._entries.items():
            if entry.get("exists", True):
                self._add_entry(key, entry)
        for key, entry in self._entries.items():
            if entry.get("consented"):
                shared = self.applications[guid("application", entry["application_of"])]
                self.tenant(key).service_principals[shared.client_id] = ServicePrincipal(
                    guid("guest service principal", key), shared, list(REQUIRED_ROLES)
                )
        self.examples = [self._example(key, entry) for key, entry in self._entries.items()]

    def tenant(self, key: str) -> Tenant:
        """The tenant of the file's entry with this name; KeyError for an entry that stands for no tenant."""
        return self.tenants[guid("tenant", key)]

    def _add_entry(self, key: str, entry: Mapping[str, Any]) -> None:
        tenant = self.add(
            Tenant(
                directory=self,
                id=guid("tenant", key),
                name=entry["name"],
                domains=_domains(key, entry),
                country=entry.get("country", "DE"),
                created_at=self.epoch - _TENANT_AGE,
                document=dict(entry.get("document", {})),
                faults={endpoint: Fault.parse(fault) for endpoint, fault in entry.get("faults", {}).items()},
            )
        )
        application = Application(
            tenant=tenant,
            client_id=guid("application", key),
            object_id=guid("application object", key),
            name=entry.get("application", "Teams telephony connector"),
            created_at=self.epoch - _APPLICATION_AGE,
            audience=entry.get("audience", SINGLE_TENANT),
            requested=dict(entry.get("requested", dict.fromkeys(REQUIRED_ROLES, "Role"))),
        )
        self.register(application)
        principal = ServicePrincipal(
            object_id=guid("service principal", key),
            application=application,
            roles=list(entry.get("roles", REQUIRED_ROLES)),
            enabled=entry.get("enabled", True),
            established=entry.get("established", True),
            blocked_by_policy=entry.get("blocked_by_policy", False),
        )
        if entry.get("service_principal", True):
            tenant.service_principals[application.client_id] = principal
        if entry.get("owns_itself"):
            application.owners.add(principal.object_id)
        if "longest_secret_days" in entry:
            application.longest_secret = timedelta(days=entry["longest_secret_days"])
        for number, details in enumerate(entry["secrets"]):
            owner = principal if details.get("on_service_principal") else application
            owner.secrets.append(self._secret(guid("secret", key, str(number)), details))

    def _secret(self, key_id: str, details: Mapping[str, Any]) -> Secret:
        value = secret_value(self.seed, key_id, details.get("hint", ""))
        ends_at = details.get("ends_on") or self.epoch + timedelta(days=details["ends_in_days"])
        return Secret(
            clock=self.clock,
            key_id=key_id,
            value=value,
            name=details.get("name"),
            starts_at=self.epoch - timedelta(days=details.get("began_days_ago", 1)),
            ends_at=ends_at,
            hint=None if details.get("hint_unknown") else value[:HINT_LENGTH],
            digits=details.get("digits", 7),
            replication=timedelta(seconds=details.get("replicates_in_seconds", 0)),
        )

    def _example(self, key: str, entry: Mapping[str, Any]) -> Example:
        """The entry's own values, unless `try` puts others in their place."""
        tenant_id, client_id = guid("tenant", key), guid("application", key)
        key_id = guid("secret", key, "0")
        own = {
            "tenant id": tenant_id,
            "client id": client_id,
            "secret id": key_id,
            "secret": self._first_secret(key),
            "unknown secret": secret_value(self.seed, f"unknown {key_id}"),
            "unknown id": guid("unknown", key),
            "other tenant id": guid("tenant", "bergmann"),
            "object id": guid("application object", key),
            "domain": _domains(key, entry)[-1],
        }
        if "application_of" in entry:
            own["client id"] = guid("application", entry["application_of"])
            own["secret"] = self._first_secret(entry["application_of"])
        tried = {"tenant": "tenant id", "client": "client id", "secret": "secret"} | entry.get("try", {})
        typed = {field: own[name] for field, name in tried.items()} | entry.get("typed", {})
        return Example(
            key=key,
            group=entry["group"],
            title=entry["title"],
            says=entry["says"],
            answer=entry.get("answer", "token"),
            tenant_id=typed["tenant"],
            client_id=typed["client"],
            client_secret=typed["secret"],
            cause=entry.get("cause", "ok"),
            findings=tuple(entry.get("findings", ())),
        )

    def _first_secret(self, key: str) -> str:
        hint = self._entries[key]["secrets"][0].get("hint", "")
        return secret_value(self.seed, guid("secret", key, "0"), hint)


def _domains(key: str, entry: Mapping[str, Any]) -> list[str]:
    return list(entry.get("domains", (f"{key}.onmicrosoft.com", f"{key}.example")))
