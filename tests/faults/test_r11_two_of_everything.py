"""R11: two workers of each queue and two beats have the effect of one, night after night."""

from collections import Counter
from datetime import timedelta

import pytest

from m365.models import ConnectionState, NightlyRun
from portal.core.outbox import OutboxMail
from services.digests import DIGEST
from tests.nightroom import fleet, is_over


def was_before(run, nights):
    """It was so many nights ago: then the newest one is due at once."""
    OutboxMail.objects.all().delete()
    run.date -= timedelta(days=nights)
    run.save()


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("size", "nights"),
    [(30, 2), pytest.param(200, 20, marks=SLOW), pytest.param(1000, 1, marks=SLOW)],
)
def test_r11_two_of_everything_have_one_effect(nightroom, entra, mailbox, size, nights):
    services = fleet(entra, size, calm=True)
    services.lose_secrets()
    children = [nightroom.worker(queue, 2) for queue in ("nightly", "nightly", "mail", "mail")]
    children += [nightroom.beat(), nightroom.beat()]

    for night in range(nights):
        runs = NightlyRun.objects.all()
        children[0].wait_until(lambda night=night, runs=runs: runs.count() > night and is_over(), within=180)
        # News each time: all are broken, all work again, all are broken, …
        found = ConnectionState.OK if night % 2 else ConnectionState.SECRET_REJECTED
        (services.lose_secrets if night % 2 else services.find_them_again)()
        run = NightlyRun.objects.latest("date")
        assert Counter(run.items.values_list("state", flat=True)) == {found: size}
        [digest] = OutboxMail.objects.filter(kind=DIGEST)
        assert (digest.recipient, digest.state) == (services.olga.email, "sent")
        assert [mail.to for mail in mailbox] == [[services.olga.email]]
        mailbox.clear()
        was_before(run, nights - night)
    assert NightlyRun.objects.count() in (nights, nights + 1)  # the last beat may have begun once more
