"""Moments as people read them, always with the offset, because sender and reader may sit in different zones."""

from datetime import datetime, timedelta

from django.utils import formats, timezone


def brief(at: datetime) -> str:
    """As "23 Nov 2026, 10:44 (UTC+1)", in the zone that is active."""
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'j M Y, H:i')} ({offset(local)})"


def spelled_out(at: datetime) -> str:
    """As "Friday, 27 November 2026, 15:12 (UTC+1, Europe/Berlin)", for mails and public pages."""
    local = timezone.localtime(at)
    zone = timezone.get_current_timezone_name()
    named = offset(local) if zone == offset(local) else f"{offset(local)}, {zone}"
    return f"{formats.date_format(local, 'l, j F Y, H:i')} ({named})"


def offset(local: datetime) -> str:
    """As "UTC", "UTC+1" or "UTC+5:30"."""
    minutes = int((local.utcoffset() or timedelta(0)).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
