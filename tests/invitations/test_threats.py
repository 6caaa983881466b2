"""What an attacker of the links and their mails tries, by the number of the threat; others are in the files beside."""

import base64
import re
from email import message_from_bytes
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from invitations.models import Invitation
from invitations.tasks import remind
from portal.core.clock import now
from portal.core.letters import Letter, compose
from portal.core.outbox import OutboxMail
from portal.core.tasks import drain_mail
from tests.conftest import IDA, actor_for, make_service
from tests.invitations.conftest import follow
from tests.services.onboarding.conftest import url

READ_BY = {
    "string": "GET",
    "list": "LRANGE",
    "hash": "HGETALL",
    "set": "SMEMBERS",
    "zset": "ZRANGE",
    "stream": "XRANGE",
}


def dump_of_the_database():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {connection.ops.quote_name(table)} t")  # noqa: S608
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def dump_of_redis():
    """Every key and value, messages in the clear: Celery's bodies are base64."""
    server, found = redis.from_url(settings.REDIS_URL), []
    for key in server.scan_iter():
        kind = server.type(key).decode()
        whole = {"list": (0, -1), "zset": (0, -1), "stream": ("-", "+")}.get(kind, ())
        found += [key, repr(server.execute_command(READ_BY[kind], key, *whole)).encode()]
    text = b"\n".join(found)
    bodies = [base64.b64decode(body) for body in re.findall(rb'"body": "([A-Za-z0-9+/]+=*)"', text)]
    return b"\n".join([text, *bodies]).decode(errors="replace")


def parts_of(link):
    """The link's token, and its signature alone."""
    token = urlsplit(link).path.split("/")[2]
    return {token, token.partition(".")[2]}


@pytest.mark.django_db(transaction=True)  # so that workers are woken: messages stand in Redis
def test_t02_no_link_that_was_ever_issued_stands_in_database_or_redis(
    as_olga, olga, new_browser, service, mailbox
):
    invitation, issued = service.invitation, set()

    def sent():
        drain_mail()
        issued.update(parts_of(invitation.link))
        follow(new_browser(), invitation)

    sent()
    as_olga.post(url("copy_link", service))
    Invitation.objects.update(remind_at=now())
    remind()
    sent()
    invitation.resend(invitation.email, actor_for(olga))
    sent()
    invitation.revoke(actor_for(olga))
    invitation.resend("ruth@brightwater.example", actor_for(olga))
    sent()

    mails = "".join(mail.text for mail in mailbox)
    stored, queued = dump_of_the_database(), dump_of_redis()
    assert (len(issued), len(mailbox), OutboxMail.objects.count()) == (6, 4, 4)
    assert all(part in mails for part in issued)
    assert (str(invitation.uuid) in stored, "drain_mail" in queued, "argsrepr" in queued) == (True,) * 3
    assert [part for part in issued if part in stored or part in queued] == []


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
@pytest.mark.django_db
def test_t13_a_forged_host_changes_no_link(olga, service, mailbox, name):
    forged = {name: "evil.example"}
    client = Client(headers=forged)
    client.force_login(olga, "allauth.account.auth_backends.AuthenticationBackend")

    answer = client.post(url("resend", service), {"email": "ida@brightwater.example", "version": "1"})
    drain_mail()

    assert answer.status_code == (400 if name == "Host" else 302)
    [mail] = mailbox
    links = {urlsplit(link).netloc for link in mail.links if link.startswith("http")}
    assert links == {urlsplit(settings.PUBLIC_URL).netloc}
    assert "evil.example" not in mail.html + mail.text + answer.get("Location", "")


HEADERS = {
    "auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "reply-to", "subject", "to",
}  # fmt: skip
HOSTILE = [
    "x\r\nBcc: eve@evil.example",
    "x\nBcc: eve@evil.example\n\nbody",
    "x\rBcc: eve@evil.example",
    "x\u2028Bcc: eve@evil.example\x85X: y",
    "x\x0bBcc: eve@evil.example\x0cX: y",
    "=?utf-8?q?x=0D=0ABcc:_eve@evil.example?=",
    "=?utf-8?b?eA0KQmNjOiBldmVAZXZpbC5leGFtcGxl?=",
    "é =?utf-8?q?x=0D=0ABcc:_eve@evil.example?= " * 3,
    "<script>alert(1)</script>" * 8,
]


@pytest.mark.django_db
def test_t15_no_name_makes_a_header_or_a_second_recipient(customer, olga, mailbox):
    for number, name in enumerate(HOSTILE):
        customer.name = name
        make_service(customer, olga, f"service{number}", full_name=name)

    drain_mail()

    assert len(mailbox) == len(HOSTILE)
    for message in mailbox.messages:
        assert {name.lower() for name in message} - {"x-envelope-from", "x-envelope-to"} == HEADERS
        assert (len(message), message["To"], message["X-Envelope-To"]) == (len(HEADERS) + 2, IDA, IDA)
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]


@given(
    st.text(alphabet=st.sampled_from("aZ \t:;,<>@=?_é日\u202e\u2028\x85"), max_size=80) | st.text(max_size=80)
)
def test_t15_whatever_a_subject_says_it_stays_one_line(text):
    subject = " ".join(f"Connect {text} to us".split())  # as every mail's subject is made
    raw = compose(Letter(subject, "text", "<p>text</p>"), IDA, "<1@portal.example>").as_bytes()

    message = message_from_bytes(raw)
    assert {name.lower() for name in message} == HEADERS
    assert len(message) == len(HEADERS)
