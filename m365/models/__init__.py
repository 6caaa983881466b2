"""App registrations, their credentials, and each live validation with what Microsoft said."""

from m365.models.credentials import Credential
from m365.models.registrations import AppRegistration
from m365.models.validations import Validation

__all__ = ["AppRegistration", "Credential", "Validation"]
