"""The peer of M7: mails as Celery tasks with late acknowledgement, as many a portal sends them."""

import os
import smtplib
from functools import cache
from urllib.parse import urlsplit

from celery import Celery

# Not the current app: that is the portal's, whose wake-up calls would go to this broker.
app = Celery("peer", broker=os.environ["PEER_BROKER"], set_as_current=False)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    broker_transport_options={"visibility_timeout": int(os.environ["PEER_VISIBILITY"])},
)


@cache
def line() -> smtplib.SMTP:
    """One connection a process."""
    return smtplib.SMTP("127.0.0.1", urlsplit(os.environ["EMAIL_URL"]).port)


@app.task
def send(number: int) -> None:
    message = (
        f"Message-ID: <{number}@peer.example>\r\nSubject: An invitation\r\n\r\n{'A line of it. ' * 300}\r\n"
    )
    line().sendmail("onboarding@nordhafen.example", "ida@brightwater.example", message)
