"""The clock of expiry and link life, and moments as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from invitations.models import Invitation
from portal.core.clock import days_until, now
from portal.core.moments import brief, spelled_out

WEEK_AND_A_DAY = str(8 * 24 * 3600)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=1), 0),
        (timedelta(days=1, minutes=1), 1),
        (timedelta(minutes=1), 0),
        (timedelta(minutes=-1), -1),
        (timedelta(days=-1, minutes=-1), -2),
    ],
)
def test_days_are_whole_ones_rounded_down(left, days):
    assert days_until(now() + left - timedelta(seconds=1)) == days


def test_the_shift_moves_this_clock_and_no_other(monkeypatch):
    before = timezone.now()
    monkeypatch.setenv("CLOCK_SHIFT", WEEK_AND_A_DAY)

    assert now() - before >= timedelta(days=8)
    assert timezone.now() - before < timedelta(days=1)


def test_a_week_later_the_link_is_dead(service, client, monkeypatch):
    link = service.invitation.link
    monkeypatch.setenv("CLOCK_SHIFT", WEEK_AND_A_DAY)

    assert service.invitation.state == Invitation.State.EXPIRED
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    ("zone", "short", "long"),
    [
        ("UTC", "27 Nov 2026, 14:12 (UTC)", "Friday, 27 November 2026, 14:12 (UTC)"),
        (
            "Europe/Berlin",
            "27 Nov 2026, 15:12 (UTC+1)",
            "Friday, 27 November 2026, 15:12 (UTC+1, Europe/Berlin)",
        ),
        (
            "Asia/Kolkata",
            "27 Nov 2026, 19:42 (UTC+5:30)",
            "Friday, 27 November 2026, 19:42 (UTC+5:30, Asia/Kolkata)",
        ),
        (
            "America/St_Johns",
            "27 Nov 2026, 10:42 (UTC-3:30)",
            "Friday, 27 November 2026, 10:42 (UTC-3:30, America/St_Johns)",
        ),
    ],
)
def test_a_moment_names_its_offset_and_in_mails_its_zone(zone, short, long):
    at = datetime(2026, 11, 27, 14, 12, tzinfo=UTC)
    with timezone.override(zone):
        assert (brief(at), spelled_out(at)) == (short, long)
