import pytest
from django.urls import reverse

from portal.core.journal import JournalDetail
from portal.core.roles import Role
from services.models import Sbc
from tests.conftest import make_operator

URL, ADD = reverse("services:sbcs"), reverse("services:add_sbc")


def edit_url(sbc):
    return reverse("services:edit_sbc", args=[sbc.pk])


def values(channel, **changes):
    return {
        "name": "FRA-2",
        "base_domain": "Fra.SBC.nordhafen.example.",
        "address": "192.0.2.62",
        "note": "second site",
        "channel": channel.pk,
    } | changes


def test_the_list_shows_name_domain_address_and_note(as_olga, sbc):
    sbc.note = "Hamburg, first choice"
    sbc.save()

    shown = as_olga.get(URL).content.decode()

    for words in ("HAM-1", "sbc.nordhafen.example", "192.0.2.61", "Hamburg, first choice", edit_url(sbc)):
        assert words in shown


def test_an_empty_list_says_what_an_sbc_is_for(as_olga, as_monica):
    assert "Add the first SBC" in as_olga.get(URL).content.decode()
    assert "An admin of your channel" in as_monica.get(URL).content.decode()


def test_adding_one_stores_its_domain_in_one_form_and_journals_it(as_olga, channel):
    assert as_olga.post(ADD, values(channel)).url == URL

    added = Sbc.objects.get()
    assert (added.name, added.base_domain, added.address) == (
        "FRA-2",
        "fra.sbc.nordhafen.example",
        "192.0.2.62",
    )
    detail = JournalDetail.objects.select_related("entry").get()
    assert (detail.entry.verb, detail.entry.about) == ("sbc.added", [added.pk])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"base_domain": ""}, "base_domain"),
        ({"base_domain": "nordhafen"}, "base_domain"),
        ({"base_domain": "https://sbc.nordhafen.example"}, "base_domain"),
        ({"base_domain": "sbc_1.nordhafen.example"}, "base_domain"),
        ({"base_domain": "a." * 100 + "example"}, "base_domain"),
        ({"address": "192.0.2.300"}, "address"),
    ],
)
def test_what_is_not_acceptable_is_said(as_olga, channel, changes, field):
    answer = as_olga.post(ADD, values(channel, **changes))

    assert (answer.status_code, list(answer.context["form"].errors)) == (200, [field])
    assert Sbc.objects.count() == 0


def test_a_name_is_taken_once_in_a_channel(as_olga, channel, sbc):
    answer = as_olga.post(ADD, values(channel, name=sbc.name))

    assert [error.code for error in answer.context["form"].errors["name"].as_data()] == ["taken"]


def test_editing_journals_old_and_new(as_olga, channel, sbc):
    as_olga.post(edit_url(sbc), values(channel, name="HAM-1", base_domain=sbc.base_domain, note=""))

    sbc.refresh_from_db()
    assert sbc.address == "192.0.2.62"
    assert JournalDetail.objects.get().values == {"address": {"old": "192.0.2.61", "new": "192.0.2.62"}}


def test_operators_who_are_no_admins_see_sbcs_and_change_none(client, channel, sbc):
    client.force_login(make_operator("omar@nordhafen.example", channel, Role.OPERATOR))

    shown = client.get(URL).content.decode()

    assert sbc.name in shown
    assert edit_url(sbc) not in shown
    for url in (ADD, edit_url(sbc)):
        assert [client.get(url).status_code, client.post(url, values(channel)).status_code] == [403, 403]


def test_a_stranger_s_sbc_does_not_exist(as_max, sbc, other_channel):
    assert sbc.name not in as_max.get(URL).content.decode()
    assert as_max.get(edit_url(sbc)).status_code == 404
    assert as_max.post(edit_url(sbc), values(other_channel)).status_code == 404


def test_signed_out_every_page_leads_to_sign_in(client, sbc):
    for url in (URL, ADD, edit_url(sbc)):
        assert client.get(url).url == f"{reverse('account_login')}?next={url}"


def test_three_sbcs_take_as_many_queries_as_one(as_olga, channel, sbc, queries_of):
    with_one = queries_of(as_olga, URL)
    for number in (2, 3):
        Sbc.objects.create(channel=channel, name=f"HAM-{number}", base_domain="sbc.nordhafen.example")

    assert queries_of(as_olga, URL) == with_one <= 8
