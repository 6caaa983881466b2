"""Work for leases: mails of no kind that anybody sends."""

import pytest

from portal.core.actors import PORTAL
from portal.core.outbox import post


@pytest.fixture
def queue(channel):
    """`queue(3)`: so many mails, called "0", "1" and so on."""

    def posted(count):
        return [a_mail(channel, str(number)) for number in range(count)]

    return posted


@pytest.fixture
def mail(channel):
    return a_mail(channel, "one")


def a_mail(channel, key):
    return post("test.nothing", channel.id, "ida@brightwater.example", key=key, actor=PORTAL)
