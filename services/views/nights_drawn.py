"""Two drawings of the nightly run's page, as numbers for SVG: where each connection ended, and the last nights."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from services.nights import ORDER, SHAPES, Account

BAR_WIDTH, GAP, NARROWEST = 860, 4, 26
COLUMN_STEP, COLUMN_WIDTH, FLOOR, TALLEST = 77, 44, 70, 60


def bar(account: Account) -> list[dict[str, Any]]:
    """One piece for each state that occurs; small groups are drawn wider than they are, so that they are seen."""
    pieces = [(state, account.states[state]) for state in ORDER if account.states[state]]
    room = BAR_WIDTH - GAP * (len(pieces) - 1) - NARROWEST * len(pieces)
    drawn, x = [], 0
    for state, count in pieces:
        width = NARROWEST + room * count // account.states.total()
        drawn.append({"x": x, "width": width, "shape": SHAPES[state], "words": f"{count} {state.label}"})
        x += width + GAP
    return drawn


def last_nights(by_date: Mapping[date, Account], night: date, count: int) -> list[dict[str, Any]]:
    """A column for each of the last nights, as high as its run took minutes; `account` is None where there was none."""
    days = [night - timedelta(days=back) for back in reversed(range(count))]
    known = [by_date[day].minutes or 0 for day in days if day in by_date]
    longest = max([1, *known])
    return [_column(number, day, by_date.get(day), longest) for number, day in enumerate(days)]


def _column(number: int, day: date, account: Account | None, longest: int) -> dict[str, Any]:
    minutes = account.minutes if account else None
    height = 46 if account is None else max(2, TALLEST * (minutes or 0) // longest)
    x = 24 + COLUMN_STEP * number
    return {
        "x": x,
        "middle": x + COLUMN_WIDTH // 2,
        "y": FLOOR - height,
        "height": height,
        "day": day,
        "minutes": minutes,
        "account": account,
    }
