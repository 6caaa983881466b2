import io
import smtplib

import pytest
from django.core.management import CommandError, call_command

from portal import places
from portal.core.tenancy import Channel, Membership, Operator

PASSWORD = "correct horse battery staple"


def create(monkeypatch, *arguments, password=PASSWORD):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    call_command("createoperator", *arguments, "--name", "Olga", "--password-stdin")


@pytest.mark.django_db
def test_an_operator_of_a_channel_is_made_with_a_role(monkeypatch):
    channel = Channel.objects.create(name="Nordhafen Direct")

    create(monkeypatch, "Olga@nordhafen.example", "--channel", "Nordhafen Direct", "--role", "operator")

    olga = Operator.objects.get()
    assert (olga.email, olga.name, olga.check_password(PASSWORD)) == ("olga@nordhafen.example", "Olga", True)
    assert list(Membership.objects.values_list("operator", "channel", "role")) == [
        (olga.pk, channel.pk, "operator")
    ]


@pytest.mark.django_db
def test_an_operator_of_the_provider_belongs_to_no_single_channel(monkeypatch):
    create(monkeypatch, "pia@nordhafen.example", "--provider", "--role", "admin")

    assert list(Membership.objects.values_list("operator__email", "channel", "role")) == [
        ("pia@nordhafen.example", None, "admin")
    ]


@pytest.mark.django_db
def test_the_first_operator_makes_the_first_channel_and_a_refused_one_none(monkeypatch, settings):
    with pytest.raises(CommandError):
        create(monkeypatch, "pia@nordhafen.example", "--provider", "--role", "admin", password="short")
    assert not Channel.objects.exists()

    create(monkeypatch, "pia@nordhafen.example", "--provider", "--role", "admin")
    create(monkeypatch, "paul@nordhafen.example", "--provider", "--role", "admin")

    assert list(Channel.objects.values_list("name", flat=True)) == [settings.PROVIDER_NAME]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "password", "words"),
    [
        (["pia@nordhafen.example", "--channel", "Nowhere"], PASSWORD, "There is no channel 'Nowhere'"),
        (["pia@nordhafen.example", "--provider"], "short", "too short"),
        (["not an address", "--provider"], PASSWORD, "valid email address"),
        (["taken@nordhafen.example", "--provider"], PASSWORD, "already exists"),
    ],
)
def test_a_bad_operator_is_refused_and_nothing_is_stored(monkeypatch, arguments, password, words):
    Operator.objects.create_operator("taken@nordhafen.example", "Taken", PASSWORD)
    Channel.objects.create(name="Nordhafen Direct")

    with pytest.raises(CommandError, match=words):
        create(monkeypatch, *arguments, "--role", "admin", password=password)

    assert list(Operator.objects.values_list("email", flat=True)) == ["taken@nordhafen.example"]


@pytest.fixture
def real_smtp(settings):
    """pytest-django puts an outbox in memory in place of SMTP; this test wants the real thing."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def test_a_test_mail_is_sent_at_once(mailbox, real_smtp, capsys):
    call_command("sendtestmail", "it@moewe.example")

    assert [(mail.to, mail.subject) for mail in mailbox] == [
        (["it@moewe.example"], "The portal can send mail")
    ]
    assert "accepted the mail to it@moewe.example" in capsys.readouterr().out


def test_a_mail_server_that_does_not_answer_is_named(settings, real_smtp):
    settings.EMAIL_PORT = places.free_port()

    with pytest.raises(CommandError) as refused:
        call_command("sendtestmail", "it@moewe.example")

    assert f"127.0.0.1:{settings.EMAIL_PORT}" in str(refused.value)
    assert isinstance(refused.value.__cause__, (OSError, smtplib.SMTPException))
