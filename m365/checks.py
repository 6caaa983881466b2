"""Checks for `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def microsoft_is_microsoft(**kwargs: Any) -> list[CheckMessage]:
    """In production, credentials go to Microsoft's own hosts."""
    names = ("M365_LOGIN_URL", "M365_GRAPH_URL", "M365_CA_BUNDLE")
    return [
        Error(f"{name} sends customers' secrets elsewhere than to Microsoft", id=f"m365.E{number:03}")
        for number, name in enumerate(names, 1)
        if getattr(settings, name)
    ]
