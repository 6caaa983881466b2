"""All settings, by subject; every value that differs between installations comes from the environment.

Safe for production by default: what is missing is named, all of it at once, and the portal does not start.
The README's table lists every variable.
"""

import email.utils
import re
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal import transport
from portal.account_settings import *  # noqa: F403 - passwords, second factors, limits
from portal.core import logs
from portal.keeping_settings import *  # noqa: F403 - what is kept, and for how long

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

REQUIRED = (
    "SECRET_KEY",
    "LINK_SIGNING_KEYS",
    "SEALING_KEYS",
    "PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
)
if missing := [name for name in REQUIRED if not env.str(name, "")]:
    raise ImproperlyConfigured(f"Settings are missing from the environment: {', '.join(missing)}")

# What this process is for. Only the demo and the tests may move the clock or leave https.
PORTAL_MODE = env.str("PORTAL_MODE", "production")
if PORTAL_MODE not in ("production", "demo", "test"):
    raise ImproperlyConfigured(f"PORTAL_MODE is production, demo or test, not {PORTAL_MODE!r}")
PRODUCTION = PORTAL_MODE == "production"
DEBUG = False


def _test_may_set(name: str, usual: float) -> float:
    """A number that tests alone may change, so that leases run out and sweeps come in seconds."""
    return env.float(name, usual) if PORTAL_MODE == "test" else usual


# Seconds added to today's date for expiry and link life; lets tests try tomorrow.
if PRODUCTION and env.int("CLOCK_SHIFT", 0):
    raise ImproperlyConfigured("CLOCK_SHIFT moves the portal's clock and is refused in production")

# Keys. The first one signs or seals, all of them verify and open: to rotate, prepend one.
SECRET_KEY = env.str("SECRET_KEY")
LINK_SIGNING_KEYS: list[str] = env.list("LINK_SIGNING_KEYS")
SEALING_KEYS: list[str] = env.list("SEALING_KEYS")
if not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key) for key in SEALING_KEYS):
    raise ImproperlyConfigured("SEALING_KEYS are 32 random bytes each, in URL-safe base64")

if PRODUCTION and min(map(len, [SECRET_KEY, *LINK_SIGNING_KEYS])) < 32:
    raise ImproperlyConfigured("SECRET_KEY and each of LINK_SIGNING_KEYS need 32 characters or more")

# Where browsers find the portal. Links in mails are built from this and from nothing a request says.
PUBLIC_URL = env.str("PUBLIC_URL").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if not _public.hostname or _public.path:
    raise ImproperlyConfigured(
        "PUBLIC_URL is scheme, host and perhaps port, for example https://connect.example"
    )
HTTPS = _public.scheme == "https"
if PRODUCTION and not HTTPS:
    raise ImproperlyConfigured("PUBLIC_URL must begin with https://")
ALLOWED_HOSTS: list[str] = [_public.hostname, *env.list("EXTRA_HOSTS", default=[])]

