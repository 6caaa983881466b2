"""Checks for `manage.py check`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def the_lease_outlasts_the_mail(**kwargs: Any) -> list[CheckMessage]:
    """A row is begun within a quarter of its lease (portal/core/leases.py); otherwise a second worker would send it."""
    if settings.MAIL_LEASE.total_seconds() * 3 / 4 >= settings.MAIL_LONGEST_SEND:
        return []
    return [Error("MAIL_LONGEST_SEND must fit into three quarters of MAIL_LEASE", id="core.E001")]
