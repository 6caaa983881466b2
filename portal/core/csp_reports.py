"""What browsers report of the Content Security Policy: a page that would run or load what it must not.

Public, because browsers report without cookies, and from pages for nobody signed in. Only the directive and the host
that was blocked are logged; addresses of pages may hold links.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.core.limits import limited
from portal.core.logs import EventLog

log = EventLog(__name__)

LARGEST = 10_000  # bytes; a report has a few hundred


@csrf_exempt
@login_not_required
@limited("csp-reports", 30)
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Take a report as browsers send it for `report-uri` (Content Security Policy Level 3, section 5.3)."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        return HttpResponse(status=413)
    report = _read(request.body)
    if report is None:
        return HttpResponse(status=400)
    directive = str(report.get("effective-directive") or report.get("violated-directive") or "")
    log.warning("csp.violated", directive=_word(directive), blocked=_host(str(report.get("blocked-uri", ""))))
    return HttpResponse(status=204)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None
    report = sent.get("csp-report") if isinstance(sent, dict) else None
    return report if isinstance(report, dict) else None


def _word(text: str) -> str:
    """A directive's name; empty for anything else."""
    found = re.match(r"[a-z-]{1,40}(?= |$)", text)
    return found[0] if found else ""


def _host(text: str) -> str:
    """Of an address the scheme and host, of a keyword ("inline", "eval", "data") itself; else empty."""
    try:
        address = urlsplit(text)
        host = f"{address.scheme}://{address.hostname}" if address.hostname else address.scheme or text
    except ValueError:
        return ""
    return host if re.fullmatch(r"[a-z0-9.:/\[\]-]{1,100}", host) else ""
