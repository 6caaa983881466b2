"""K05: whoever has several roles works in all of them, or chooses one and sees no more than that."""

import pytest
from django.urls import reverse

from portal.core.middleware import ACTS_IN
from portal.core.roles import Role
from services.models import Customer
from tests.conftest import make_operator

CHOOSE, CUSTOMERS = reverse("act_in"), reverse("services:customers")


@pytest.fixture
def both(channel, other_channel):
    """Admin here, Monitor there."""
    operator = make_operator("both@nordhafen.example", channel, Role.ADMIN)
    operator.memberships.create(channel=other_channel, role=Role.MONITOR)
    Customer.objects.create(channel=channel, name="Here Ltd")
    Customer.objects.create(channel=other_channel, name="There Ltd")
    return operator


@pytest.fixture
def browser(client, both):
    client.force_login(both, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def seen(browser):
    text = browser.get(CUSTOMERS).content.decode()
    return [name for name in ("Here Ltd", "There Ltd") if name in text]


def test_k05_all_roles_hold_until_one_is_chosen(browser, channel, other_channel):
    before = seen(browser)
    browser.post(CHOOSE, {"role": str(other_channel.pk)})
    there = seen(browser), browser.get(reverse("services:add_customer")).status_code
    browser.post(CHOOSE, {"role": str(channel.pk)})
    here = seen(browser), browser.get(reverse("services:add_customer")).status_code
    browser.post(CHOOSE, {"role": ""})

    assert before == seen(browser) == ["Here Ltd", "There Ltd"]
    assert there == (["There Ltd"], 403)
    assert here == (["Here Ltd"], 200)


def test_k05_the_page_tells_the_chosen_one(browser, other_channel):
    browser.post(CHOOSE, {"role": str(other_channel.pk)})

    text = browser.get(CUSTOMERS).content.decode()

    assert f'<option value="{other_channel.pk}" selected>Monitor, Telko Partner Süd</option>' in text
    assert "Admin, Nordhafen Direct</option>" in text


@pytest.mark.parametrize("role", ["provider", "nonsense", "\0", "00000000-0000-0000-0000-000000000000"])
def test_k05_a_role_that_is_not_theirs_cannot_be_chosen(browser, role):
    browser.post(CHOOSE, {"role": role})

    assert browser.session[ACTS_IN] == ""
    assert seen(browser) == ["Here Ltd", "There Ltd"]


def test_k05_a_role_that_was_withdrawn_is_chosen_no_more(browser, both, other_channel):
    browser.post(CHOOSE, {"role": str(other_channel.pk)})
    both.memberships.get(channel=other_channel).delete()

    assert seen(browser) == ["Here Ltd"]


def test_k05_the_provider_chooses_one_channel(client, both, other_channel, channel):
    both.memberships.create(channel=None, role=Role.ADMIN)
    client.force_login(both, "allauth.account.auth_backends.AuthenticationBackend")
    every = client.get(reverse("services:journal")).status_code
    client.post(CHOOSE, {"role": str(channel.pk)})

    assert every == 200
    assert client.get(reverse("services:journal")).status_code == 403
    assert seen(client) == ["Here Ltd"]


def test_k05_who_has_one_role_is_not_asked(as_olga):
    assert 'name="role"' not in as_olga.get(CUSTOMERS).content.decode()
