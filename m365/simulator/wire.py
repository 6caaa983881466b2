"""One HTTP request and one HTTP answer, free of sockets."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import parse_qs

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """`headers` has lower-case names; `base_url` is scheme and host as the client addressed us."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter."""
        found = parse_qs(self.query, keep_blank_values=True).get(name)
        return found[0] if found else None


@dataclass(frozen=True)
class Trickle:
    """An answer that never ends: a byte each `seconds`, in the `headers` or in the `body`, until the line is cut."""

    part: str
    seconds: float
    on_cut: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Response:
    """`content_type` empty: no such header; a Content-Length among `headers` replaces the right one."""

    status: int
    body: bytes
    content_type: str
    headers: Headers = ()
    trickle: Trickle | None = None

    @classmethod
    def of_json(cls, status: int, payload: Mapping[str, Any], content_type: str, headers: Headers) -> Self:
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, content_type, headers)

    @classmethod
    def of_text(cls, status: int, text: str, content_type: str, headers: Headers = ()) -> Self:
        return cls(status, text.encode(), content_type, headers)

    def cut_in_half(self) -> Self:
        """The same answer as a broken proxy would pass it on: complete for HTTP, half a document for JSON."""
        return replace(self, body=self.body[: len(self.body) // 2])
