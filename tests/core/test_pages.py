"""Keyset pages."""

import pytest
from django.test import RequestFactory

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


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "W10=", "bnVsbA==", "WyJhIiwgIm5vdCBhIHV1aWQiXQ=="])
def test_an_unreadable_cursor_is_the_first_page(names, cursor):
    assert shown(page(f"?after={cursor}")) == list("ABC")
