"""T27: what browsers report of the policy is logged, by directive and host, and nothing else of it."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.csp_reports import LARGEST

REPORT = {
    "document-uri": "https://connect.example/i/a-link-of-somebody/",
    "effective-directive": "script-src-elem",
    "blocked-uri": "https://evil.example/x.js?stolen=1",
    "script-sample": "alert('canary')",
}


def send(report, **more):
    body = report if isinstance(report, bytes | str) else json.dumps({"csp-report": report})
    return Client().post("/csp-reports/", body, content_type="application/csp-report", **more)


def told(caplog):
    return [record.fields for record in caplog.records if getattr(record, "event", "") == "csp.violated"]


def test_t27_each_answer_names_where_to_report(client, db):
    for path in ("/sign-in/", "/nowhere/", "/guide/"):
        assert "report-uri /csp-reports/" in client.get(path)["Content-Security-Policy"]


def test_t27_a_report_is_logged_by_directive_and_host(caplog):
    assert send(REPORT).status_code == 204

    assert told(caplog) == [{"directive": "script-src-elem", "blocked": "https://evil.example"}]
    for word in ("a-link-of-somebody", "stolen", "canary"):
        assert word not in caplog.text


@pytest.mark.parametrize(
    ("blocked", "logged"),
    [
        ("inline", "inline"),
        ("eval", "eval"),
        ("data", "data"),
        ("", ""),
        ("chrome-extension://abc/x.js", "chrome-extension://abc"),
        ("https://[::1]:8443/x", "https://::1"),
        ("https://[broken", ""),
        ("<script>", ""),
    ],
)
def test_of_what_was_blocked_only_the_host_is_kept(caplog, blocked, logged):
    send(REPORT | {"blocked-uri": blocked})

    assert [fields["blocked"] for fields in told(caplog)] == [logged]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"csp-report": 1}', b"\xff", b"[" * 9_000])
def test_what_is_no_report_is_refused(caplog, body):
    assert send(body).status_code == 400
    assert told(caplog) == []


def test_what_is_too_long_is_not_read(caplog):
    assert send({"blocked-uri": "x" * LARGEST}).status_code == 413
    assert told(caplog) == []


def test_who_reports_too_much_is_not_heard(caplog):
    answers = [send(REPORT, REMOTE_ADDR="198.51.100.9").status_code for _ in range(31)]

    assert answers == [204] * 30 + [429]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_it_takes_reports_only(method):
    assert getattr(Client(), method)("/csp-reports/").status_code == 405


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda kids: st.dictionaries(st.text(), kids), max_leaves=6
    )
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_no_report_of_any_shape_breaks_it(report):
    assert Client().post(
        "/csp-reports/", json.dumps(report), content_type="application/json", REMOTE_ADDR="203.0.113.1"
    ).status_code in (204, 400, 413, 429)
