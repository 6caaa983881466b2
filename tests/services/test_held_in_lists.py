"""A tenant to be confirmed, or a locked link, in the lists and on the dashboard."""

import pytest
from django.urls import reverse

from m365.models import Validation
from services.pending import Shown
from tests.conftest import actor_for
from tests.services.conftest import hold_live
from tests.services.test_held_tenant import PENDING, again, row_of, said, url

pytestmark = pytest.mark.django_db


def test_the_list_reads_false_confirm_tenant_and_leads_to_it(as_olga, held, olga):
    page = as_olga.get(PENDING).content.decode()
    row = row_of(held, olga)

    assert row.device == Shown("hold", "false – confirm tenant", "“Oakhurst Holdings”")
    assert row.expires_at is None
    assert f'href="{url("held_tenant", held)}">Confirm tenant' in page
    assert 'aria-disabled="true" aria-describedby="why-add">Add' in page
    assert "Resend Invitation" not in page
    assert ">Revoke<" not in page
    assert held.status == ("Pending", "Waiting", "confirm tenant")


def test_the_wizards_list_leads_to_it_too(as_olga, held):
    page = as_olga.get(reverse("services:onboarding")).content.decode()

    assert "false – confirm tenant" in page
    assert f'href="{url("held_tenant", held)}">Confirm tenant' in page


def test_m365_configuration_says_that_the_tenant_is_to_be_confirmed(as_olga, held):
    text = said(as_olga.get(url("m365_configuration", held)))

    assert "The sign-in worked; the tenant is to be confirmed first." in text
    assert "What to tell the customer" not in text


def test_held_and_locked_ones_need_attention(as_olga, held, service, olga):
    for _ in range(5):
        service.invitation.count_refusal(Validation(subject_version=1, actor=actor_for(olga)))

    answer = as_olga.get("/")

    groups = {
        group["kind"].name: [line["service"] for line in group["lines"]] for group in answer.context["groups"]
    }
    assert groups == {"held": [held], "locked": [service]}
    assert answer.context["summary"] == "One tenant is to be confirmed and one link is locked."
    assert "Oakhurst Holdings ” (oakhurst.example)" in said(answer)
    assert f'href="{url("held_tenant", held)}"' in answer.content.decode()
    assert again(service).status == ("Pending", "Waiting", "link locked")


def test_a_locked_link_is_listed_with_its_way_out(as_olga, service, olga):
    for _ in range(5):
        service.invitation.count_refusal(Validation(subject_version=1, actor=actor_for(olga)))

    page = as_olga.get(PENDING).content.decode()

    assert row_of(service, olga).device == Shown("lock", "No", "locked after 5 refused attempts")
    assert f'<a class="btn btn-sm" href="{url("resend", service)}">Resend Invitation' in page
    assert not row_of(service, olga).open


def test_three_held_rows_take_as_many_queries_as_one(as_olga, olga, customer, foreign_app, held, queries_of):
    one = queries_of(as_olga, PENDING), queries_of(as_olga, "/")
    for name in ("second", "third"):
        hold_live(customer, olga, name, foreign_app)

    assert (queries_of(as_olga, PENDING), queries_of(as_olga, "/")) == one
