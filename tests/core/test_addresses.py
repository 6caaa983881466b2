"""The one validator of mail addresses, through the form field that every form uses."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from invitations.models import Invitation
from portal.core import addresses
from portal.core.addresses import AddressFormField, validate_address
from portal.core.letters import Letter, compose
from portal.core.outbox import OutboxMail
from services.customer_forms import CustomerForm
from services.forms import ServiceForm
from services.models import Customer, Service
from services.onboarding.forms import TenantForm
from services.views.pending_invitations import ResendForm
from tests.conftest import actor_for

SYNTAX = ["Enter a valid email address, as name@company.example."]
ONE_ONLY = ["Enter one address only."]
UNSEEN = ["It has a line end or an invisible character. Type the address by hand."]
ALONE = ["Enter the address alone, without a name and without < and >."]
PLAIN = ["Before the @, only the letters a–z, digits and signs can be used."]
LONG = "a" * 60 + "@" + ".".join(["b" * 62] * 3) + "."


def told(text):
    """What the form says beside the field; nothing for an address that it takes."""
    try:
        AddressFormField().clean(text)
    except ValidationError as refusal:
        return refusal.messages
    return []


@pytest.mark.parametrize(
    "address",
    [
        "ida@brightwater.example",
        "Ida.Berg+portal@Mail.Brightwater.Example",
        "o'neil@brightwater.example",
        "mueller@bücher.example",
        "ida@例え.テスト",
        "ida@xn--bcher-kva.example",
        "a" * 64 + "@brightwater.example",
        LONG + "c" * (254 - len(LONG)),
    ],
)
def test_one_address_is_taken_international_domains_too(address):
    assert (told(address), AddressFormField().clean(f" {address}\r\n")) == ([], address)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("ida@brightwater.example,eve@evil.example", ONE_ONLY),
        ("ida@brightwater.example; eve@evil.example", ONE_ONLY),
        ("ida@brightwater.example eve@evil.example", ONE_ONLY),
        ("ida@brightwater.example;", ONE_ONLY),
        ("ida@@brightwater.example", ONE_ONLY),
        ("ida@brightwater.example\r\nBcc: eve@evil.example", UNSEEN),
        ("ida@brightwater.example\nX: 1", UNSEEN),
        ("ida\u2028@brightwater.example", UNSEEN),
        ("ida@bright\u200bwater.example", UNSEEN),
        ("ida@\u202eretawthgirb.example", UNSEEN),
        ("Ida <ida@brightwater.example>", ALONE),
        ("<ida@brightwater.example>", ALONE),
        ('"ida berg"@brightwater.example', ["An address with quotation marks cannot be used."]),
        ("ida berg@brightwater.example", ["An address has no blank."]),
        ("müller@bücher.example", PLAIN),
        ("a" * 65 + "@brightwater.example", ["Before the @, at most 64 characters are possible."]),
        (LONG + "c" * (255 - len(LONG)), ["At most 254 characters are possible."]),
        ("ida@" + ".".join(["ü" * 40] * 6) + ".example", ["At most 254 characters are possible."]),
        ("brightwater.example", SYNTAX),
        ("@brightwater.example", SYNTAX),
        ("ida@", SYNTAX),
        ("ida@localhost", SYNTAX),
        ("ida@[192.0.2.1]", SYNTAX),
        ("ida@192.0.2.1", SYNTAX),
        ("ida@bright..example", SYNTAX),
        ("ida@-bright.example", SYNTAX),
        ("ida@bright_water.example", SYNTAX),
        ("ida@evil．example＠brightwater.example", SYNTAX),
        (".ida@brightwater.example", SYNTAX),
        ("=?us-ascii?q?a=2Cb=40c?=@brightwater.example", SYNTAX),
        ("=?utf-8?q?x=0D=0ABcc=3Aeve?=@brightwater.example", SYNTAX),
        ("ida.@brightwater.example", SYNTAX),
        ("ida@" + "b" * 64 + ".example", SYNTAX),
    ],
)
def test_what_is_no_single_plain_address_is_refused_with_the_reason(text, sentences):
    assert told(text) == sentences


def test_nul_is_refused():
    assert UNSEEN[0] in told("ida\0@brightwater.example")


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (TenantForm, "email"),
        (TenantForm, "m365_contact"),
        (ResendForm, "email"),
        (CustomerForm, "contact_email"),
        (CustomerForm, "second_email"),
        (ServiceForm, "m365_contact"),
    ],
)
def test_every_form_with_an_address_asks_this_validator(form, name):
    assert isinstance(form.base_fields[name], AddressFormField)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Customer, "contact_email"),
        (Customer, "second_email"),
        (Service, "m365_contact"),
        (Invitation, "email"),
    ],
)
def test_every_model_with_an_address_asks_it_too(model, name):
    field = model._meta.get_field(name)

    assert validate_address in field.validators
    with pytest.raises(ValidationError, match="Enter one address only"):
        field.clean("ida@brightwater.example,eve@evil.example", model())


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["ida@a.example,eve@b.example", "ida@a.example\nBcc: eve@b.example"])
def test_no_door_mails_a_link_to_what_is_no_single_address(service, olga, email):
    former = service.invitation.email

    with pytest.raises(ValidationError):
        service.invite_again(email, actor_for(olga))

    assert Invitation.objects.get().email == former
    assert OutboxMail.objects.count() == 1


def refusals(text):
    try:
        validate_address(text)
    except ValidationError as refusal:
        return refusal.messages
    return []


@given(st.text() | st.from_regex(r"[a-z.\"<>, ;\r\n=?]{0,6}@[a-zü.\-\[\]0-9@]{0,12}\.[a-zß]{1,5}"))
def test_whatever_is_taken_makes_a_mail_to_exactly_one_recipient(text):
    if told_by_the_validator := refusals(text):
        assert len(told_by_the_validator) == 1
        return

    mail = compose(Letter("Subject", "text", "<p>text</p>"), text, "<1@portal.example>")
    (recipient,) = mail["To"].addresses
    assert (recipient.username, len(str(mail["To"])) <= addresses.LONGEST) == (text.partition("@")[0], True)
    assert mail["Bcc"] is None
