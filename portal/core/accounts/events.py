"""What log and journal say of sign-ins: who, by the id of their row, and never which address was tried."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.account.signals import user_logged_in as came_in
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from portal.core import journal
from portal.core.accounts import letters
from portal.core.actors import Actor, ActorKind
from portal.core.limits import address
from portal.core.logs import EventLog
from portal.core.tenancy import Operator

log = EventLog(__name__)


def _as(operator: Operator, request: HttpRequest) -> Actor:
    return Actor(ActorKind.OPERATOR, operator.name, operator, address(request))


@receiver(user_logged_in)
def signed_in(user: Operator, **_signal: Any) -> None:
    log.info("sign_in.succeeded", operator=user.pk)


@receiver(came_in)
def journalled(user: Operator, request: HttpRequest, **_signal: Any) -> None:
    journal.write(_as(user, request), "sign_in.succeeded", [user])


@receiver(user_logged_out)
def signed_out(user: Operator | None, request: HttpRequest, **_signal: Any) -> None:
    if user:
        log.info("sign_in.ended", operator=user.pk)
        journal.write(_as(user, request), "sign_in.ended", [user])


@receiver(user_login_failed)
def refused(request: HttpRequest | None, credentials: dict[str, Any], **_signal: Any) -> None:
    """Of an account that there is, the journal keeps it: somebody is at it, or its owner has a bad morning."""
    log.warning("sign_in.refused")
    meant = Operator.objects.filter(email=str(credentials.get("email", "")).strip().lower()).first()
    if meant and request:
        somebody = Actor(ActorKind.PORTAL, "somebody at the sign-in", source=address(request))
        journal.write(somebody, "sign_in.refused", [meant])


@receiver([password_changed, password_reset])
def password_changes(user: Operator, request: HttpRequest, **_signal: Any) -> None:
    letters.post_change(user, journal.write(_as(user, request), "password.changed", [user]))
