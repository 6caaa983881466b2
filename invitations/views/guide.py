"""How to make the app registration: public, to be read and printed before anything is decided."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from invitations import kit
from m365.permissions import PERMISSIONS, RENEWAL, TYPE
from portal.core.limits import limited

# Microsoft's page "Least privileged roles by task": who may register applications, who may consent for everybody.
ROLES = [
    {
        "name": "Application Administrator",
        "instead": "or Cloud Application Administrator",
        "purpose": "to make the app registration and its client secret",
        "lasts": "Onboarding only",
        "removal": "Needed again when the secret is renewed.",
    },
    {
        "name": "Privileged Role Administrator",
        "instead": "or Global Administrator",
        "purpose": "to grant admin consent for the permissions",
        "lasts": "Onboarding only",
        "removal": "May be dropped as soon as both rows show a green tick.",
    },
    {
        "name": "Teams Administrator",
        "instead": "",
        "purpose": "for the colleague who later runs our Teams PowerShell commands; not for this page",
        "lasts": "Onboarding only",
        "removal": "May be dropped once the phone lines work.",
    },
    {
        "name": "No role for the application",
        "instead": "",
        "purpose": "The app itself needs the permissions above and no Entra role.",
        "lasts": "Permanent",
        "removal": "The permissions stay as long as the service does.",
    },
]


@login_not_required
@limited("guide", 120)
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    provider = settings.PROVIDER_NAME
    context = {
        "permissions": PERMISSIONS.values(),
        "type": TYPE,
        "roles": ROLES,
        "app_name": kit.app_name(provider),
        "secret_days": kit.SECRET_DAYS,
        "powershell": kit.powershell(provider),
        "bash": kit.bash(provider),
        "renewal": kit.renewal(),
        "renewal_permission": RENEWAL,
        "manifest": json.dumps(kit.manifest(), indent=2),
    }
    return render(request, "invitations/guide.html", context)
