"""Keyset pages."""

import base64
from datetime import timedelta

import pytest
from django.test import RequestFactory

from portal.core.clock import now
from portal.core.pages import Keyset
from services.models import Customer


@pytest.fixture
def names(channel):
    names = [f"Customer {letter}" for letter in "ABCDEFG"]
    Customer.objects.bulk_create(Customer(channel=channel, name=name) for name in names)
    return names


def page(query=""):
    return Keyset(Customer.objects.all(), "name", "id", size=3).page(RequestFactory().get(f"/{query}"))


def shown(page):
    return [row.name[-1] for row in page.rows]


def test_walking_forwards_and_back_shows_every_row_once(names):
    first = page()
    second = page(first.next_url)
    third = page(second.next_url)
    back = page(third.previous_url)
    home = page(back.previous_url)

    assert [shown(step) for step in (first, second, third, back, home)] == [
        list("ABC"),
        list("DEF"),
        list("G"),
        list("DEF"),
        list("ABC"),
    ]
    assert (first.previous_url, third.next_url, home.previous_url) == ("", "", "")


def test_a_row_that_comes_in_between_moves_no_other(names, channel):
    first = page()
    Customer.objects.create(channel=channel, name="Aardvark")

    assert shown(page(first.next_url)) == list("DEF")


def test_other_words_of_the_query_stay(names):
    assert "q=cust" in page("?q=cust").next_url


def cursor(text):
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize("word", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "WzFd",
        "W10=",
        "bnVsbA==",
        cursor('["a", "not a uuid"]'),
        cursor("[null, null]"),
        cursor('["a\\u0000", "6f8d1a52-4d8e-4f3c-8d0a-0a4b3f1c2d11"]'),
        cursor('["a", Infinity]'),
        cursor("[" * 100_000),
    ],
)
def test_an_unreadable_cursor_is_the_first_page(names, cursor, word):
    assert shown(page(f"?{word}={cursor}")) == list("ABC")


def test_no_row_is_lost_between_pages_when_several_were_made_in_one_millisecond(names, rf):
    moment = now().replace(microsecond=345_000)
    for number, customer in enumerate(Customer.objects.order_by("name")):
        Customer.objects.filter(pk=customer.pk).update(created_at=moment + timedelta(microseconds=number))
    newest_first = Keyset(Customer.objects.all(), "-created_at", "id", size=4)

    first = newest_first.page(rf.get("/"))
    second = newest_first.page(rf.get(f"/{first.next_url}"))

    assert shown(first) + shown(second) == list("GFEDCBA")
