"""Notices: an operator's own, told once, counted beside their entry, read by POST."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.core.notices import Notice
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db

PAGE = "/notices/"
TEXT = "Brightwater Dental Group has connected Brightwater Dental, London."


def tell(operator, key="one", text=TEXT, url="/customers/"):
    return Notice.tell(operator, text, url, key=key)


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def entries(answer):
    """The side bar's and the phone menu's entry for the notices, as they are read."""
    found = re.findall(r'<a href="/notices/"[^>]*>(.*?)</a>', answer.content.decode(), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", entry).split()) for entry in found]


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_same_key_is_the_same_notice(olga):
    first, again = tell(olga), tell(olga, text="Told again, in other words.")

    assert (first.pk, Notice.objects.get().text) == (again.pk, TEXT)


@pytest.mark.django_db(transaction=True)
def test_told_by_many_at_the_same_moment_it_is_one_notice(olga):
    told = at_once(*[lambda: tell(olga)] * 6)

    assert ({notice.pk for notice in told}, Notice.objects.count()) == ({told[0].pk}, 1)


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "customers/", ""])
def test_a_notice_leads_to_a_path_of_the_portal_only(olga, url):
    with pytest.raises(ValueError, match="no path of the portal"):
        tell(olga, url=url)


def test_unread_notices_are_counted_beside_their_entry(as_olga, olga):
    before = entries(as_olga.get("/customers/"))
    tell(olga, "one")
    tell(olga, "two")

    assert before == ["Notices"] * 2
    assert entries(as_olga.get("/customers/")) == ["Notices 2"] * 2


def test_counting_costs_a_page_no_query_of_its_own(as_olga, olga):
    with_none = queries_of(as_olga, "/customers/")
    for key in ("one", "two", "three"):
        tell(olga, key)

    assert queries_of(as_olga, "/customers/") == with_none <= 8


def test_the_list_shows_the_newest_first_in_as_many_queries_as_one(as_olga, olga):
    tell(olga, "old", "The first.")
    with_one = queries_of(as_olga, PAGE)
    Notice.objects.update(created_at=timezone.now() - timedelta(days=1))
    tell(olga, "new", "The second.")
    tell(olga, "newest", "The third.")

    texts = [notice.text for notice in as_olga.get(PAGE).context["page"].rows]

    assert texts == ["The third.", "The second.", "The first."]
    assert queries_of(as_olga, PAGE) == with_one <= 8


def test_fifty_stand_on_a_page_and_the_rest_on_the_next(as_olga, olga):
    Notice.objects.bulk_create(
        Notice(operator=olga, key=str(number), text=f"Notice {number}.", url="/") for number in range(53)
    )

    first = as_olga.get(PAGE).context["page"]
    second = as_olga.get(PAGE + first.next_url).context["page"]

    assert (len(first.rows), len(second.rows), second.next_url) == (50, 3, "")


def test_without_notices_the_page_says_what_will_come(as_olga):
    page = words(as_olga.get(PAGE))

    assert "No notices" in page
    assert "as soon as a customer you invited has connected" in page
    assert "Mark all as read" not in page


def test_reading_is_by_post_and_keeps_its_first_moment(as_olga, olga):
    notice = tell(olga)
    url = f"{PAGE}{notice.pk}/read/"
    by_get = as_olga.get(url).status_code
    as_olga.get(PAGE)
    notice.refresh_from_db()
    untouched = notice.read_at
    answer = as_olga.post(url)
    notice.refresh_from_db()
    first_read = notice.read_at
    as_olga.post(url)
    notice.refresh_from_db()

    assert (by_get, untouched, answer.status_code, answer["Location"]) == (405, None, 302, PAGE)
    assert first_read == notice.read_at is not None
    assert entries(as_olga.get(PAGE)) == ["Notices"] * 2


def test_opening_marks_it_read_and_goes_where_it_leads(as_olga, olga):
    notice = tell(olga)

    answer = as_olga.post(f"{PAGE}{notice.pk}/read/", {"open": ""})

    notice.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/customers/")
    assert notice.read_at is not None


def test_all_are_marked_read_at_once_and_nobody_elses(as_olga, olga, max_):
    tell(olga, "one")
    tell(olga, "two")
    other = tell(max_, "three")

    as_olga.post(f"{PAGE}read/")

    assert list(Notice.objects.unread()) == [other]


def test_another_operators_notices_do_not_exist(as_max, olga):
    notice = tell(olga)

    page = as_max.get(PAGE)
    answer = as_max.post(f"{PAGE}{notice.pk}/read/")

    assert (list(page.context["page"].rows), entries(page)) == ([], ["Notices"] * 2)
    assert (answer.status_code, Notice.objects.unread().count()) == (404, 1)


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "read/"), ("post", "{id}/read/")])
def test_whoever_is_signed_out_is_asked_to_sign_in(client, olga, method, path):
    notice = tell(olga)

    answer = getattr(client, method)(PAGE + path.format(id=notice.pk))

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/")
    assert Notice.objects.unread().count() == 1


def test_markup_in_a_name_stays_text(as_olga, olga):
    tell(olga, text="<b>Water</b> has connected.")

    assert "&lt;b&gt;Water&lt;/b&gt; has connected." in as_olga.get(PAGE).content.decode()
