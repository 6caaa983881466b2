"""The journal, for admins of the provider: everything that anybody did, filtered; and the same as a file."""

from collections.abc import Iterator
from datetime import UTC
from itertools import islice

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.core import exports
from portal.core.access import demand, needs
from portal.core.exports import Row
from portal.core.journal import JournalEntry
from portal.core.pages import Keyset
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest
from services.activity import Deed
from services.journal import JournalFilter, names_of

COLUMNS = ("at", "by", "from", "what", "about", "changes", "ids", "entry")
CHUNK = 500


@require_safe
@needs(Action.READ_JOURNAL)
def journal(request: OperatorRequest) -> HttpResponse:
    form = JournalFilter(request.GET)
    page = Keyset(form.entries(), "-created_at", "id").page(request)
    called = names_of(page.rows)
    context = {
        "form": form,
        "page": page,
        "deeds": [Deed.of(entry, called) for entry in page.rows],
        "query": request.GET.urlencode(),
    }
    return render(request, "services/journal.html", context)


@require_safe
def export(request: OperatorRequest, form: str) -> StreamingHttpResponse:
    """What the page would show, all of it, as CSV or JSON; moments in UTC. Raises Http404 for any other form."""
    demand(request, Action.READ_JOURNAL)
    rows = _rows(JournalFilter(request.GET).entries())
    match form:
        case "csv":
            return exports.as_csv("journal", COLUMNS, rows)
        case "json":
            return exports.as_json("journal", rows)
    raise Http404


def _rows(found: "QuerySet[JournalEntry]") -> Iterator[Row]:
    entries = found.order_by("-created_at", "id").iterator(CHUNK)
    while chunk := list(islice(entries, CHUNK)):
        called = names_of(chunk)
        for entry in chunk:
            deed = Deed.of(entry, called)
            yield {
                "at": entry.created_at.astimezone(UTC).isoformat(timespec="seconds"),
                "by": deed.by,
                "from": deed.source,
                "what": deed.words,
                "about": ", ".join(deed.about),
                "changes": deed.as_text,
                "ids": " ".join(map(str, entry.about)),
                "entry": str(entry.pk),
            }
