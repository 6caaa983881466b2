"""Outages and throttling, per tenant and endpoint: what goes wrong before any rule is asked."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from m365.simulator.wire import Headers, Response, Trickle

LOGIN_ENDPOINTS = ("discovery", "instance", "keys", "token")
GRAPH_ENDPOINTS = ("organization", "applications", "servicePrincipals", "addPassword", "removePassword")

KINDS = {
    "429": "throttled: plain text on the login host, JSON on Graph",
    "503": "down: AADSTS90033 as JSON on the login host, serviceNotAvailable on Graph",
    "504": "a gateway's HTML page",
    "drop": "the connection ends without an answer",
    "slow": "the right answer, after `seconds`",
    "trickled-headers": "headers that never end, a byte each `seconds`",
    "trickled-body": "a body that never ends, a byte each `seconds`",
    "truncated": "the right answer, half of it",
    "html": "200 with the HTML page of a captive portal",
    "error-200": "200 with an error document",
    "refusal": "`code` of Entra's catalogue on the login host, with another `error` and `status` if given; `code` as "
    "text with `status` on Graph",
    "scripted": "exactly this `status`, these `headers`, this `body`",
    "foreign-endpoint": "a discovery document whose token endpoint stands on a stranger's host",
}

_GATEWAY_PAGE = (
    "<html><head><title>504 Gateway Time-out</title></head>"
    "<body><center><h1>504 Gateway Time-out</h1></center></body></html>"
)
_CAPTIVE_PAGE = "<!doctype html><title>Welcome</title><h1>Please accept the terms of this network</h1>"


@dataclass(frozen=True)
class Fault:
    """`retry_after` is sent as it is with 429 and 503, None sends none; `seconds` is the delay of `slow` and the
    pause between the bytes of what trickles.
    """

    kind: str
    retry_after: str | None = None
    seconds: float = 60
    status: int = 0
    code: int | str = ""
    error: str = ""
    body: bytes = b""
    headers: Headers = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Unknown fault {self.kind!r}; known are {', '.join(KINDS)}.")

    @classmethod
    def of(cls, kind: str, **settings: Any) -> "Fault":
        """With the settings usual for the kind: Entra's 429 says 60 seconds unless told otherwise."""
        usual: dict[str, Any] = {"retry_after": "60"} if kind == "429" else {}
        if kind.startswith("trickled"):
            usual = {"seconds": 1}
        return cls(kind, **(usual | settings))

    @classmethod
    def parse(cls, value: str | Mapping[str, Any]) -> "Fault":
        """From a directory file: a kind, or a table with `kind` and settings."""
        return cls.of(value) if isinstance(value, str) else cls.of(**value)

    def retry_headers(self) -> Headers:
        return (("Retry-After", self.retry_after),) if self.retry_after is not None else ()

    def page(self) -> Response | None:
        """The answer of kinds that look the same on both hosts."""
        if self.kind == "504":
            return Response.of_text(504, _GATEWAY_PAGE, "text/html")
        if self.kind == "html":
            return Response.of_text(200, _CAPTIVE_PAGE, "text/html; charset=utf-8")
        if self.kind == "scripted":
            # Whatever the headers say of its length, this answer ends with its connection.
            return Response(self.status or 200, self.body, "", (*self.headers, ("Connection", "close")))
        return None


@dataclass(frozen=True)
class Call:
    """A request to an endpoint, and how it is answered, well or unwell.

    `tenant_id` is the GUID of a tenant, or the text that was meant for one.
    """

    endpoint: str
    tenant_id: str
    answer: Callable[[], Response]
    failure: Callable[[Fault], Response]

    def answer_with(self, fault: Fault | None, wait: Callable[[float], object]) -> Response | None:
        """The answer that this fault leaves; None for a dropped connection. `wait` waits so many seconds."""
        if fault is None:
            return self.answer()
        if fault.kind == "drop":
            return None
        if fault.kind == "slow":
            wait(fault.seconds)
            return self.answer()
        if fault.kind == "truncated":
            return self.answer().cut_in_half()
        if fault.kind.startswith("trickled"):
            trickle = Trickle(fault.kind.removeprefix("trickled-"), fault.seconds)
            return replace(self.answer(), trickle=trickle)
        return fault.page() or self.failure(fault)


class Faults:
    """Faults set while running; they come before those of a tenant's file entry."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: dict[tuple[str | None, str | None], tuple[Fault, int | None]] = {}

    def set(
        self, tenant_id: str | None, endpoint: str | None, fault: Fault, times: int | None = None
    ) -> None:
        """For `times` requests, or until cleared. None stands for every tenant, or every endpoint."""
        if endpoint is not None and endpoint not in LOGIN_ENDPOINTS + GRAPH_ENDPOINTS:
            raise ValueError(f"Unknown endpoint {endpoint!r}.")
        if fault.kind == "foreign-endpoint" and endpoint != "discovery":
            raise ValueError("Only discovery names an endpoint.")
        with self._lock:
            self._set[tenant_id, endpoint] = fault, times

    def clear(self) -> None:
        with self._lock:
            self._set.clear()

    def take(self, tenant_id: str, endpoint: str) -> Fault | None:
        """The most particular fault for this request, counted down."""
        keys = ((tenant_id, endpoint), (tenant_id, None), (None, endpoint), (None, None))
        with self._lock:
            for key in keys:
                if key in self._set:
                    fault, left = self._set[key]
                    if left == 1:
                        del self._set[key]
                    elif left is not None:
                        self._set[key] = fault, left - 1
                    return fault
        return None
