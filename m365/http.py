"""The one way to ask Microsoft: only its hosts, no redirects, no cookies, nothing from the environment.

Why, as measured with MSAL for Python 1.39.0, requests 2.34.2 and urllib3 2.8.0: without time-outs MSAL waits for
ever; REQUESTS_CA_BUNDLE and proxies from the environment win over `verify`; cookies of one tenant travel to the
next; urllib3 sleeps for the whole Retry-After before it retries.
"""

import http.cookiejar
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter

from m365.clouds import Cloud, endpoints
from m365.deadline import WatchedPool, overdue
from portal.core.leases import pause

POOL_SIZE = 32
# Far above any answer that is asked for; what sends more is not Microsoft.
LARGEST_ANSWER = 4_000_000  # bytes
# Nobody waits longer, whatever a server asks for.
LONGEST_RETRY_AFTER = 120.0  # seconds
_HTTP_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
# What `Answer.error` says when the time was over.
TIMED_OUT = "timed_out"


@dataclass(frozen=True)
class Answer:
    """What Microsoft answered, reduced to what may be kept: never a description, never a token."""

    status: int | None = None  # None: no answer at all
    error: str = ""
    codes: tuple[int, ...] = ()
    trace_id: str = ""
    retry_after: float | None = None  # seconds

    def again_in(self, tries: int, *, first: timedelta, longest: timedelta) -> timedelta:
        """When to ask again after so many tries: as late as Microsoft wants, or later, by a pause that grows."""
        return max(timedelta(seconds=self.retry_after or 0), pause(tries, first=first, longest=longest))


class MicrosoftError(Exception):
    """Microsoft said no, and will say no again until somebody changes something."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status} {answer.error} {answer.codes}")
        self.answer = answer


class MicrosoftUnreachable(MicrosoftError):
    """No answer, throttled, or an outage: nobody's fault, try again later."""


class HostRefused(requests.RequestException):
    """Somebody, perhaps a forged discovery document, named a host that is not Microsoft's."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer in the form that MSAL reads, too."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def document(self) -> dict[str, Any]:
        """The JSON object that it holds; empty for anything else."""
        try:
            read = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}


class _MicrosoftOnly(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": WatchedPool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        if asked.scheme != "https" or not any(asked.netloc in endpoints(cloud).hosts for cloud in Cloud):
            raise HostRefused(f"{asked.scheme}://{asked.netloc} is no address of Microsoft 365")
        return super().send(request, *args, **kwargs)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: not even read, for a malformed Location breaks the parser."""


@lru_cache(maxsize=1)
def session() -> requests.Session:
    """One per process, shared by all tenants."""
    made = _Session()
    made.trust_env = False
    made.verify = settings.M365_CA_BUNDLE or True
    made.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    made.mount("https://", _MicrosoftOnly(pool_maxsize=POOL_SIZE, max_retries=0))
    made.mount("http://", _MicrosoftOnly())
    return made


def ask(method: str, url: str, **kwargs: Any) -> Reply:
    """The answer, whatever it says. Raises HostRefused, or MicrosoftUnreachable when there is none in time."""
    timeouts = (settings.M365_CONNECT_TIMEOUT, settings.M365_READ_TIMEOUT)
    kwargs.update(timeout=timeouts, allow_redirects=False, stream=True)
    try:
        if overdue():
            raise requests.Timeout
        with session().request(method, url, **kwargs) as response:
            body = _body(response)
        if overdue():  # a body without a length ends where the watchdog cut it
            raise requests.Timeout
    except HostRefused:
        raise
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        late = overdue() or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError)
        raise MicrosoftUnreachable(Answer(error=TIMED_OUT if late else "")) from error
    return Reply(response.status_code, body.decode(errors="replace"), response.headers)


def _body(response: requests.Response) -> bytes:
    body = bytearray()
    for part in response.raw.stream(65_536, decode_content=True):
        body += part
        if len(body) > LARGEST_ANSWER:
            raise requests.RequestException("the answer does not end")
    return bytes(body)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks for, at most LONGEST_RETRY_AFTER; None when it asks for nothing sensible.

    Seconds or a date in one of three forms (RFC 9110, sections 10.2.3 and 5.6.7); Graph has been seen to send decimals.
    """
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return min(float(value), LONGEST_RETRY_AFTER)
    for form in _HTTP_DATES:
        try:
            at = datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        left = (at - datetime.now(UTC)).total_seconds()
        return min(max(left, 0.0), LONGEST_RETRY_AFTER)
    return None


def name_of_error(value: object) -> str:
    """An `error` or code as it may be logged and stored: a plain word, so that nothing quoted slips in; else empty."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_]{1,60}", value) else ""


def trace_id(value: object) -> str:
    """Microsoft's number of a call, which is a GUID; else empty."""
    return value if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f-]{30,40}", value) else ""


def readable(value: object, longest: int = 256) -> str:
    """Text from outside as it may be stored and shown: one line, printable, so long at most; else empty."""
    if not isinstance(value, str):
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in value[:longest]).strip()
