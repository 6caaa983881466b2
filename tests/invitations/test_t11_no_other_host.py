"""T11: whatever is typed for tenant and application, nobody but Microsoft's hosts is ever asked, or even looked up."""

import pytest

from m365 import http
from m365.models import Validation
from m365.tasks import drain_validations
from tests.connections import watched
from tests.invitations.conftest import follow, send

TENANT, APPLICATION = "8f2c1b7e-4a60-4d5e-9c1a-2b7d90e3f514", "c41d8a02-7be3-4f19-a6d5-90e1f2ab3377"
OTHER = "1d7a90c4-52be-4c1e-b8f3-0a6d4e2f9c85"
SECRET = "no-secret-of-anybody-Q~"
EVIL = "evil.example"
CRAFTED = [
    f"https://{EVIL}/{OTHER}",
    f"//{EVIL}/",
    f"{OTHER}@{EVIL}",
    f"@{EVIL}",
    f"{OTHER}:443@{EVIL}/",
    f"{OTHER}/../../{EVIL}",
    f"../{OTHER}",
    f"..\\..\\{EVIL}",
    f"%2e%2e%2f{EVIL}",
    f"{OTHER}%2f..%2f{EVIL}",
    f"{OTHER}?x=https://{EVIL}",
    f"{OTHER}#@{EVIL}",
    f"{OTHER}\r\nHost: {EVIL}",
    f"{OTHER}\n",
    f"{OTHER}\0{EVIL}",
    f"\0{OTHER}",
    f"{OTHER} {EVIL}",
    f"{EVIL}:8443",
    "127.0.0.1",
    "[::1]",
    "169.254.169.254",
    "2130706433",
    "0x7f.1",
    "localhost",
    OTHER.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    OTHER.replace("-", "\u2010"),
    "ｅｖｉｌ。example/",
    "a" * 300 + ".example",
    "x" * 100_000,
    "   ",
    "\u202e" + OTHER[::-1],
]
# These are domains by their form, so the simulated Entra is asked about them; it alone.
DOMAINS = [
    EVIL,
    "ｅｖｉｌ.example",
    "evil。example",
    "évil.example",
    "xn--vil-9la.example",
    "ev\u200bil.example",
    "EVIL.example.",
]


@pytest.fixture(autouse=True)
def _no_connection_is_open_yet():
    """Else it would be used again, and what is connected to would not be seen."""
    http.session.cache_clear()


@pytest.mark.parametrize("field", ["tenant_id", "client_id"])
def test_t11_what_is_no_id_reaches_no_worker_and_no_host(new_browser, invitation, entra, field):
    started = []
    with watched() as (_heard, foreign):
        for value in CRAFTED:
            browser = new_browser()
            follow(browser, invitation)
            form = {"tenant_id": TENANT, "client_id": APPLICATION, "client_secret": SECRET, field: value}
            answer = send(browser, invitation, form)
            assert answer.status_code in (200, 302), value
            if answer.status_code == 302:
                started.append(value)
                drain_validations()

    assert foreign == []
    # Around a GUID blanks and line ends go, as they come along when it is pasted: it is that GUID and nothing else.
    assert started == [f"{OTHER}\n"]
    tried = Validation.objects.get()
    typed = {"tenant_id": TENANT, "client_id": APPLICATION} | {field: OTHER}
    assert {name: str(getattr(tried, name)) for name in typed} == typed


@pytest.mark.parametrize("domain", DOMAINS)
def test_t11_a_domain_is_asked_of_microsoft_and_never_looked_up(ida, invitation, entra, domain):
    with watched() as (heard, foreign):
        send(ida, invitation, {"tenant_id": domain, "client_id": APPLICATION, "client_secret": SECRET})
        drain_validations()

    assert foreign == []
    assert heard
    assert Validation.objects.get().cause_name == "unknown_domain"


def test_t11_a_discovery_document_that_names_another_host_is_not_followed(ida, invitation, entra, example):
    form = example("bergmann")
    entra.fault(form["tenant_id"], "discovery", "foreign-endpoint")

    with watched() as (heard, foreign):
        send(ida, invitation, form)
        drain_validations()

    assert foreign == []
    assert heard
    assert Validation.objects.get().cause_name == "foreign_token_endpoint"
    assert entra.counters["token", form["tenant_id"]] == 0
