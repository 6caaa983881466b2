import json
import smtplib
import urllib.error
import urllib.request
from email.message import EmailMessage

import pytest

from portal import places
from portal.inbox import Inbox

LINK = "http://localhost:8000/i/abc?x=1&y=2"


@pytest.fixture
def inbox(tmp_path):
    inbox = Inbox(tmp_path / "mail", places.free_port(), places.free_port())
    inbox.start()
    yield inbox
    inbox.stop()


def send(inbox, subject="Connect your tenant", to="it@moewe.example"):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "Voice <onboarding@nordhafen.example>", to
    mail.set_content(f"Click here: {LINK}.\n")
    mail.add_alternative(f'<html><head></head><body><a href="{LINK}">Click</a></body></html>', subtype="html")
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port) as smtp:
        smtp.send_message(mail)


def fetch(inbox, path):
    url = f"http://127.0.0.1:{inbox.http_port}{path}"
    with urllib.request.urlopen(url) as answer:
        return answer.headers, answer.read().decode()


def test_a_received_mail_is_parsed_with_all_its_links(inbox):
    send(inbox, "Möwe – connect")

    [mail] = inbox
    assert (mail.to, mail.subject, mail.links) == (["it@moewe.example"], "Möwe – connect", [LINK])
    assert mail.text == f"Click here: {LINK}.\n"
    assert mail["X-Envelope-From"] == "onboarding@nordhafen.example"
    assert [message["Subject"] for message in inbox.messages] == ["Möwe – connect"]


def test_mails_are_kept_over_a_restart(inbox):
    send(inbox)

    assert [mail.subject for mail in Inbox(inbox.store, places.free_port())] == ["Connect your tenant"]


def test_the_list_shows_the_newest_mail_first_and_looks_again_by_itself(inbox):
    for subject in ("first", "second"):
        send(inbox, subject)

    _headers, page = fetch(inbox, "/")

    assert page.index(">second<") < page.index(">first<")
    assert '<meta http-equiv="refresh" content="5">' in page


def test_a_hostile_subject_is_shown_and_not_obeyed(inbox):
    send(inbox, "<script>alert(1)</script>")
    [mail_id] = inbox.ids()

    for path in ("/", f"/mails/{mail_id}"):
        headers, page = fetch(inbox, path)
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")


def test_the_html_part_is_sandboxed_and_its_links_open_beside_it(inbox):
    send(inbox)
    [mail_id] = inbox.ids()

    headers, html = fetch(inbox, f"/mails/{mail_id}/html")

    assert html.startswith('<html><head><base target="_blank"></head>')
    assert headers["Content-Security-Policy"].startswith(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    )


def test_programs_read_the_mails_as_json(inbox):
    send(inbox)

    [mail] = json.loads(fetch(inbox, "/messages.json")[1])

    assert (mail["to"], mail["subject"], mail["links"]) == (
        ["it@moewe.example"],
        "Connect your tenant",
        [LINK],
    )


@pytest.mark.parametrize(
    "path", ["/mails/x", "/mails/..%2f..%2fetc", "/mails/00000000000000000000-00000000", "/a"]
)
def test_what_is_not_there_is_a_404(inbox, path):
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(inbox, path)

    assert refused.value.code == 404


def test_waiting_for_a_mail_that_does_not_come_says_what_came(inbox):
    send(inbox, "another one")

    with pytest.raises(TimeoutError, match=r"another one"):
        inbox.wait_for(lambda mail: mail.subject == "wanted", within=0.1)


def test_a_picture_within_the_mail_is_shown(inbox):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Logo", "onboarding@nordhafen.example", "it@moewe.example"
    mail.set_content("text")
    mail.add_alternative('<img src="cid:logo" alt="">', subtype="html")
    mail.get_payload(1).add_related(b"picture", "image", "png", cid="<logo>")
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port) as smtp:
        smtp.send_message(mail)

    [received] = inbox
    with urllib.request.urlopen(f"http://127.0.0.1:{inbox.http_port}/mails/{received.id}/html") as answer:
        assert 'src="data:image/png;base64,cGljdHVyZQ=="' in answer.read().decode()
