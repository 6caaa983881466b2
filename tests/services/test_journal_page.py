"""The journal of all channels: only for the provider's admins, by person, object, customer and time, and as a file."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.core import journal
from portal.core.journal import JournalEntry
from portal.core.roles import Role
from services.models import Customer
from tests.conftest import IDA, actor_for, make_operator, make_service
from tests.renewal import text_of

URL = reverse("services:journal")


@pytest.fixture
def as_pia(pia):
    client = Client()
    client.force_login(pia, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def two(customer, olga, other_channel, max_):
    """A service of each channel, each with what its making wrote."""
    theirs = Customer.objects.create(channel=other_channel, name="Alsterhaus")
    return make_service(customer, olga, "brightwater"), make_service(theirs, max_, "alsterhaus")


def exported(client, form, **asked):
    answer = client.get(reverse("services:journal_export", args=[form]), asked)
    return b"".join(answer.streaming_content).decode()


def about(client, **asked):
    """The first names of what the entries are about, and whether the form took the values."""
    answer = client.get(URL, asked)
    return {deed.about[0] for deed in answer.context["deeds"] if deed.about}, answer.context["form"]


def test_k06_it_tells_who_did_what_to_what(as_pia, two, olga):
    shown = text_of(as_pia.get(URL))

    assert 'Olga</bdi><span class="tl-sub">began this service' in shown
    assert "<bdi>brightwater</bdi>" in shown
    assert "<bdi>alsterhaus</bdi>" in shown


@pytest.mark.parametrize(
    "asked", [{"customer": "customer"}, {"person": "olga"}, {"about": "Brightwater"}, {"about": "id"}]
)
def test_k06_it_is_narrowed_by_person_object_and_customer(as_pia, two, olga, customer, asked):
    values = {"customer": customer.pk, "olga": olga.pk, "id": two[0].app_registration_id}
    found, form = about(as_pia, **{name: values.get(value, value) for name, value in asked.items()})

    assert form.is_valid()
    assert "alsterhaus" not in found
    assert "brightwater" in found


def test_k06_it_is_narrowed_by_days_of_the_operators_zone(as_pia, pia, two):
    pia.time_zone = "Pacific/Kiritimati"  # fourteen hours ahead of UTC
    pia.save()
    with timezone.override("Pacific/Kiritimati"):
        today = timezone.localdate()

    assert about(as_pia, since=today, until=today)[0] >= {"brightwater", "alsterhaus"}
    assert about(as_pia, until=today - timezone.timedelta(days=1))[0] == set()
    assert about(as_pia, since=today + timezone.timedelta(days=1))[0] == set()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"person": "x"}, "person"),
        ({"customer": "00000000-0000-4000-8000-000000000000"}, "customer"),
        ({"about": "nothing-like-it"}, "about"),
        ({"since": "soon"}, "since"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "until"),
    ],
)
def test_what_cannot_be_meant_is_told_beside_its_field_and_finds_nothing(as_pia, two, asked, field):
    found, form = about(as_pia, **asked)

    assert field in form.errors
    assert found == set()


def test_k09_the_files_hold_what_the_page_shows_narrowed_alike(as_pia, two, customer):
    rows = list(csv.DictReader(io.StringIO(exported(as_pia, "csv", customer=customer.pk).lstrip("\ufeff"))))
    objects = json.loads(exported(as_pia, "json", customer=customer.pk))

    assert rows == objects
    assert {row["about"].partition(",")[0] for row in rows} == {"brightwater"}
    assert IDA in str(rows)
    assert datetime.fromisoformat(rows[0]["at"]).tzinfo == UTC
    assert exported(as_pia, "csv", about="nothing-like-it").strip().count("\n") == 0


def test_another_form_of_file_is_not_there(as_pia, db):
    assert as_pia.get(reverse("services:journal_export", args=["xlsx"])).status_code == 404


@pytest.mark.parametrize("role", Role)
def test_t29_a_role_of_one_channel_opens_no_journal(client, channel, role):
    person = make_operator("person@nordhafen.example", channel, role)
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(URL).status_code == 403
    assert client.get(reverse("services:journal_export", args=["csv"])).status_code == 403
    assert f'href="{URL}"' not in client.get(reverse("dashboard")).content.decode()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OPERATOR_LITE, Role.MONITOR])
def test_nor_does_any_but_an_admins_role_for_the_provider(client, db, role):
    person = make_operator("person@nordhafen.example", None, role)
    client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(URL).status_code == 403


def test_it_is_read_as_often_at_many_entries_as_at_few(as_pia, two, olga, django_assert_max_num_queries):
    for number in range(30):
        journal.write(actor_for(olga), "service.edited", [two[0]], licensed_users=number)
    assert JournalEntry.objects.count() > 30

    with django_assert_max_num_queries(14):
        as_pia.get(URL)
