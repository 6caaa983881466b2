"""H12: every connection on one page, by state and by days left, and counts that equal the lists behind them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from m365.models import AppRegistration, ConnectionState
from portal.core import pages
from portal.core.clock import now
from services.models import Customer
from tests.conftest import actor_for, connect, make_service
from tests.services.conftest import in_days

URL = reverse("services:connections")


@pytest.fixture
def active(customer, olga):
    """`active("kestrel", 41, state)`: an active service whose secret ends in so many days, None: nobody knows."""

    def make(name, days, state=ConnectionState.OK, of=None, **values):
        service = connect(make_service(of or customer, olga, name, invite=None), days and in_days(days))
        service.activate(actor_for(olga))
        AppRegistration.objects.filter(pk=service.app_registration_id).update(state=state, **values)
        return service

    return make


def names(answer):
    return [row["service"].short_name for row in answer.context["rows"]]


def chips(answer):
    return {chip.words: chip for chip in answer.context["chips"]}


def test_the_most_urgent_state_comes_first_and_in_it_the_next_to_end(as_olga, active):
    active("fine", 200)
    active("ends-first", 20)
    active("rejected", 100, ConnectionState.SECRET_REJECTED, state_cause="wrong_secret")
    active("unread", None, ConnectionState.CANNOT_READ_EXPIRY)
    active("expired", -3, ConnectionState.EXPIRED)

    answer = as_olga.get(URL)

    assert names(answer) == ["expired", "rejected", "unread", "ends-first", "fine"]
    shown = answer.content.decode()
    for words in ("Entra rejected the client secret.", "Expired 2 days ago", "unknown", "cannot read expiry"):
        assert words in shown


def test_by_days_left_unknown_ends_come_last(as_olga, active):
    for name, days in (("far", 300), ("unread", None), ("near", 6), ("over", -1)):
        active(name, days)

    assert names(as_olga.get(URL, {"sort": "days"})) == ["over", "near", "far", "unread"]


def test_each_chip_leads_to_as_many_rows_as_it_says(as_olga, active):
    for days in (-1, 10, 29, 31, 59, 61, 89, 91, None):
        active(f"in-{days}", days)
    active("rejected", 45, ConnectionState.SECRET_REJECTED)
    active("stale", 200, checked_at=now() - timedelta(days=2))

    answer = as_olga.get(URL)

    counts = {words: chip.count for words, chip in chips(answer).items()}
    assert {chip: counts[chip] for chip in counts if "days" in chip} == {
        "Ends within 30 days": 2, "Ends within 60 days": 5, "Ends within 90 days": 7,
    }  # fmt: skip
    assert (counts["Secret rejected"], counts["Not checked for 36 hours"], counts["All"]) == (1, 1, 11)
    for words, chip in chips(answer).items():
        found = as_olga.get(URL + chip.query)
        assert (words, len(names(found))) == (words, chip.count)
        assert chips(found)[words].current


def test_it_is_filtered_by_customer_and_by_channel(client, pia, olga, active, channel, other_channel):
    client.force_login(pia)
    moewe = Customer.objects.create(channel=channel, name="Möwe Reederei")
    theirs = Customer.objects.create(channel=other_channel, name="Ostsee Klinikverbund")
    active("one", 100)
    active("moewe", 100, of=moewe)
    active("ostsee", 100, of=theirs)

    assert names(client.get(URL, {"q": "reederei"})) == ["moewe"]
    assert names(client.get(URL, {"channel": str(other_channel.pk)})) == ["ostsee"]
    assert len(names(client.get(URL, {"channel": "no such thing", "show": "nor this", "sort": "\0"}))) == 3
    assert "No connection is like that" in client.get(URL, {"q": "nobody"}).content.decode()


def test_others_connections_are_neither_listed_nor_counted(as_max, as_monica, active):
    service = active("kestrel", 20)

    theirs, ours = as_max.get(URL), as_monica.get(URL)

    assert (names(theirs), chips(theirs)["All"].count) == ([], 0)
    assert names(as_max.get(URL, {"channel": str(service.channel_id)})) == []
    assert names(ours) == ["kestrel"]
    assert "No connection yet" in theirs.content.decode()


def test_what_is_pending_or_not_monitored_is_not_there(as_olga, connected):
    assert names(as_olga.get(URL)) == []


def test_pages_follow_each_other_by_key(as_olga, active):

    for number in range(pages.ROWS_A_PAGE + 2):
        active(f"no-{number}", 10 + number)

    first = as_olga.get(URL, {"sort": "days"})
    after = re.search(r'href="(\?[^"]*)" rel="next"', first.content.decode())[1].replace("&amp;", "&")

    assert len(names(first)) == pages.ROWS_A_PAGE
    assert names(as_olga.get(URL + after)) == [f"no-{pages.ROWS_A_PAGE}", f"no-{pages.ROWS_A_PAGE + 1}"]


def test_signed_out_it_leads_to_sign_in_and_nothing_is_posted(as_olga):
    assert Client().get(URL).url == f"{reverse('account_login')}?next={URL}"
    assert as_olga.post(URL).status_code == 405


def test_three_connections_take_as_many_queries_as_one(client, pia, active, other_channel, queries_of):
    client.force_login(pia)
    active("one", 100)
    with_one = queries_of(client, URL)
    for name in ("two", "three"):
        active(name, 100)

    assert queries_of(client, URL) == with_one <= 9
