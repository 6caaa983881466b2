"""App registrations, each live validation with what Microsoft said, and the nightly runs that check them all."""

from m365.models.credentials import Credential
from m365.models.nightly import CheckItem, NightlyRun, RunTally
from m365.models.pings import RunPing
from m365.models.registrations import AppRegistration
from m365.models.rotations import Rotation
from m365.models.states import BROKEN, DECIDED, ConnectionState
from m365.models.validations import Validation

__all__ = [
    "BROKEN",
    "DECIDED",
    "AppRegistration",
    "CheckItem",
    "ConnectionState",
    "Credential",
    "NightlyRun",
    "Rotation",
    "RunPing",
    "RunTally",
    "Validation",
]
