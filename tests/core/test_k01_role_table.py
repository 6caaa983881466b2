"""K01: the table of roles, one test a cell. It is written out here, as people read it."""

import pytest

from portal.core.roles import OF_THE_PROVIDER, Action, Role
from tests.conftest import make_operator

TABLE = """
                  admin  operator  operator_lite  monitor
see               yes    yes       yes            yes
edit_customers    yes    yes       no             no
add_services      yes    yes       no             no
invite            yes    yes       no             no
resend            yes    yes       yes            no
validate          yes    yes       yes            no
connect           yes    yes       no             no
delete            yes    no        no             no
try_mail          yes    no        no             no
manage_sbcs       yes    no        no             no
manage_operators  yes    no        no             no
"""
HEAD, *LINES = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(line[0], role, word) for line in LINES for role, word in zip(HEAD, line[1:], strict=True)]


@pytest.mark.parametrize(("action", "role", "word"), CELLS)
def test_k01_each_role_may_what_the_table_says_in_its_channel_and_nowhere_else(
    channel, other_channel, action, role, word
):
    person = make_operator("person@nordhafen.example", channel, Role(role))

    assert person.may(Action(action), channel.id) is (word == "yes")
    assert person.may(Action(action)) is (word == "yes")
    assert not person.may(Action(action), other_channel.id)


def test_k01_the_table_names_every_action_and_role():
    assert {line[0] for line in LINES} | OF_THE_PROVIDER == set(Action)
    assert set(HEAD) == set(Role)


@pytest.mark.parametrize("action", sorted(OF_THE_PROVIDER))
@pytest.mark.parametrize("role", Role)
def test_k01_what_concerns_all_channels_is_for_the_providers_admins_alone(channel, action, role):
    of_a_channel = make_operator("channel@nordhafen.example", channel, role)
    of_the_provider = make_operator("provider@nordhafen.example", None, role)

    assert not of_a_channel.may(action)
    assert not of_a_channel.may(action, channel.id)
    assert of_the_provider.may(action) is (role == Role.ADMIN)
    assert of_the_provider.may(action, channel.id) is (role == Role.ADMIN)
