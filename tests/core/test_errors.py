"""Unexpected errors: a page with an id that stands in the log, and no insides."""

import io
import json
import logging

import pytest

from portal.core.logs import JsonFormatter


@pytest.fixture
def log():
    """What the portal writes to its log, as lines of JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.mark.urls("tests.core.broken_urls")
def test_an_unexpected_error_gets_a_page_with_the_id_that_is_in_the_log(client, log, db):
    client.raise_request_exception = False
    answer = client.get("/breaks/")

    page, request_id = answer.content.decode(), answer["X-Request-Id"]
    [line] = [line for line in log() if line["level"] == "ERROR"]
    assert answer.status_code == 500
    assert request_id in page
    assert line["request_id"] == request_id
    assert "RuntimeError" in line["traceback"]
    assert "RuntimeError" not in page
    assert "canary" not in page + json.dumps(line["message"])


@pytest.mark.parametrize("path", ["/nothing-here/", "/services/6f8d1a52-4d8e-4f3c-8d0a-0a4b3f1c2d11/"])
def test_t36_a_page_that_is_not_there_says_so_plainly(as_olga, path):
    answer = as_olga.get(path)

    assert answer.status_code == 404
    assert answer["X-Request-Id"] in answer.content.decode()


def test_t13_a_forged_host_is_refused(client, db):
    assert client.get("/sign-in/", headers={"host": "evil.example"}).status_code == 400


def test_each_answer_has_the_headers_that_keep_browsers_strict(client, db):
    answer = client.get("/sign-in/")

    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    kept = {
        name: answer[name]
        for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")
    }
    assert kept == {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
