"""A role of an operator as every page asks for it: where it holds, and what goes with the place."""

import uuid
from typing import NamedTuple

from portal.core.roles import Role


class Standing(NamedTuple):
    """One role of an operator, where it holds, and how many of the operator's notices are unread."""

    channel_id: uuid.UUID | None
    channel_name: str | None
    logo_id: str | None
    role: str
    unread: int

    @property
    def key(self) -> str:
        """By which it is chosen among several."""
        return str(self.channel_id or "provider")

    @property
    def label(self) -> str:
        return f"{Role(self.role).label}, {self.channel_name or 'all channels'}"
