"""The portal's clock for expiry, thresholds and link life; leases use the database's own."""

import os
from datetime import datetime, timedelta

from django.utils import timezone


def now() -> datetime:
    """This moment in UTC, moved by CLOCK_SHIFT seconds, which production settings refuse."""
    return timezone.now() + timedelta(seconds=int(os.environ.get("CLOCK_SHIFT", "0")))


def days_until(moment: datetime) -> int:
    """Whole days of 24 h until `moment`, rounded down; negative once it has passed."""
    return (moment - now()) // timedelta(days=1)
