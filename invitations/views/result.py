"""The validation while it runs, and what came of it."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from invitations import cookies
from invitations.forms import VALUE_TO_LOOK_AT, ValuesForm
from invitations.models import Invitation
from invitations.views.doors import own_validation
from m365 import causes
from m365.forms import EndForm
from m365.models import Credential, Validation
from m365.permissions import APPLICATION_READ, PERMISSIONS
from m365.stations import PATIENCE, no_worker_answers, stations, tries_again
from m365.validation import STEPS
from m365.validations import MOST_TRIES
from portal.core.limits import limited

SOON = timedelta(days=60).days
# From here on the page says how many refusals are left before the link is locked.
FEW_TRIES = 2


@login_not_required
@limited("result", 120)
@require_safe
@own_validation
def result(request: HttpRequest, invitation: Invitation, validation: Validation) -> HttpResponse:
    context = {"invitation": invitation, "validation": validation, "stations": stations(validation)}
    if validation.running:
        context |= _progress(validation) | {"earlier": "earlier" in request.GET}
        return render(request, "invitations/running.html", context)
    if validation.signed_in:
        return valid(request, invitation, validation, end_form(request, validation))
    if validation.awaits_decision:
        return render(request, "invitations/held.html", context | {"read": validation.reading})
    context |= _failed(request, invitation, validation)
    response = render(request, "invitations/failed.html", context)
    if context["may_go_on"]:
        cookies.admit(response, invitation.uuid, invitation.version)
    return response


@login_not_required
@limited("steps", 600)
@require_safe
@own_validation
def steps(request: HttpRequest, invitation: Invitation, validation: Validation) -> HttpResponse:
    """What is done so far; the page is loaded anew once there is a result, so that its title is read out.

    The page of a rejected secret asks, too, as long as it is tried again.
    """
    if "watching" in request.GET and validation.watching:
        return HttpResponse(status=204)
    if not validation.running:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"invitation": invitation, "validation": validation, "stations": stations(validation)}
    return render(request, "invitations/_progress.html", context | _progress(validation))


def _progress(validation: Validation) -> dict[str, Any]:
    """How far it is, and the one thing to say when it takes longer than it should."""
    words = ""
    if no_worker_answers(validation):
        words = "waits"
    elif tries_again(validation):
        words = "again"
    elif timezone.now() - validation.created_at > PATIENCE:
        words = "slow"
    done = sum(step["state"] in ("ok", "warn") for step in validation.steps)
    return {"done": done, "total": len(STEPS), "delay": words, "most_tries": MOST_TRIES}


def valid(
    request: HttpRequest, invitation: Invitation, validation: Validation, form: EndForm | None
) -> HttpResponse:
    """The page of success, with the form for the end of the secret where the tenant does not tell it."""
    context = {"invitation": invitation, "validation": validation, "form": form, **_connected(validation)}
    return render(request, "invitations/valid.html", context)


def end_form(request: HttpRequest, validation: Validation) -> EndForm | None:
    """None where nobody needs to say when the secret ends."""
    credential = validation.credential
    if not (validation.signed_in and credential.may_be_told):
        return None
    return EndForm(request.POST if request.method == "POST" else None, credential=credential)


def _connected(validation: Validation) -> dict[str, Any]:
    days = validation.credential.days_left
    findings = validation.explained_findings
    return {
        "findings": [{**finding, "without": _without(finding["permission"])} for finding in findings],
        "registration": validation.registration,
        "credential": validation.credential,
        "why_unknown": _why_unknown(validation) if days is None else "",
        "days_left": days,
        "ends_soon": days is not None and days <= SOON,
    }


def _without(permission: str) -> str:
    """What does not work while a permission is missing; empty for findings that are about none."""
    return PERMISSIONS[permission].without if permission in PERMISSIONS else ""


def _why_unknown(validation: Validation) -> str:
    """Why nobody knows when the secret ends; never a guess."""
    if validation.credential.expiry == Credential.Expiry.AMBIGUOUS:
        return "Several secrets of this application begin alike, so that we cannot tell which one this is."
    if any(finding["permission"] == APPLICATION_READ for finding in validation.findings):
        return f"The permission {APPLICATION_READ} is missing."
    return "The application does not list this secret where we may read it."


def _failed(request: HttpRequest, invitation: Invitation, validation: Validation) -> dict[str, Any]:
    """What to do about it: by the customer, by waiting, or by us."""
    field = VALUE_TO_LOOK_AT.get(validation.cause_name)
    few_left = 0 < invitation.tries_left <= FEW_TRIES
    return {
        "cause": validation.cause,
        "too_new": causes.NOT_YET_KNOWN if validation.watching else None,
        "undecided": validation.verdict == Validation.Verdict.UNDECIDED,
        "field": field,
        "value_name": ValuesForm.base_fields[field].label if field else "",
        "rejected": validation.cause is causes.TENANT_REJECTED,
        "locked": invitation.state == Invitation.State.LOCKED,
        "tries_left": invitation.tries_left if few_left else 0,
        "may_go_on": cookies.admitted(request, invitation.uuid) is not None,
    }
