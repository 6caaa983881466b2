"""Sessions in the database, as Django keeps them; only keys such as it makes are looked up."""

from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """A quoted cookie can hold any character: with NUL in its key, Django's own store fails in PostgreSQL.

    The name stays Django's, for it is part of what the rows are signed with.
    """

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(super()._validate_session_key(key)) and set(key or "") <= set(VALID_KEY_CHARS)  # type: ignore[misc] # not in the stubs
