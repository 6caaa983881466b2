"""A mail as it is written: subject, text and HTML, and the message that carries them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.encoding import punycode

from portal.core.addresses import is_local_part

# Signs that nobody can read: no server need take NUL, and to Python's email some of them end a line of a header.
UNREADABLE = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


def written(name: str, **context: Any) -> Letter:
    """A mail as its three templates have it, with what every mail says of the provider."""
    told = {
        "provider_name": settings.PROVIDER_NAME,
        "provider_email": settings.PROVIDER_EMAIL,
        "provider_phone": settings.PROVIDER_PHONE,
        **context,
    }
    return Letter(
        subject=" ".join(render_to_string(f"mail/{name}.subject.txt", told).split()),
        text=render_to_string(f"mail/{name}.txt", told),
        html=render_to_string(f"mail/{name}.html", told),
    )


def compose(letter: Letter, recipient: str, message_id: str) -> EmailMessage:
    """Text and HTML to one recipient. Raises ValueError for line ends in a header, and for what is no address."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # not every server takes 8 bits
    name, _, host = recipient.rpartition("@")
    if not is_local_part(name):
        raise ValueError("what stands before the @ is no local part")
    message["From"] = settings.MAIL_FROM
    message["To"] = f"{name}@{punycode(host)}"
    # Python's email reads an encoded word in a text, decodes it, line ends included, and writes these out raw.
    message["Subject"] = UNREADABLE.sub(" ", letter.subject).replace("=?", "= ?")
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if settings.PROVIDER_EMAIL:
        message["Reply-To"] = settings.PROVIDER_EMAIL
    message.set_content(UNREADABLE.sub(" ", letter.text))
    message.add_alternative(UNREADABLE.sub(" ", letter.html), subtype="html")
    return message
