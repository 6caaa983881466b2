"""The one HTTP session for Microsoft: only its hosts, no redirects, no cookies, nothing from the environment.

Why, as measured with MSAL for Python 1.39.0, requests 2.34.2 and urllib3 2.8.0: without time-outs MSAL waits for
ever; REQUESTS_CA_BUNDLE and proxies from the environment win over `verify`; cookies of one tenant travel to the
next; urllib3 sleeps for the whole Retry-After before it retries.
"""

import http.cookiejar
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from m365.clouds import Cloud, endpoints

POOL_SIZE = 32


@dataclass(frozen=True)
class Answer:
    """What Microsoft answered, reduced to what may be kept: never a description, never a token."""

    status: int | None = None  # None: no answer at all
    error: str = ""
    codes: tuple[int, ...] = ()
    trace_id: str = ""
    retry_after: float | None = None  # seconds


class MicrosoftError(Exception):
    """Microsoft said no, and will say no again until somebody changes something."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status} {answer.error} {answer.codes}")
        self.answer = answer


class MicrosoftUnreachable(MicrosoftError):
    """No answer, throttled, or an outage: nobody's fault, try again later."""


class HostRefused(requests.RequestException):
    """Somebody, perhaps a forged discovery document, named a host that is not Microsoft's."""


class _MicrosoftOnly(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        if asked.scheme != "https" or not any(asked.netloc in endpoints(cloud).hosts for cloud in Cloud):
            raise HostRefused(f"{asked.scheme}://{asked.netloc} is no address of Microsoft 365")
        return super().send(request, *args, **kwargs)


@lru_cache(maxsize=1)
def session() -> requests.Session:
    """One per process, shared by all tenants."""
    made = requests.Session()
    made.trust_env = False
    made.verify = settings.M365_CA_BUNDLE or True
    made.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    made.mount("https://", _MicrosoftOnly(pool_maxsize=POOL_SIZE, max_retries=0))
    made.mount("http://", _MicrosoftOnly())
    return made


class Recorder:
    """The HTTP client that MSAL is given; keeps the last answer, because MSAL hides status, headers and body."""

    def __init__(self) -> None:
        self.last: requests.Response | None = None

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        return self._ask("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        return self._ask("POST", url, **kwargs)

    def close(self) -> None:
        """The session is shared and stays open."""

    def _ask(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        self.last = None
        timeouts = (settings.M365_CONNECT_TIMEOUT, settings.M365_READ_TIMEOUT)
        kwargs.update(timeout=timeouts, allow_redirects=False)
        self.last = session().request(method, url, **kwargs)
        return self.last


def retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks for; Graph has been seen to send decimals."""
    value = response.headers.get("Retry-After", "").strip()
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d+)?", value) else None
