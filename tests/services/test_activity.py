"""The page Activity: who did what to one service, and to no other."""

import ast
import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from portal.core import journal
from portal.core.actors import PORTAL
from portal.core.journal import JournalDetail, JournalEntry
from services.activity import WORDS
from tests.conftest import actor_for, make_service
from tests.renewal import text_of
from tests.services.conftest import ended, signed_in

ROOT = Path(__file__).parents[2]


def url_of(service):
    return reverse("services:activity", args=[service.pk])


def exported(client, service, form):
    answer = client.get(reverse("services:activity_export", args=[service.pk, form]))
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def edited(as_olga, service):
    as_olga.post(
        reverse("services:edit_service", args=[service.pk]),
        {
            "full_name": "Brightwater Dental, all sites",
            "short_name": "brightwater",
            "license_type": service.license_type,
            "licensed_users": "120",
            "m365_contact": service.m365_contact,
        },
        REMOTE_ADDR="198.51.100.7",
    )
    service.refresh_from_db()
    assert service.full_name.endswith("all sites")
    return service


def test_it_tells_who_did_what_when_and_from_where_and_from_what_to_what(as_olga, edited):
    shown = text_of(as_olga.get(url_of(edited)))

    assert 'Olga</bdi><span class="tl-sub">changed this service' in shown
    assert (
        "Full name: <bdi>Brightwater Dental, London</bdi> → <bdi>Brightwater Dental, all sites</bdi>" in shown
    )
    assert "198.51.100.7" in shown
    assert "invited the customer" in shown


def test_choices_are_called_as_in_the_forms(as_olga, edited):
    set_up = {"trunk_model": "derived_trunk", "typed": False}
    journal.write(PORTAL, "service.sip_connection_set", [edited], **set_up)

    shown = text_of(as_olga.get(url_of(edited)))

    for words in ("License type: <bdi>Hosted Pro", "Trunk model: <bdi>DerivedTrunk", "Typed: <bdi>no"):
        assert f"{words}</bdi>" in shown
    assert "UTC" in shown


def test_what_happened_to_its_connection_stands_there_too(as_olga, connected, olga):
    ended(connected, olga, signed_in())

    assert "validated the connection: valid" in text_of(as_olga.get(url_of(connected)))


def test_what_happened_to_another_service_does_not(as_olga, edited, customer, olga):
    other = make_service(customer, olga, "kestrel")

    assert "all sites" not in text_of(as_olga.get(url_of(other)))


def test_a_monitor_sees_it_and_another_channel_does_not(as_monica, as_max, service):
    assert as_monica.get(url_of(service)).status_code == 200
    for form in ("csv", "json"):
        export = reverse("services:activity_export", args=[service.pk, form])
        assert as_max.get(export).status_code == 404
    assert as_max.get(url_of(service)).status_code == 404


def test_a_purged_detail_leaves_who_and_what(as_olga, edited):
    JournalDetail.objects.all().delete()

    shown = text_of(as_olga.get(url_of(edited)))

    assert 'Olga</bdi><span class="tl-sub">changed this service' in shown
    assert "no longer kept" in shown
    assert "198.51.100.7" not in shown


def test_names_are_shown_as_text(as_olga, service, olga):
    journal.write(
        actor_for(olga), "service.edited", [service], full_name={"old": "a", "new": "<script>alert(1)"}
    )

    assert "<script>alert" not in as_olga.get(url_of(service)).content.decode()


def test_long_lists_come_a_page_at_a_time_by_as_many_queries(as_olga, service, olga, queries_of):
    with_one = queries_of(as_olga, url_of(service))
    for number in range(120):
        journal.write(actor_for(olga), "service.edited", [service], number=number)

    assert queries_of(as_olga, url_of(service)) == with_one
    page = as_olga.get(url_of(service)).context["page"]
    assert (len(page.rows), bool(page.next_url)) == (50, True)


def test_the_export_holds_all_of_it_as_csv_and_as_json(as_olga, edited, olga):
    journal.write(actor_for(olga), "service.edited", [edited], full_name={"old": "a", "new": "=1+1"})

    rows = json.loads(exported(as_olga, edited, "json"))
    read = list(
        csv.DictReader(io.StringIO(exported(as_olga, edited, "csv").removeprefix("\ufeff"), newline=""))
    )

    assert len(read) == len(rows) == JournalEntry.objects.filter(about__contains=[edited.pk]).count() + 1
    assert rows[0] | {"changes": ""} == read[0] | {"changes": ""}
    assert (rows[0]["by"], rows[0]["what"]) == ("Olga", "changed this service")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", rows[0]["at"])
    assert read[0]["changes"] == rows[0]["changes"] == "full name: a → =1+1"


@pytest.mark.parametrize("form", ["xlsx", "html"])
def test_other_forms_do_not_exist(as_olga, service, form):
    assert as_olga.get(reverse("services:activity_export", args=[service.pk, form])).status_code == 404


def test_every_verb_about_a_service_has_words():
    """Those that the code writes as they stand; the others are made of a noun or a verdict."""
    written = set()
    for app in ("portal", "services", "invitations", "m365"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                    "journal.write",
                    "record",
                    "self._told_by",
                    "_tell",
                    "_write",
                ):
                    written |= {
                        one.value
                        for one in node.args
                        if isinstance(one, ast.Constant)
                        and re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", str(one.value))
                    }
    assert len(written) > 15
    assert written - set(WORDS) == set()


def test_moments_are_told_as_people_read_them(as_olga, service):
    journal.write(
        PORTAL, "m365.secret_made", [service], ends=datetime(2027, 5, 25, 23, 37, tzinfo=UTC), tenant_id="x"
    )

    shown = text_of(as_olga.get(url_of(service)))
    assert "Ends: <bdi>25 May 2027, 23:37 (UTC)</bdi>" in shown
    assert "Tenant ID: <bdi>x</bdi>" in shown


def test_what_nobody_has_words_for_is_told_as_it_is(as_olga, service):
    journal.write(PORTAL, "service.of_next_year", [service])

    assert "service: of next year" in text_of(as_olga.get(url_of(service)))
