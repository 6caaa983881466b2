"""Customers, services, SBCs and drafts of services."""

from services.models.customers import Customer
from services.models.drafts import OnboardingDraft
from services.models.sbcs import Sbc
from services.models.services import LicenseType, Service
from services.models.sip_connections import SipConnection
from services.models.status import Purpose

__all__ = ["Customer", "LicenseType", "OnboardingDraft", "Purpose", "Sbc", "Service", "SipConnection"]
