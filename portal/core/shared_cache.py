"""The cache that all web processes share, in PostgreSQL: sign-in limits stand in it."""

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, connections, router


class SharedCache(DatabaseCache):
    """Django's own, but loud: it takes every database error for a lost race.

    So a database that takes nothing would look like too many attempts to sign in.
    """

    def _base_set(self, *args: Any, **kwargs: Any) -> bool:
        """Raises DatabaseError for anything but a lost race."""
        failures: list[DatabaseError] = []

        def note(execute: Any, *asked: Any) -> Any:
            try:
                return execute(*asked)
            except IntegrityError:
                raise
            except DatabaseError as error:
                failures.append(error)
                raise

        with connections[router.db_for_write(self.cache_model_class)].execute_wrapper(note):
            stored: bool = super()._base_set(*args, **kwargs)  # type: ignore[misc] # not in the stubs
        if failures:
            raise failures[0]
        return stored
