"""Wake a worker. The work is a row already, so a message that is lost costs a minute and nothing else."""

from datetime import timedelta

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from portal.core.failpoints import failpoint
from portal.core.logs import EventLog

log = EventLog(__name__)

# A message that a worker holds longer than the broker's visibility time-out (5 min, in portal/celeryconfig.py)
# is delivered again and again; stay well below it.
LONGEST_COUNTDOWN = timedelta(minutes=2)


def wake(task: str, after: timedelta = timedelta(0)) -> None:
    """Send the named task once the transaction has committed; a dead or silent broker is logged, never raised.

    For what is due much later nothing is sent: the sweep of each minute finds the row.
    """
    if after <= LONGEST_COUNTDOWN:
        transaction.on_commit(lambda: _send(task, after))


def _send(task: str, after: timedelta) -> None:
    failpoint("wake.after_commit")
    try:
        current_app.send_task(task, countdown=after.total_seconds() or None, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("wake.failed", task=task, error=type(error).__name__)
