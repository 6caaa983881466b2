"""What a customer's administrator may run or paste instead of clicking: scripts and a manifest.

The scripts are files with `@NAMES@` where values belong. Every value comes in as one quoted literal of the script's
own language, so that neither a provider's name nor anything else in the settings is ever read as code.
"""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from invitations.forms import ValuesForm
from m365.permissions import GRAPH_APP_ID, PERMISSIONS, RENEWAL, RENEWAL_ID, required_resource_access

# Microsoft recommends less than 12 months and allows 24 ("Add credentials to your application"); the admin center
# offers 365 days as "12 months".
SECRET_DAYS = 365
# What Entra takes as the name of an application.
NAME_LENGTH = 120
# The admin center's page API permissions of an application; its ID follows.
CONSENT_PAGE = (
    "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI"
)
_PLACEHOLDER = re.compile(r"@([A-Z_]+)@")
# PowerShell takes each of these for an apostrophe ("about_Quoting_Rules"); doubled, each stands for itself.
_APOSTROPHES = re.compile("(['‘’‚‛])")


def app_name(provider: str) -> str:
    """What the registration is called: one line, without signs that cannot be seen."""
    visible = "".join(sign if sign.isprintable() else " " for sign in provider)
    purpose = " Direct Routing"
    return " ".join(visible.split())[: NAME_LENGTH - len(purpose)] + purpose


def manifest() -> dict[str, object]:
    """The part of an app registration's manifest that names the permissions."""
    return {"requiredResourceAccess": required_resource_access()}


def bash(provider: str) -> str:
    """The script for the Azure CLI."""
    name = app_name(provider)
    application = {"displayName": name, "signInAudience": "AzureADMyOrg"} | manifest()
    permissions = (f"{asked.name}={asked.id}" for asked in PERMISSIONS.values())
    values = {key: shlex.quote(value) for key, value in _values(name).items()}
    values["APPLICATION"] = shlex.quote(json.dumps(application))
    values["PERMISSIONS"] = " ".join(shlex.quote(permission) for permission in permissions)
    return _filled("register-app.sh", values)


def powershell(provider: str) -> str:
    """The script for Microsoft Graph PowerShell."""
    values = {key: _powershell_quote(value) for key, value in _values(app_name(provider)).items()}
    pairs = (
        f"{_powershell_quote(asked.name)} = {_powershell_quote(asked.id)}" for asked in PERMISSIONS.values()
    )
    values["PERMISSIONS"] = "\n        ".join(pairs)
    return _filled("register-app.ps1", values)


def renewal() -> str:
    """The script for the Azure CLI that lets the portal renew the client secret itself."""
    values = {"GRAPH_APP_ID": GRAPH_APP_ID, "PERMISSION": f"{RENEWAL}={RENEWAL_ID}"}
    return _filled("let-portal-renew.sh", {key: shlex.quote(value) for key, value in values.items()})


def _values(name: str) -> dict[str, str]:
    """What both scripts are told, unquoted."""
    labels = {key: str(field.label) for key, field in ValuesForm.base_fields.items()}
    doubled = name.replace("'", "''")  # as OData quotes
    return {
        "NAME": name,
        "SAME_NAME": f"displayName eq '{doubled}'",
        "GRAPH_APP_ID": GRAPH_APP_ID,
        "SECRET_DAYS": str(SECRET_DAYS),
        "TENANT_LABEL": labels["tenant_id"],
        "CLIENT_LABEL": labels["client_id"],
        "SECRET_LABEL": labels["client_secret"],
        "CONSENT_PAGE": CONSENT_PAGE,
    }


def _powershell_quote(text: str) -> str:
    return "'" + _APOSTROPHES.sub(r"\1\1", text) + "'"


def _filled(file: str, values: Mapping[str, str]) -> str:
    """The script with its values; in one pass, so that a value that looks like a placeholder stays what it is."""
    script = (Path(__file__).parent / file).read_text(encoding="utf-8")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], script)
