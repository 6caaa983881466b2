"""What tests of killed mail workers share."""

import os
import signal

import psutil

from portal.core import outbox
from portal.core.actors import PORTAL
from portal.core.outbox import OutboxMail
from portal.core.trial_mail import TRIAL

# Seconds: so that a dead worker's mails are soon somebody else's.
SHORT = {"MAIL_LEASE_SECONDS": "3", "MAIL_LONGEST_SEND_SECONDS": "2", "SWEEP_SECONDS": "1"}


def queue(count, operator, key="mail"):
    """Post so many mails of a kind that every process of the portal can write; the rows."""
    return [
        outbox.post(TRIAL, operator.pk, f"{number}@x.example", key=f"{key} {number}", actor=PORTAL)
        for number in range(count)
    ]


def kill(child):
    """SIGKILL for a process of ours and all that it started, as a machine that loses its power does."""
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


def stopped(child):
    """The process of this child, or one that it started, that stands at a failpoint; None while none does."""
    main = psutil.Process(child.process.pid)
    for process in [main, *main.children(recursive=True)]:
        if process.status() == psutil.STATUS_STOPPED:
            return process
    return None


def is_settled(mail):
    """Whether nothing more will happen to it by itself."""
    return not OutboxMail.objects.filter(pk=mail.pk, next_try_at__isnull=False).exists()


def all_settled():
    return not OutboxMail.objects.filter(next_try_at__isnull=False).exists()
