"""Service portal, Activity: who did what to this service, when and from where; and the same as a file."""

from collections.abc import Iterator
from datetime import UTC
from uuid import UUID

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.core import exports
from portal.core.exports import Row
from portal.core.pages import Keyset
from portal.core.tenancy import OperatorRequest
from services.activity import Deed, deeds, entries
from services.views.service_portal import service_of

COLUMNS = ("at", "by", "from", "what", "changes", "entry")


@require_safe
def activity(request: OperatorRequest, service_id: UUID) -> HttpResponse:
    service = service_of(request, service_id)
    page = Keyset(entries(service), "-created_at", "id").page(request)
    context = {
        "service": service,
        "page": page,
        "deeds": [Deed.of(entry) for entry in page.rows],
        "tab": "activity",
    }
    return render(request, "services/activity.html", context)


@require_safe
def export(request: OperatorRequest, service_id: UUID, form: str) -> StreamingHttpResponse:
    """All of it as CSV or JSON; moments in UTC. Raises Http404 for any other form."""
    service = service_of(request, service_id)
    rows = _rows(deeds(entries(service)))
    name = f"activity-{service.pk}"
    match form:
        case "csv":
            return exports.as_csv(name, COLUMNS, rows)
        case "json":
            return exports.as_json(name, rows)
    raise Http404


def _rows(found: Iterator[Deed]) -> Iterator[Row]:
    for deed in found:
        yield {
            "at": deed.entry.created_at.astimezone(UTC).isoformat(timespec="seconds"),
            "by": deed.by,
            "from": deed.source,
            "what": deed.words,
            "changes": deed.as_text,
            "entry": str(deed.entry.pk),
        }
