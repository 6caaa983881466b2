"""Threats to what the portal does not have: should it come one day, its test has to come with it."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.urls import get_resolver

ROOT = Path(__file__).parents[2]
OURS = ["core", "m365", "invitations", "services"]
LEFT_OPEN = [
    "admin",
    "docs",
    "api",
    "debug",
    "__debug__",
    ".git/config",
    ".env",
    "static",
    "media",
    "server-status",
]


def columns():
    """Every column of our tables."""
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            yield from model._meta.fields


def calls():
    """Every call in our code, as it is written."""
    for app in ("portal", "services", "invitations", "m365"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield file.relative_to(ROOT), ast.unparse(node.func)


def test_t12_no_address_that_somebody_types_is_ever_asked():
    """There are no webhooks: no column for an address on the web, and no route that speaks of one."""

    assert not [field for field in columns() if isinstance(field, models.URLField)]
    addresses = [field for field in columns() if "hook" in field.name or field.name.endswith("url")]
    assert [str(field) for field in addresses] == [
        "core.Notice.url"
    ]  # a path of ours, which Notice.tell sees to
    assert "hook" not in str(get_resolver().reverse_dict)


def test_t12_what_speaks_http_is_what_speaks_to_microsoft_and_the_monitor():
    speaks = {
        str(file) for file, name in calls() if name.endswith(("requests.Session", "urlopen", "requests.get"))
    }

    assert {file for file in speaks if "simulator" not in file} <= {
        "m365/http.py",
        "m365/pings.py",
        "portal/probe.py",
    }


def test_t17_no_template_is_made_of_a_text_that_somebody_types():
    """Mails and pages are files of ours; no column holds a template, and nothing compiles one."""
    ours = [(str(file), name.rpartition(".")[2]) for file, name in calls() if "simulator" not in str(file)]
    compiles = [(file, name) for file, name in ours if name in ("Template", "from_string")]

    assert compiles == []
    assert not [field for field in columns() if "template" in field.name or field.name == "body"]


@pytest.mark.parametrize("path", LEFT_OPEN)
def test_t36_what_others_leave_open_is_not_there(client, db, path):
    answer = client.get(f"/{path}/")

    assert answer.status_code == 404
    for told in ("Traceback", "urlpatterns", "Using the URLconf", "DEBUG"):
        assert told not in answer.content.decode()
