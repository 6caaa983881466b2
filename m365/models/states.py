"""The nine named states of a connection, each check ends in exactly one of them."""

from django.db import models

from m365 import causes
from m365.causes import Cause, Fault


class ConnectionState(models.IntegerChoices):
    """The number is the place in a list: the most urgent comes first."""

    EXPIRED = 10, "expired"
    SECRET_REJECTED = 20, "secret rejected"
    APP_NOT_FOUND = 30, "app not found"
    ACCESS_LOST = 40, "access lost"
    NOT_CHECKED = 50, "not checked"
    TENANT_UNREACHABLE = 60, "tenant unreachable"
    CANNOT_READ_EXPIRY = 70, "cannot read expiry"
    OK_WITH_FINDINGS = 80, "ok with findings"
    OK = 90, "ok"

    @property
    def slug(self) -> str:
        """As it stands in addresses: "secret-rejected"."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of_slug(cls, slug: str) -> "ConnectionState | None":
        return next((state for state in cls if state.slug == slug), None)


# Somebody at the customer must do something before it works again.
BROKEN = (
    ConnectionState.EXPIRED,
    ConnectionState.SECRET_REJECTED,
    ConnectionState.APP_NOT_FOUND,
    ConnectionState.ACCESS_LOST,
)
# What a check found out; the other two say that it found out nothing, and change no connection's state.
DECIDED = (
    *BROKEN,
    ConnectionState.CANNOT_READ_EXPIRY,
    ConnectionState.OK_WITH_FINDINGS,
    ConnectionState.OK,
)

_BY_CAUSE = {
    causes.EXPIRED_SECRET.name: ConnectionState.EXPIRED,
    causes.WRONG_SECRET.name: ConnectionState.SECRET_REJECTED,
    causes.UNKNOWN_APPLICATION.name: ConnectionState.APP_NOT_FOUND,
}


def state_of(*, signed_in: bool, cause: Cause, findings: bool, end_known: bool) -> ConnectionState:
    """What Microsoft's answer says; `end_known`: whether it is known when the secret in use ends."""
    if not signed_in:
        return of_refusal(cause)
    if not end_known:
        return ConnectionState.CANNOT_READ_EXPIRY
    return ConnectionState.OK_WITH_FINDINGS if findings else ConnectionState.OK


def of_refusal(cause: Cause) -> ConnectionState:
    """What a refused sign-in says; what is our own fault says nothing of the connection."""
    if cause.fault is not Fault.CUSTOMER:
        return ConnectionState.NOT_CHECKED
    return _BY_CAUSE.get(cause.name, ConnectionState.ACCESS_LOST)
