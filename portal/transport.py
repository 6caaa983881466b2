"""Whether database, Redis and mail server are spoken to in secret, and are who they should be.

In clear is allowed over a socket, on this machine, and to hosts that TRUSTED_PLAIN_HOSTS names, such as those of a
private network of containers. Everywhere else the portal refuses to start.
"""

import ipaddress
import os
import ssl
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Of libpq's six words the only one that checks the certificate and whose it is (PostgreSQL's manual, SSL support).
_VERIFIED = "verify-full"
_HOW = "or list the host in TRUSTED_PLAIN_HOSTS if the network to it is yours alone"


def demand_verified(
    database: Mapping[str, Any], redis_url: str, mail: Mapping[str, Any], trusted: Collection[str]
) -> None:
    """Raises ImproperlyConfigured naming each variable whose connection somebody could read or answer."""
    plain = {host.lower() for host in trusted}
    faults = [*_of_database(database, plain), *_of_redis(redis_url, plain), *_of_mail(mail, plain)]
    if faults:
        raise ImproperlyConfigured("; ".join(faults))


def broker_tls(redis_url: str) -> dict[str, Any] | None:
    """For Celery, which reads nothing of it from the URL: with rediss:// alone kombu 5.7 verifies no certificate."""
    url = urlsplit(redis_url)
    if url.scheme != "rediss":
        return None
    asked = {name: values[0] for name, values in parse_qs(url.query).items() if name.startswith("ssl_ca")}
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True, **asked}


def _of_database(database: Mapping[str, Any], plain: Collection[str]) -> list[str]:
    options = database.get("OPTIONS", {})
    host = database.get("HOST") or options.get("host") or os.environ.get("PGHOST", "")
    named = [host, *(str(options[name]) for name in ("hostaddr", "service") if name in options)]
    hosts = [one for name in named for one in name.split(",")]
    if options.get("sslmode") == _VERIFIED or all(_is_near(one, plain) for one in hosts):
        return []
    return [f"DATABASE_URL needs ?sslmode={_VERIFIED}, with sslrootcert for a private authority, {_HOW}"]


def _of_redis(redis_url: str, plain: Collection[str]) -> list[str]:
    url = urlsplit(redis_url)
    if _is_near(url.hostname or "", plain):
        return []
    asked = parse_qs(url.query)
    loose = asked.get("ssl_cert_reqs", ["required"]) != ["required"] or "ssl_check_hostname" in asked
    faults = []
    if url.scheme != "rediss" or loose:
        faults.append(f"REDIS_URL must begin with rediss:// and leave its certificate to be verified, {_HOW}")
    if not url.password:
        faults.append("REDIS_URL needs a password")
    return faults


def _of_mail(mail: Mapping[str, Any], plain: Collection[str]) -> list[str]:
    encrypted = mail.get("EMAIL_USE_TLS") or mail.get("EMAIL_USE_SSL")
    if encrypted or _is_near(mail.get("EMAIL_HOST") or "", plain):
        return []
    return [f"EMAIL_URL must begin with smtp+tls:// or smtp+ssl://, {_HOW}"]


def _is_near(host: str, plain: Collection[str]) -> bool:
    """A socket (no host, or a path), this machine itself, or a host that is trusted."""
    if not host or host.startswith("/") or host == "localhost" or host.lower() in plain:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
