"""What an entry of the catalogue says."""

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    CUSTOMER = "customer"  # somebody changes something in the tenant, or types another value
    MICROSOFT = "microsoft"
    US = "us"


@dataclass(frozen=True)
class Cause:
    name: str
    customer: str
    operator: str
    place: str = ""  # in the Entra admin center
    codes: tuple[int, ...] = ()  # AADSTS numbers
    fault: Fault = Fault.CUSTOMER
    passes: bool = False  # by itself
    verified: bool = True  # that these codes mean this
    errors: tuple[str, ...] = ()  # what `error` says when no number is known, or Graph's code
    same: tuple[str, ...] = ()  # mistakes that look the same from outside


OVERVIEW = "App registrations › your app › Overview"
SECRETS = "App registrations › your app › Certificates & secrets"
CONSENT = "App registrations › your app › API permissions"
ENTERPRISE = "Enterprise applications › your app › Properties"
SIGN_IN_LOGS = "Sign-in logs › Service principal sign-ins"
TENANT = "Overview"
