"""`manage.py check_m365`."""

import io
import re
import uuid

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def app(entra):
    return entra.add_tenant(name="Brightwater Dental Group Ltd").add_application()


def check(app, value, monkeypatch, client_id=None):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{value}\n"))
    said = io.StringIO()
    call_command("check_m365", app.tenant.id, client_id or app.client_id, "--secret-stdin", stdout=said)
    return re.sub(r"\d+\.\d\d s", "0.00 s", said.getvalue())


def test_it_says_valid_and_until_when(app, monkeypatch):
    said = check(app, app.add_secret(ends_in_days=364).value, monkeypatch)

    assert "The Application Registration is valid: Brightwater Dental Group Ltd" in said
    assert re.search(r"Client secret ends: \d{4}-\d\d-\d\dT", said)


def test_it_says_exactly_what_is_wrong_and_fails(app, monkeypatch):
    with pytest.raises(CommandError, match=r"Entra rejected the client secret\. Microsoft's trace id: "):
        check(app, "wrong" * 8, monkeypatch)


def test_a_malformed_value_is_not_sent(app, entra, monkeypatch):
    with pytest.raises(CommandError, match="client_secret: You pasted the Secret ID"):
        check(app, uuid.uuid4(), monkeypatch)

    assert not entra.counters
