"""The operator's own pages."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.core.moments import offset
from portal.core.notices import Notice
from portal.core.pages import Keyset
from portal.core.tenancy import OperatorRequest


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
