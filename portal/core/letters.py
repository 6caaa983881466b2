"""A mail as it is written: subject, text and HTML, and the message that carries them."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, cast

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.encoding import punycode

from portal.core.addresses import is_local_part
from portal.core.brands import Brand, provider

# Signs that nobody can read: no server need take NUL, and to Python's email some of them end a line of a header.
UNREADABLE = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str
    brand: Brand = field(default_factory=provider)


def written(name: str, brand: Brand | None = None, **context: Any) -> Letter:
    """A mail as its three templates have it, with what every mail says of the provider, or of the channel."""
    brand = brand or provider()
    told = {**brand.context, **context}
    return Letter(
        subject=" ".join(render_to_string(f"mail/{name}.subject.txt", told).split()),
        text=render_to_string(f"mail/{name}.txt", told),
        html=render_to_string(f"mail/{name}.html", told),
        brand=brand,
    )


def compose(letter: Letter, recipient: str, message_id: str) -> EmailMessage:
    """Text and HTML to one recipient. Raises ValueError for line ends in a header, and for what is no address."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # not every server takes 8 bits
    name, _, host = recipient.rpartition("@")
    if not is_local_part(name):
        raise ValueError("what stands before the @ is no local part")
    message["From"] = _sender(letter.brand)
    message["To"] = f"{name}@{punycode(host)}"
    # Python's email reads an encoded word in a text, decodes it, line ends included, and writes these out raw.
    message["Subject"] = UNREADABLE.sub(" ", letter.subject).replace("=?", "= ?")
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.brand.reply_to:
        message["Reply-To"] = letter.brand.reply_to
    message.set_content(UNREADABLE.sub(" ", letter.text))
    message.add_alternative(UNREADABLE.sub(" ", letter.html), subtype="html")
    _enclose_logo(message, letter.brand)
    return message


def _sender(brand: Brand) -> str:
    """The portal's own address, which its server may send from; under the channel's name where it has one."""
    _name, at = parseaddr(settings.MAIL_FROM)
    if brand.name == settings.PROVIDER_NAME:
        sender: str = settings.MAIL_FROM
        return sender
    return str(Address(UNREADABLE.sub(" ", brand.name).replace("=?", "= ?"), addr_spec=at))


def _enclose_logo(message: EmailMessage, brand: Brand) -> None:
    """Within the mail, as `cid:logo`: a picture that is fetched would tell who reads when."""
    if logo := brand.logo:
        html = cast(EmailMessage, message.get_payload(1))
        kind = logo.content_type.partition("/")[2]
        html.add_related(bytes(logo.content), "image", kind, cid="<logo>", disposition="inline")
