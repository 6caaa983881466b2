"""The set-up kit as files: public, the same for everybody, without a word of any invitation."""

import codecs

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from invitations import kit
from m365.permissions import PERMISSIONS, TYPE
from portal.core.limits import limited


@login_not_required
@limited("guide", 120)
@require_safe
def permissions(request: HttpRequest) -> HttpResponse:
    """The table of permissions for programs."""
    listed = [
        {
            "name": asked.name,
            "type": TYPE,
            "id": asked.id,
            "reason": asked.reason,
            "without": asked.without,
            "included_in": sorted(asked.included_in),
        }
        for asked in PERMISSIONS.values()
    ]
    return JsonResponse({"resource": "Microsoft Graph", "permissions": listed})


@login_not_required
@limited("guide", 120)
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """For the manifest editor of the Entra admin center."""
    return JsonResponse(kit.manifest(), json_dumps_params={"indent": 2})


@login_not_required
@limited("guide", 120)
@require_safe
def bash(request: HttpRequest) -> HttpResponse:
    return _download("register-app.sh", kit.bash(settings.PROVIDER_NAME).encode())


@login_not_required
@limited("guide", 120)
@require_safe
def renewal(request: HttpRequest) -> HttpResponse:
    return _download("let-portal-renew.sh", kit.renewal().encode())


@login_not_required
@limited("guide", 120)
@require_safe
def powershell(request: HttpRequest) -> HttpResponse:
    """With a byte order mark: without one Windows PowerShell 5.1 reads UTF-8 as Windows-1252, apostrophes included."""
    script = kit.powershell(settings.PROVIDER_NAME).encode()
    return _download("register-app.ps1", codecs.BOM_UTF8 + script)


def _download(name: str, content: bytes) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/plain; charset=utf-8", headers=headers)
