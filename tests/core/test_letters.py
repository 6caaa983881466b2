"""A mail as it is written: nothing that a name, an address or a text holds is taken for anything else."""

import re
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.core.letters import Letter, compose
from portal.core.smtp import _dot_stuffed

# No timed assertion: the machine may be busy.
in_its_own_time = settings(deadline=None)

ID = "<one@trunkline.example>"
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
]
# Whatever somebody may type or a tenant may be called, and what mail software gives a meaning to.
pieces = [
    *(
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x85",
        "\u2028",
        ".",
        "\r\n.\r\n",
        "\n.\n",
        "\r.\r",
        "--=",
    ),
    *("Bcc: eve@x.example", "=?utf-8?q?=0ABcc:_eve=40x.example?=", "ü" * 600, "x" * 1200, " " * 200),
]
nasty = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(pieces)), max_size=8).map("".join)
one_line = nasty.map(lambda text: re.sub(r"[\r\n]", " ", text))


def sent(letter, recipient="ida@brightwater.example"):
    """The bytes between DATA and the final dot, as the server reads them."""
    return _dot_stuffed(compose(letter, recipient, ID))


def received(data):
    """What the recipient's program makes of it."""
    lines = [line.removeprefix(b".") for line in data.split(b"\r\n")]
    return message_from_bytes(b"\r\n".join(lines), policy=policy.default)


def words(text):
    return re.sub(r"\s+", " ", text).strip()


@in_its_own_time
@given(subject=one_line, text=nasty, html=nasty)
@example(subject="a\x0bBcc: eve@x.example", text="a\r.\rb", html="\0")
def test_whatever_it_says_the_data_is_one_mail_in_lines_that_every_server_takes(subject, text, html):
    data = sent(Letter(subject, text, html))

    lines = data.split(b"\r\n")
    assert lines.pop() == b""
    # RFC 5321, 2.3.8, 4.5.2, 4.5.3.1.6: no lone CR or LF, no lone dot, at most 998 octets; and neither 8 bits nor NUL.
    assert not re.search(rb"[\r\n\0\x80-\xff]", b"".join(lines))
    assert b"." not in lines
    assert max(map(len, lines)) <= 998


@in_its_own_time
@given(subject=one_line, text=nasty, html=nasty)
@example(subject="=?utf-8?q?=0ABcc:_eve=40x.example?=", text="", html="")
@example(subject="a\u2028Bcc: eve@x.example", text="", html="")
def test_whatever_it_says_headers_and_parts_are_ours(subject, text, html):
    message = received(sent(Letter(subject, text, html)))

    assert message.keys() == HEADERS
    assert (message["To"], message["Message-ID"]) == ("ida@brightwater.example", ID)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset() is not None
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message.defects == []


@in_its_own_time
@given(text=nasty)
def test_the_text_arrives_word_for_word(text):
    message = received(sent(Letter("Subject", text, "<p>HTML</p>")))

    unreadable = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # of these the mail keeps none
    got = message.get_body(("plain",)).get_content()
    assert words(unreadable.sub(" ", got)) == words(unreadable.sub(" ", text))


@in_its_own_time
@given(name=nasty)
@example(name="0=?utf-8?q?=0ABcc:_eve=40x.example?=\x80")
def test_no_address_adds_a_recipient_or_a_header(name):
    try:
        message = received(sent(Letter("Subject", "Text", "<p>HTML</p>"), f"{name}@brightwater.example"))
    except ValueError:
        return
    assert message.keys() == HEADERS


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_in_a_subject_is_refused(end):
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        sent(Letter(f"a{end}Bcc: eve@x.example", "Text", "<p>HTML</p>"))