# The provider, as invitees see it: name, and "mail address, telephone".
PROVIDER_NAME = env.str("PROVIDER_NAME", "Your voice service provider")
_contact = [part.strip() for part in env.str("PROVIDER_CONTACT", "").split(",")]
PROVIDER_EMAIL = next((part for part in _contact if "@" in part), "")
PROVIDER_PHONE = next((part for part in _contact if part and "@" not in part), "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "portal.published.PublishedFilesConfig",  # django.contrib.staticfiles
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "portal",
    "portal.core",
    "m365",
    "invitations",
    "services",
]
MIDDLEWARE = [
    "portal.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.core.accounts.sessions.SessionLifeMiddleware",
    "portal.core.middleware.SignInMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.core.middleware.OperatorMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.core.context.portal",
                "services.alarms.context",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database. Everything that must not be lost is a row here, sessions and limits included.
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].update({"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "portal.core.shared_cache.SharedCache", "LOCATION": "core_cache"},
    "redis": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
}

# Signing in. Accounts are made by an admin, never by a visitor; pages that need none say so themselves.
AUTH_USER_MODEL = "core.Operator"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers allow passkeys on localhost without it
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# Cookies: the __Host- prefix binds them to this very host, and browsers accept it over https only.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
# Signed in for a working day at most, and not past this long without a click.
SESSION_LASTS = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", 60))
SESSION_COOKIE_AGE = int(SESSION_LASTS.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True

# Browsers: https only, no frames, nothing from other hosts, no inline script or style.
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|healthz|metrics)$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if env.bool("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# So many proxies of ours stand in front, each of which adds the address it was asked from to X-Forwarded-For.
PROXIES = env.int("PROXIES", 1)
if PROXIES < 1:
    raise ImproperlyConfigured("PROXIES is how many proxies of yours stand in front, 1 or more")
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portal.core.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": dict.fromkeys(["default-src", "base-uri", "object-src", "frame-ancestors"], (NONE,))
    | dict.fromkeys(["script-src", "style-src", "font-src", "connect-src", "form-action"], (SELF,))
    | {"img-src": (SELF, "data:"), "report-uri": "/csp-reports/"}
}

# Uploads: one small file a form, in memory; nothing that is sent gets to the disk.
UPLOAD_MOST_BYTES = 2_000_000
FILE_UPLOAD_HANDLERS = ["portal.core.uploads.BoundedUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# Static files are served by the web process itself, compressed and named by their content.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
WHITENOISE_USE_FINDERS = PORTAL_MODE == "test"
_statics = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if PORTAL_MODE == "test"
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": _statics},
}

# Times are stored in UTC and shown in the operator's own zone; this one is for mails and public pages.
LANGUAGE_CODE = "en-gb"
USE_TZ = True
USE_I18N = False
TIME_ZONE = env.str("TIME_ZONE", "UTC")

# Beat has every queue looked at this often, whatever became of the wake-up calls.
SWEEP = timedelta(seconds=_test_may_set("SWEEP_SECONDS", 60))
# After so long a worker that takes nothing, or a beat that sends nothing, is called silent; three sweeps.
SILENT_AFTER = timedelta(seconds=_test_may_set("SILENT_AFTER_SECONDS", 180))
# Whoever has this reads /metrics; without it there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
if PRODUCTION and 0 < len(METRICS_TOKEN) < 32:
    raise ImproperlyConfigured("METRICS_TOKEN needs 32 characters or more")
# Mail. Only workers speak SMTP.
vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 30
# In clear to no host but these, a socket and this machine itself (portal/transport.py).
TRUSTED_PLAIN_HOSTS: list[str] = env.list("TRUSTED_PLAIN_HOSTS", default=[])
if PRODUCTION:
    _mail = env.email_url("EMAIL_URL")
    transport.demand_verified(DATABASES["default"], REDIS_URL, _mail, TRUSTED_PLAIN_HOSTS)
_sender = (PROVIDER_NAME, PROVIDER_EMAIL or "portal@localhost")
MAIL_FROM = env.str("MAIL_FROM", email.utils.formataddr(_sender))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
# Longer than the longest send: a lease that ends early would itself make the duplicate.
MAIL_LONGEST_SEND = _test_may_set("MAIL_LONGEST_SEND_SECONDS", 90)  # for one mail; then the line is cut
MAIL_LINES = env.int("MAIL_LINES", 8)  # open at once, in the whole installation
MAIL_LEASE = timedelta(seconds=_test_may_set("MAIL_LEASE_SECONDS", 120))

# Invitations: an unanswered link dies after this long; the wizard's cookie after that.
INVITATION_LIFETIME = timedelta(days=env.int("INVITATION_LIFETIME_DAYS", 7))
INVITATION_COOKIE_AGE = timedelta(hours=12)

# Microsoft 365. These are for other servers that speak Entra and Graph, such as the simulator, one pair a cloud.
M365_LOGIN_URL = env.str("M365_LOGIN_URL", "")
M365_GRAPH_URL = env.str("M365_GRAPH_URL", "")
M365_LOGIN_URL_GCC_HIGH = env.str("M365_LOGIN_URL_GCC_HIGH", "")
M365_GRAPH_URL_GCC_HIGH = env.str("M365_GRAPH_URL_GCC_HIGH", "")
M365_LOGIN_URL_DOD = env.str("M365_LOGIN_URL_DOD", "")
M365_GRAPH_URL_DOD = env.str("M365_GRAPH_URL_DOD", "")
M365_LOGIN_URL_CHINA = env.str("M365_LOGIN_URL_CHINA", "")
M365_GRAPH_URL_CHINA = env.str("M365_GRAPH_URL_CHINA", "")
M365_CA_BUNDLE = env.str("M365_CA_BUNDLE", "")
_m365_urls = [
    value for name, value in globals().copy().items() if name.startswith(("M365_LOGIN_", "M365_GRAPH_"))
]
if any(url and not re.fullmatch(r"https://[^/?#@]+", url) for url in _m365_urls):
    raise ImproperlyConfigured("M365_LOGIN_URL and M365_GRAPH_URL are https://host:port, without a path")
# Seconds to connect, whatever the number of addresses; of silence; and for one validation in all, whatever trickles.
M365_CONNECT_TIMEOUT = 5
M365_READ_TIMEOUT = _test_may_set("M365_READ_TIMEOUT_SECONDS", 15)
M365_DEADLINE = 30
# Longer than the longest validation: a lease that ends early would sign in twice.
M365_CHECK_LEASE = timedelta(seconds=_test_may_set("M365_CHECK_LEASE_SECONDS", 120))

# The nightly check of all connections.
_nightly_at = env.str("NIGHTLY_AT", "02:00")
if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", _nightly_at):
    raise ImproperlyConfigured(f"NIGHTLY_AT is a time of day in UTC, as 02:00, not {_nightly_at!r}")
NIGHTLY_AT = time.fromisoformat(_nightly_at)
# So many connections are checked at once, in the whole installation.
NIGHTLY_SLOTS = env.int("NIGHTLY_SLOTS", 8)
NIGHTLY_DEADLINE = timedelta(minutes=55)  # what is left then is "not checked"
# Before a connection that worked is called broken; and before Microsoft is asked once more, doubled each time.
NIGHTLY_SECOND_LOOK = timedelta(seconds=_test_may_set("NIGHTLY_SECOND_LOOK_SECONDS", 300))
NIGHTLY_PAUSE = timedelta(seconds=_test_may_set("NIGHTLY_PAUSE_SECONDS", 30))
# A monitor outside, asked when a run begins and ends; the address is as good as a password.
NIGHTLY_HEARTBEAT_URL = env.str("NIGHTLY_HEARTBEAT_URL", "")
if PRODUCTION and NIGHTLY_HEARTBEAT_URL and not NIGHTLY_HEARTBEAT_URL.startswith("https://"):
    raise ImproperlyConfigured("NIGHTLY_HEARTBEAT_URL must begin with https://")
# Days before the end of a secret at which to warn, unless a channel or a customer has its own.
_warn_days: list[str] = env.list("M365_WARN_DAYS", default=["60", "30", "14", "7", "1", "0"])
if not _warn_days or not all(re.fullmatch(r"\d{1,3}", days) and int(days) <= 365 for days in _warn_days):
    raise ImproperlyConfigured("M365_WARN_DAYS are whole days from 0 to 365, as 60,30,14,7,1,0")
M365_WARN_DAYS = sorted({int(days) for days in _warn_days}, reverse=True)

LOGGING = logs.configuration(env.str("LOG_LEVEL", "INFO"))
