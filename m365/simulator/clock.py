"""The simulator's own clock: real time plus a shift that a test or the demo chooses."""

from datetime import UTC, datetime, timedelta


class Clock:
    """UTC now, moved by a shift; every date the simulator compares or prints is read here."""

    def __init__(self, shift_seconds: float = 0) -> None:
        self._initial = timedelta(seconds=shift_seconds)
        self._shift = self._initial

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def shift(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move the clock on from where it stands; negative values move it back."""
        self._shift += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def reset(self) -> None:
        self._shift = self._initial
