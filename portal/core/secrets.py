"""A secret value on its way through the process."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """Text that no log line, traceback, page or comparison message shows by accident."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__
