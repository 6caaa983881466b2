"""What the log says of sign-ins: who, by the id of their row, and never which address was tried."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from portal.core.logs import EventLog
from portal.core.tenancy import Operator

log = EventLog(__name__)


@receiver(user_logged_in)
def signed_in(user: Operator, **_signal: Any) -> None:
    log.info("sign_in.succeeded", operator=user.pk)


@receiver(user_logged_out)
def signed_out(user: Operator | None, **_signal: Any) -> None:
    if user:
        log.info("sign_in.ended", operator=user.pk)


@receiver(user_login_failed)
def refused(**_signal: Any) -> None:
    log.warning("sign_in.refused")
