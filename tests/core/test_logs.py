"""The log: events with names, ids that go from page to task to mail, and nothing that nobody may read."""

import ast
import json
import logging
import re
import uuid
from pathlib import Path

import pytest
from django.urls import reverse

from m365 import validations
from m365.tasks import drain_validations
from portal.core.actors import PORTAL
from portal.core.logs import EventLog, JsonFormatter, working_on
from portal.core.outbox import OutboxMail
from portal.core.secrets import Secret
from tests.conftest import PASSWORD
from tests.mailing import all_settled
from tests.processes import LOGS
from tests.visitor import Visitor

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception"}


def events_in_code():
    """Each first word that a module gives to its `log`."""
    found = set()
    for app in ("portal", "m365", "invitations", "services"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                    f"log.{name}" for name in LEVELS
                }:
                    found.add(ast.literal_eval(node.args[0]))
    return found | {"request", "library"}


def test_the_table_of_events_is_what_the_code_tells():
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    table = page.partition("## Logs")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `([a-z_.]+)`", table, re.MULTILINE)) == events_in_code()


def test_a_line_is_an_event_with_fields(caplog):
    caplog.set_level("INFO")
    with working_on("4711"):
        EventLog("portal.test").info("mail.concluded", mail="m-1", code=250, of="100 %s")
        line = json.loads(JsonFormatter().format(caplog.records[-1]))

    at = line.pop("at")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", at)
    assert line == {
        "level": "INFO",
        "logger": "portal.test",
        "request_id": "4711",
        "event": "mail.concluded",
        "mail": "m-1",
        "code": 250,
        "of": "100 %s",
    }


def test_what_a_library_says_is_an_event_too(caplog):
    logging.getLogger("a.library").warning("three %s", "words")
    line = json.loads(JsonFormatter().format(caplog.records[-1]))

    assert (line["event"], line["message"]) == ("library", "three words")


def test_a_request_is_one_line_by_its_route(as_olga, service, caplog):
    caplog.set_level("INFO")
    answer = as_olga.get(reverse("services:edit_service", args=[service.pk]))

    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "services:edit_service", 200)
    assert answer["X-Request-Id"] != ""
    assert str(service.pk) not in json.dumps(line)


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_what_probes_is_no_news(client, path, caplog, db):
    caplog.set_level("INFO")
    client.get(path)

    assert [record for record in caplog.records if getattr(record, "event", "") == "request"] == []


def lines_of(name, begun):
    """What a process has logged since, each line read; what Celery prints on its own standard output is no log."""
    said = (LOGS / f"{name}.log").read_bytes()[begun[name] :].decode()
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_one_id_leads_from_the_page_to_the_task_to_the_mail(site, olga, service):
    begun = {name: (LOGS / f"{name}.log").stat().st_size for name in ("web", "mail", "microsoft")}
    visitor = Visitor(int(site.url.rpartition(":")[2]))
    answer = visitor.signs_in(olga)
    assert answer.status_code == 302

    answer = visitor.post(reverse("services:resend", args=[service.pk]), email="ida@brightwater.example")

    site.workers["mail"].wait_until(all_settled)
    web, worker = lines_of("web", begun), lines_of("mail", begun)
    asked = answer.headers["X-Request-Id"]
    mails = OutboxMail.objects.filter(request_id=asked)
    assert [(line["route"], line["status"]) for line in web if line["request_id"] == asked] == [
        ("services:resend", 302)
    ]
    concluded = [line for line in worker if line["request_id"] == asked]
    assert [(line["event"], line["mail"], line["outcome"]) for line in concluded] == [
        ("mail.concluded", str(mail.pk), "accepted") for mail in mails
    ]
    assert concluded
    text = json.dumps([*web, *worker])
    assert "sign_in.succeeded" in text
    for nobody_reads in ("@", "gunicorn.access", "/i/", PASSWORD, "brightwater"):
        assert nobody_reads not in text, nobody_reads


def test_a_validation_is_told_under_the_id_of_its_page(submit_anything, caplog):
    caplog.set_level("INFO")
    validation = submit_anything("0815")

    drain_validations()

    told = [record for record in caplog.records if getattr(record, "event", "") == "validation.answered"]
    assert [record.fields["validation"] for record in told] == [validation.pk]
    assert validation.request_id == "0815"


@pytest.fixture
def submit_anything(service, entra, olga):
    def submit(request_id):
        app = entra.add_tenant(name="Oakhurst Holdings").add_application()
        with working_on(request_id):
            return validations.submit(
                service.app_registration,
                "test",
                PORTAL,
                tenant_id=uuid.UUID(app.tenant.id),
                client_id=uuid.UUID(app.client_id),
                secret=Secret(app.add_secret().value),
            )

    return submit
