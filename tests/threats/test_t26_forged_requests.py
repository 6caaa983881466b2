"""T26: no form of another site is taken, and nothing but POST changes anything."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.core.test_sign_in import routes
from tests.signing_in import freshly

# Browsers send these reports by themselves, without any page of ours, and they change nothing.
WITHOUT_TOKEN = {"csp_reports"}
CHANGES = ("INSERT", "UPDATE", "DELETE")
# Rows that a look may touch: sessions, the counters of limits, and what opens with the page itself.
OF_THE_VISIT = ("django_session", "core_cache", "usersessions_usersession")


@pytest.fixture
def strict(olga):
    """Olga's browser, which the portal treats as one: without the token of a page nothing is taken."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga, "allauth.account.auth_backends.AuthenticationBackend")
    return freshly(client)


@pytest.mark.parametrize(("name", "path"), sorted(set(routes())))
def test_t26_a_form_without_the_pages_token_is_refused(strict, name, path):
    answer = strict.post(path, headers={"Origin": "https://evil.example"})

    assert answer.status_code in (403, 405) or name in WITHOUT_TOKEN, f"{path} answered {answer.status_code}"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_t26_even_with_a_stolen_token_another_site_is_refused(strict, origin):
    strict.get(reverse("preferences"))
    token = strict.cookies["csrf"].value

    answer = strict.post(reverse("preferences"), {"csrfmiddlewaretoken": token}, headers={"Origin": origin})

    assert answer.status_code == 403


@pytest.mark.parametrize(("name", "path"), sorted(set(routes())))
def test_t26_nothing_but_post_changes_anything(as_olga, name, path):
    client = freshly(as_olga)
    for method in ("get", "head", "options", "put", "patch", "delete"):
        with CaptureQueriesContext(connection) as asked:
            answer = getattr(client, method)(path)

        assert answer.status_code < 500, method
        assert changed_by(asked) == [], method


def changed_by(asked):
    """The statements that changed something beside the visit's own rows."""
    said = [query["sql"] for query in asked.captured_queries]
    return [
        sql for sql in said if sql.startswith(CHANGES) and not any(table in sql for table in OF_THE_VISIT)
    ]
