"""Pages that belong to no app: the operator's own notices, and logos."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.core.logos import Logo
from portal.core.moments import offset
from portal.core.notices import Notice
from portal.core.pages import Keyset
from portal.core.tenancy import OperatorRequest

# A logo's content never changes under its address. Opened by itself it is a picture in an empty room.
LOGO_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_safe
def logo(request: OperatorRequest, digest: str) -> HttpResponse:
    found = get_object_or_404(Logo, pk=digest)
    return HttpResponse(bytes(found.content), content_type=found.content_type, headers=LOGO_HEADERS)


@require_safe
def notices(request: OperatorRequest) -> HttpResponse:
    page = Keyset(Notice.objects.of(request.user), "-created_at", "id").page(request)
    return render(request, "notices.html", {"page": page, "offset": offset(timezone.localtime())})


@require_POST
def read_notices(request: OperatorRequest) -> HttpResponse:
    """Mark all as read."""
    Notice.objects.of(request.user).mark_read()
    return redirect("notices")


@require_POST
def read_notice(request: OperatorRequest, id: UUID) -> HttpResponse:
    """Mark one as read; `open` goes on to the page it speaks of."""
    notice = get_object_or_404(Notice.objects.of(request.user), pk=id)
    Notice.objects.filter(pk=notice.pk).mark_read()
    return redirect(notice.url if "open" in request.POST else "notices")
