"""Logs: one event a line, one JSON object a line, with the id of the request or job that is being worked on.

The id of a request travels with the rows that it stores, so that what workers do about them days later stands under it,
too. No line holds an address, a link or a secret.
"""

import json
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
# The signed part of an emailed link; Django itself logs the paths of requests that fail.
SIGNED_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}-\d+\.[A-Za-z0-9_-]{43}")


def new_request_id() -> str:
    """Short enough to be read out on the telephone."""
    return uuid.uuid4().hex[:12]


@contextmanager
def working_on(job_id: str) -> Iterator[None]:
    """Log under the id of the request that asked for this work."""
    token = request_id.set(job_id)
    try:
        yield
    finally:
        request_id.reset(token)


Field = str | int | float | bool | uuid.UUID | date | tuple[int, ...] | None


class EventLog:
    """A module's log. Each line is an event: its name, as "mail.concluded", and what there is to know of it."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: Field) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Field) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Field) -> None:
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: Field) -> None:
        """With the traceback of the exception that is being handled."""
        self._write(logging.ERROR, event, fields, exc_info=True)

    def _write(self, level: int, event: str, fields: dict[str, Field], *, exc_info: bool = False) -> None:
        told = " ".join([event, *(f"{name}={value}" for name, value in fields.items())])
        more = {"event": event, "fields": fields}
        # As one argument: a per cent sign in a field is no placeholder.
        self._logger.log(level, "%s", told, extra=more, exc_info=exc_info, stacklevel=3)


class JsonFormatter(logging.Formatter):
    """An event with its fields, or a library's message; for errors the traceback. No local variable, no usable link."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
        }
        event = getattr(record, "event", None)
        if event is None:
            line |= {"event": "library", "message": record.getMessage()}
        else:
            line |= {"event": event, **getattr(record, "fields", {})}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return SIGNED_TOKEN.sub("•••", json.dumps(line, ensure_ascii=False, default=str))


class Unexpected(logging.Filter):
    """Only what comes with a traceback: that a page was not found, the line `request` tells."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`, the same in web, workers and beat: lines on standard error."""
    above = {
        # urllib3 logs addresses at DEBUG; msal 1.39.0 logs an answer that is no JSON whole, token and all, at ERROR.
        "urllib3": "WARNING",
        "msal": "CRITICAL",
        # The line `request` tells the same, without an address.
        "gunicorn.access": "WARNING",
        # What tasks did is told by the rows that they worked on; each minute's sweeps are no news.
        "celery.app.trace": "WARNING",
        "celery.beat": "WARNING",
        "celery.worker.strategy": "WARNING",
    }
    ours_to_write = {"handlers": [], "propagate": True}  # not by handlers of their own
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "portal.core.logs.JsonFormatter"}},
        "filters": {"unexpected": {"()": "portal.core.logs.Unexpected"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": least} for name, least in above.items()}
        | dict.fromkeys(("django", "django.server", "gunicorn.error"), ours_to_write)
        | {"django.request": {"filters": ["unexpected"]}},
    }
