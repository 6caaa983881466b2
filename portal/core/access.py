"""Permission at the door of a view: what is out of scope is a 404 by queryset, what is not allowed a 403 by this."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
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
    """Before a risky change: whoever signed in more than ten minutes ago confirms with password, code or passkey."""
    return cast("View[P]", reauthentication_required(view))


def demand(request: OperatorRequest, action: Action, row: Scoped | None = None) -> None:
    """Raises PermissionDenied (403) unless the operator may do it, in the row's channel if one is given."""
    channel: UUID | None = row.channel_id if row else None
    if not request.user.may(action, channel):
        raise PermissionDenied(action.label)
