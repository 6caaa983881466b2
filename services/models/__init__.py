"""Customers, services, SBCs, drafts of services, and what was found by night."""

from services.license_types import LicenseType
from services.models.customers import Customer
from services.models.drafts import OnboardingDraft
from services.models.follow_ups import RunFollowUp
from services.models.sbcs import Sbc
from services.models.services import Service
from services.models.sip_connections import SipConnection
from services.models.status import Purpose
from services.models.warnings import ConnectionWarning

__all__ = [
    "ConnectionWarning",
    "Customer",
    "LicenseType",
    "OnboardingDraft",
    "Purpose",
    "RunFollowUp",
    "Sbc",
    "Service",
    "SipConnection",
]
