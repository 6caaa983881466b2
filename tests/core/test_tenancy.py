"""Scope and roles."""

import pytest

from portal.core.roles import Action, Role
from services.models import Customer
from tests.conftest import make_operator


@pytest.fixture
def customers(channel, other_channel):
    return [
        Customer.objects.create(channel=channel, name="Ours"),
        Customer.objects.create(channel=other_channel, name="Theirs"),
    ]


def test_operators_see_their_own_channel_and_the_provider_sees_all(customers, olga, max_, pia):
    seen = [list(Customer.objects.managed_by(who).order_by("name")) for who in (olga, max_, pia)]

    assert seen == [customers[:1], customers[1:], customers]


def test_an_operator_without_membership_sees_nothing(customers, olga):
    olga.memberships.all().delete()

    assert list(Customer.objects.managed_by(olga)) == []


def test_a_role_counts_in_its_own_channel_only(channel, other_channel):
    operator = make_operator("two@nordhafen.example", channel, Role.MONITOR)
    operator.memberships.create(channel=other_channel, role=Role.OPERATOR)

    assert operator.may(Action.ADD_SERVICES)
    assert not operator.may(Action.ADD_SERVICES, channel.id)
    assert operator.may(Action.ADD_SERVICES, other_channel.id)


def test_a_role_for_the_provider_counts_in_every_channel(pia, channel):
    assert pia.may(Action.DELETE, channel.id)
    assert pia.role_label == "Admin, all channels"
