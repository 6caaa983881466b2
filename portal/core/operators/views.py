"""Operators: list, invite, roles, switch off, begin anew. Only admins come here, and see those of their channels."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.core.access import asks_again, needs
from portal.core.actors import Actor
from portal.core.operators import acts
from portal.core.operators.forms import InviteForm, RoleForm
from portal.core.pages import Keyset
from portal.core.roles import Action, Role
from portal.core.tenancy import Membership, Operator, OperatorRequest


@require_safe
@needs(Action.MANAGE_OPERATORS)
def operators(request: OperatorRequest) -> HttpResponse:
    """By name, with the roles that this admin may see."""
    mine = Operator.objects.managed_by(request.user)
    page = Keyset(mine.with_roles_for(request.user), "name", "id").page(request)
    return render(request, "operator_list.html", {"page": page})


@needs(Action.MANAGE_OPERATORS)
@asks_again
def invite_operator(request: OperatorRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, admin=request.user)
    if form.is_valid():
        given = form.cleaned_data
        role = Role(given["role"])
        invited = acts.invite(given["email"], given["name"], given["channel"], role, Actor.of(request))
        messages.success(request, f"{invited.email} has a role now, and a mail is on its way.")
        return redirect("operator", invited.pk)
    return render(request, "operator_invite.html", {"form": form})


@require_safe
@needs(Action.MANAGE_OPERATORS)
def operator(request: OperatorRequest, operator_id: UUID) -> HttpResponse:
    found = _managed(request, operator_id)
    context = {
        "shown": found,
        "memberships": Membership.objects.visible_to(request.user).filter(operator=found),
        "roles": Role.choices,
        "form": RoleForm(admin=request.user),
        "whole": request.user.may_manage_all_of(found),
        "is_me": found.pk == request.user.pk,
    }
    return render(request, "operator_page.html", context)


@require_POST
@needs(Action.MANAGE_OPERATORS)
@asks_again
def grant_role(request: OperatorRequest, operator_id: UUID) -> HttpResponse:
    """A new role, or another one in a channel where there is one."""
    found = _other(request, operator_id)
    form = RoleForm(request.POST, admin=request.user)
    if found is None or not form.is_valid():
        messages.error(request, _NOT_YOURSELF if found is None else "Choose a channel and a role.")
        return redirect("operator", operator_id)
    role = Role(form.cleaned_data["role"])
    kept = acts.grant(found, form.cleaned_data["channel"], role, Actor.of(request))
    messages.success(request, f"{found.name}: {Role(kept.role).label}.")
    return redirect("operator", operator_id)


@require_POST
@needs(Action.MANAGE_OPERATORS)
@asks_again
def withdraw_role(request: OperatorRequest, operator_id: UUID, membership_id: UUID) -> HttpResponse:
    membership = get_object_or_404(
        Membership.objects.visible_to(request.user).select_related("channel"),
        pk=membership_id,
        operator=operator_id,
    )
    found = _other(request, operator_id)
    if found is None:
        messages.error(request, _NOT_YOURSELF)
        return redirect("operator", operator_id)
    acts.withdraw(found, membership.channel, Actor.of(request))
    messages.success(request, f"{found.name} has this role no more.")
    return redirect("operators")


@require_POST
@needs(Action.MANAGE_OPERATORS)
@asks_again
def change_account(request: OperatorRequest, operator_id: UUID) -> HttpResponse:
    """Switch it off or on, or let its owner begin anew; only who manages all of its roles may."""
    found = _other(request, operator_id)
    if found is None or not request.user.may_manage_all_of(found):
        messages.error(request, _NOT_YOURSELF if found is None else "This account has roles beyond yours.")
        return redirect("operator", operator_id)
    match request.POST.get("act"):
        case "off" | "on" as act:
            acts.switch(found, Actor.of(request), on=act == "on")
            messages.success(
                request, f"{found.name} may {'sign in again' if act == 'on' else 'not sign in any more'}."
            )
        case "anew":
            acts.begin_anew(found, Actor.of(request))
            messages.success(request, f"A link is on its way to {found.email}.")
        case _:
            raise SuspiciousOperation("no such act")  # 400: no button of ours sends it
    return redirect("operator", operator_id)


_NOT_YOURSELF = "Nobody changes the own roles or account: ask another admin."


def _managed(request: HttpRequest, operator_id: UUID) -> Operator:
    return get_object_or_404(Operator.objects.managed_by(cast(OperatorRequest, request).user), pk=operator_id)


def _other(request: OperatorRequest, operator_id: UUID) -> Operator | None:
    """None for the admin's own account, so that there is always one who can."""
    found = _managed(request, operator_id)
    return None if found.pk == request.user.pk else found
