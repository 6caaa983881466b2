"""Customers, services, SBCs and drafts of services."""

from services.models.customers import Customer
from services.models.drafts import OnboardingDraft
from services.models.sbcs import Sbc
from services.models.services import LicenseType, Purpose, Service
from services.models.sip_connections import SipConnection

__all__ = ["Customer", "LicenseType", "OnboardingDraft", "Purpose", "Sbc", "Service", "SipConnection"]
