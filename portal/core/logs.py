"""Logs as one JSON object a line, with the id of the request or job that is being worked on."""

import json
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

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


class JsonFormatter(logging.Formatter):
    """Message, level, logger, request id and, for errors, the traceback; no local variable, no usable link."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return SIGNED_TOKEN.sub("•••", json.dumps(line, ensure_ascii=False))
