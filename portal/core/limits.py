"""How often one client may ask for a public page; counted in Redis, so that all web processes count together.

The limits stop scripts, not people: an office behind one address stays far below them. Without its cache the limiter
lets through and says so in the log, because a page that works matters more than the count.
"""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

from portal.core.logs import EventLog

log = EventLog(__name__)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
WINDOW_SECONDS = 60
# A household or an office holds a whole /64; single addresses of it cost nothing.
IPV6_NETWORK_BITS = 64


def limited(name: str, most: int, *, posts: int | None = None) -> Callable[[View[P]], View[P]]:
    """Let each client ask `most` times a minute, and send forms `posts` times if that is given; 429 above that.

    A request is counted once, so that a silent Redis delays it by one time-out only.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            sends = request.method == "POST" and posts is not None
            slot = f"limit/{name}/{'post' if sends else 'any'}/{client(request)}"
            if _may(slot, posts if sends and posts is not None else most):
                return view(request, *args, **kwargs)
            log.warning("limit.reached", limit=name)
            return too_many(request)

        return wrapped

    return decorate


def address(request: HttpRequest) -> str:
    """Where a request comes from, as the nearest thing that we trust reports it; "unknown" if that is no address.

    Behind our own proxies that is the entry of X-Forwarded-For that the outermost of them wrote, counted from the end;
    whatever stands before it came from outside. Without a proxy the header is nobody's word.
    """
    told = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        entries = request.headers.get("X-Forwarded-For", told).split(",")
        told = entries[-settings.PROXIES].strip() if len(entries) >= settings.PROXIES else ""
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return "unknown"


def client(request: HttpRequest) -> str:
    """Whom to count a request for: an IPv4 address or an IPv6 network."""
    try:
        known = ipaddress.ip_address(address(request))
    except ValueError:
        return "unknown"
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, IPV6_NETWORK_BITS), strict=False))


def _may(slot: str, most: int) -> bool:
    counters = caches["redis"]
    try:
        counters.add(slot, 0, WINDOW_SECONDS)
        return counters.incr(slot) <= most
    except ValueError:  # the window ended between the two
        return True
    except (RedisError, OSError) as error:
        log.warning("limit.not_counted", error=type(error).__name__)
        return True


def too_many(request: HttpRequest) -> HttpResponse:
    """The page that asks for a minute's patience; a poll keeps what it shows and asks again."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = str(WINDOW_SECONDS)
    response["HX-Reswap"] = "none"
    return response
