"""Pages that belong to no app: the operator's own notices, logos, and whether mail leaves."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.core import trial_mail
from portal.core.access import needs
from portal.core.actors import Actor
from portal.core.logos import LOGO_HEADERS, Logo
from portal.core.mail_lines import MailLine
from portal.core.mail_status import mail_shown
from portal.core.middleware import ACTS_IN
from portal.core.moments import offset
from portal.core.notices import Notice
from portal.core.outbox import MailState
from portal.core.pages import Keyset
from portal.core.preferences import PreferencesForm
from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest


@require_safe
def logo(request: OperatorRequest, digest: str) -> HttpResponse:
    found = get_object_or_404(Logo.objects.shown_to(request.user), pk=digest)
    return HttpResponse(bytes(found.content), content_type=found.content_type, headers=LOGO_HEADERS)


def preferences(request: HttpRequest) -> HttpResponse:
    asked = cast(OperatorRequest, request)
    # A form of one empty check box posts nothing at all.
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=asked.user)
    if form.is_valid():
        form.store(Actor.of(request))
        messages.success(request, "Saved.")
        return redirect("preferences")
    return render(request, "preferences.html", {"form": form})


@require_POST
def act_in(request: OperatorRequest) -> HttpResponse:
    """Go on in one of several roles, or in all of them; what lies outside is as if it were not there."""
    chosen = request.POST.get("role", "")
    known = {standing.key for standing in request.user.standings}
    request.session[ACTS_IN] = chosen if chosen in known else ""
    return redirect("dashboard")


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


@require_safe
@needs(Action.TRY_MAIL)
def mail_server(request: OperatorRequest) -> HttpResponse:
    """Where mail goes, and what became of the test mail that this admin asked for last."""
    mail = trial_mail.newest(request.user)
    context = {
        "mail": mail,
        "shown": mail_shown(mail) if mail else None,
        "waiting": mail is not None and mail.state == MailState.QUEUED,
        "host": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "encrypted": settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL,
        "signs_in": bool(settings.EMAIL_HOST_USER),
        "sender": settings.MAIL_FROM,
        "allowance": MailLine.objects.allowance(),
    }
    name = "_mail_tried" if request.headers.get("HX-Request") else "mail_server"
    return render(request, f"{name}.html", context)


@require_POST
@needs(Action.TRY_MAIL)
def try_mail(request: OperatorRequest) -> HttpResponse:
    trial_mail.ask(request.user, Actor.of(request), request.POST.get("after", ""))
    return redirect("mail_server")
