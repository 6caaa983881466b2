"""Permission at the door of a view: what is out of scope is a 404 by queryset, what is not allowed a 403 by this."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from portal.core.roles import Action
from portal.core.tenancy import OperatorRequest, Scoped

P = ParamSpec("P")
View = Callable[Concatenate[OperatorRequest, P], HttpResponse]


def needs(action: Action) -> Callable[[View[P]], View[P]]:
    """Only operators who may do this somewhere; the view asks `demand` about the row's own channel."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(request: OperatorRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            demand(request, action)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def asks_again(view: View[P]) -> View[P]:
    """Before a risky change: who signed in more than ten minutes ago confirms it with password, code or passkey.

    A form that comes too late is kept in the session, whole and in clear, and taken once that is done: so no form with
    a secret may stand behind this, and a file is not kept.
    """
    return cast("View[P]", reauthentication_required(view))


def confirmed_lately(request: OperatorRequest) -> bool:
    """Whether they have shown within ten minutes that it is still they."""
    return bool(did_recently_reauthenticate(request))


def ask_again(request: OperatorRequest) -> None:
    """As `asks_again`, in the midst of a view where only some changes are risky. Raises ReauthenticationRequired."""
    if not confirmed_lately(request):
        raise ReauthenticationRequired


def demand(request: OperatorRequest, action: Action, row: Scoped | None = None) -> None:
    """Raises PermissionDenied (403) unless the operator may do it, in the row's channel if one is given."""
    channel: UUID | None = row.channel_id if row else None
    if not request.user.may(action, channel):
        raise PermissionDenied(action.label)
