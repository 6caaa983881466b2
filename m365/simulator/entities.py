"""Directory objects as Microsoft Graph v1.0 prints them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from m365.simulator.directory import Application, Secret, ServicePrincipal, Tenant

Entity = dict[str, Any]
_GRAPH = "00000003-0000-0000-c000-000000000000"
# The same in every tenant, as seen in published code: the id of an application permission and of the delegated one.
_PERMISSION_IDS = {
    ("Organization.Read.All", "Role"): "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    ("Organization.Read.All", "Scope"): "4908d5b9-3fb2-4b1e-9336-1888b7937185",
    ("Application.Read.All", "Role"): "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    ("Application.Read.All", "Scope"): "c79f8feb-a9db-4090-85f9-90d820caa0eb",
}


def timestamp(moment: datetime, digits: int = 7) -> str:
    """ISO 8601 with 0 to 7 fractional digits, as the directory stored them."""
    fraction = f"{moment.microsecond:06d}1"[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def password_credential(secret: Secret) -> Entity:
    """`secretText` is filled only in the answer that creates the credential."""
    return {
        "customKeyIdentifier": None,
        "displayName": secret.name,
        "endDateTime": timestamp(secret.ends_at, secret.digits),
        "hint": secret.hint,
        "keyId": secret.key_id,
        "secretText": None,
        "startDateTime": timestamp(secret.starts_at, secret.digits),
    }


def organization(tenant: Tenant) -> Entity:
    return {
        "id": tenant.id,
        "deletedDateTime": None,
        "countryLetterCode": tenant.country,
        "createdDateTime": timestamp(tenant.created_at, digits=0),
        "displayName": tenant.name,
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "technicalNotificationMails": [f"it@{tenant.domains[-1]}"],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": number == len(tenant.domains) - 1,
                "isInitial": number == 0,
                "name": name,
                "type": "Managed",
            }
            for number, name in enumerate(tenant.domains)
        ],
    }


def application(application: Application) -> Entity:
    return {
        "id": application.object_id,
        "deletedDateTime": None,
        "appId": application.client_id,
        "createdDateTime": timestamp(application.created_at, digits=0),
        "displayName": application.name,
        "identifierUris": [],
        "publisherDomain": application.tenant.domains[0],
        "signInAudience": application.audience,
        "tags": [],
        "keyCredentials": [],
        "passwordCredentials": [password_credential(secret) for secret in application.secrets],
        "requiredResourceAccess": [
            {
                "resourceAppId": _GRAPH,
                "resourceAccess": [
                    {"id": _PERMISSION_IDS[requested], "type": requested[1]}
                    for requested in application.requested.items()
                ],
            }
        ],
    }


def service_principal(principal: ServicePrincipal) -> Entity:
    app = principal.application
    return {
        "id": principal.object_id,
        "deletedDateTime": None,
        "accountEnabled": principal.enabled,
        "appDisplayName": app.name,
        "appId": app.client_id,
        "appOwnerOrganizationId": app.tenant.id,
        "displayName": app.name,
        "servicePrincipalNames": [app.client_id],
        "servicePrincipalType": "Application",
        "signInAudience": app.audience,
        "tags": [],
        "keyCredentials": [],
        "passwordCredentials": [password_credential(secret) for secret in principal.secrets],
    }


def select(entity: Entity, names: Sequence[str], unknown: Callable[[str], Exception]) -> Entity:
    """The entity with these properties only; raises what `unknown` makes of a name that it lacks."""
    if not names:
        return entity
    for name in names:
        if name not in entity:
            raise unknown(name)
    return {name: value for name, value in entity.items() if name in names}


def context(
    base_url: str, version: str, collection: str, names: Sequence[str], *, single: bool
) -> Mapping[str, str]:
    chosen = f"({','.join(names)})" if names else ""
    ending = "/$entity" if single else ""
    return {"@odata.context": f"{base_url}/{version}/$metadata#{collection}{chosen}{ending}"}
