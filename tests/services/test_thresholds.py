"""The pages on which admins set when a channel is warned, and what customers may have in its place."""

import pytest
from django.urls import reverse

from portal.core.journal import JournalEntry
from portal.core.roles import Role
from tests.conftest import make_operator

URL = reverse("services:channels")


def edit(channel):
    return reverse("services:channel_warnings", args=[channel.pk])


def test_an_admin_sets_the_days_of_their_channel(as_olga, channel):
    answer = as_olga.post(edit(channel), {"warn_days": "7, 45 3 7"}, follow=True)

    channel.refresh_from_db()
    assert channel.warn_days == [45, 7, 3]
    assert "45, 7, 3" in answer.content.decode()
    entry = JournalEntry.objects.get(verb="channel.edited")
    assert (entry.about, entry.detail.values) == (
        [channel.pk], {"warn_days": {"old": None, "new": [45, 7, 3]}}
    )  # fmt: skip


def test_nothing_entered_means_as_usual(as_olga, channel, settings):
    channel.warn_days = [10]
    channel.save()
    as_olga.post(edit(channel), {"warn_days": " "})

    channel.refresh_from_db()
    assert channel.warn_days is None
    assert "60, 30, 14, 7, 1, 0, as usual" in as_olga.get(URL).content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("soon", "Enter whole days"),
        ("7.5", "Enter whole days"),
        ("-1", "Enter whole days"),
        ("٧", "Enter whole days"),
        ("366", "At most 365 days"),
        ("99999999999999999999", "Enter whole days"),
        (",".join(map(str, range(11))), "At most 10 numbers"),
    ],
)
def test_what_are_no_days_is_refused_with_the_reason(as_olga, channel, typed, says):
    shown = as_olga.post(edit(channel), {"warn_days": typed}).content.decode()

    channel.refresh_from_db()
    assert channel.warn_days is None
    assert says in shown
    assert f'value="{typed}"' in shown


def test_only_admins_come_near(client, as_max, as_monica, channel):
    operator = make_operator("omar@nordhafen.example", channel, Role.OPERATOR)
    client.force_login(operator)

    assert [browser.get(URL).status_code for browser in (client, as_monica)] == [403, 403]
    assert client.post(edit(channel), {"warn_days": "5"}).status_code == 403
    assert as_max.get(edit(channel)).status_code == 404
    assert channel.name not in as_max.get(URL).content.decode()


def test_an_admin_elsewhere_may_see_this_channel_and_not_change_it(client, channel, other_channel):
    both = make_operator("both@nordhafen.example", channel, Role.MONITOR)
    both.memberships.create(channel=other_channel, role=Role.ADMIN)
    client.force_login(both)

    assert client.post(edit(channel), {"warn_days": "5"}).status_code == 403
    assert client.get(edit(other_channel)).status_code == 200


def test_a_customer_may_have_days_of_its_own(as_olga, customer, channel):
    address = reverse("services:edit_customer", args=[customer.pk])
    values = {"name": customer.name, "cloud": "worldwide", "license_types": ["essentials_plus", "pro"]}
    as_olga.post(address, values | {"warn_days": "90, 10"})
    customer.refresh_from_db()
    first = customer.warn_days
    shown = as_olga.get(address).content.decode()
    refused = as_olga.post(address, values | {"warn_days": "often"}).content.decode()
    as_olga.post(address, values | {"warn_days": ""})
    customer.refresh_from_db()

    assert (first, customer.warn_days) == ([90, 10], None)
    assert 'value="90, 10"' in shown
    assert "Enter whole days" in refused


def test_three_channels_take_as_many_queries_as_one(client, pia, channel, queries_of):
    client.force_login(pia)
    with_one = queries_of(client, URL)
    for name in ("Two", "Three"):
        type(channel).objects.create(name=name)

    assert queries_of(client, URL) == with_one <= 8
