"""Checks for `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from m365.clouds import Cloud, overrides


@register()
def the_lease_outlasts_the_validation(**kwargs: Any) -> list[CheckMessage]:
    """Otherwise a second worker takes a validation over whose first one still waits for Microsoft."""
    if settings.M365_CHECK_LEASE.total_seconds() >= 2 * settings.M365_DEADLINE:
        return []
    return [Error("M365_CHECK_LEASE must be at least twice M365_DEADLINE", id="m365.E010")]


@register(Tags.security, deploy=True)
def microsoft_is_microsoft(**kwargs: Any) -> list[CheckMessage]:
    """In production, credentials go to Microsoft's own hosts."""
    names = [*(name for cloud in Cloud for name in overrides(cloud)), "M365_CA_BUNDLE"]
    return [
        Error(f"{name} sends customers' secrets elsewhere than to Microsoft", id=f"m365.E{number:03}")
        for number, name in enumerate(names, 1)
        if getattr(settings, name)
    ]
