"""G12: what a channel's customers see of it, in mails and in the Invitation wizard, and where they do not."""

import re
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from portal.core.journal import JournalEntry
from portal.core.logos import Logo
from portal.core.tasks import drain_mail
from portal.core.tenancy import Channel
from tests.conftest import actor_for

BRAND = {
    "brand_name": "Telko Süd, Inh. Gruber",
    "accent": "#7a1f5c",
    "brand_email": "fragen@telko.example",
    "brand_phone": "+49 89 5550 7",
    "reply_to": "antwort@telko.example",
}


def drawn(kind="PNG", size=(200, 80)):
    file = BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(file, kind)
    return file.getvalue()


def upload(content=None, name="logo.png"):
    return SimpleUploadedFile(name, content or drawn(), "image/png")


def page(channel):
    return reverse("services:channel_branding", args=[channel.pk])


def opened(browser, invitation):
    return browser.get(urlsplit(invitation.link).path, follow=True)


@pytest.fixture
def branded(as_olga, channel):
    answer = as_olga.post(page(channel), BRAND | {"logo": upload()})
    assert answer.status_code == 302, answer.context["form"].errors
    channel.refresh_from_db()
    return channel


@pytest.fixture
def wizard(branded, invitation):
    """A browser that has followed the invitation's link, and the page it came to."""
    browser = Client()
    return browser, opened(browser, invitation)


def test_g12_the_wizard_wears_the_channels_brand(wizard, branded):
    browser, shown = wizard
    text = shown.content.decode()
    style = f"/brands/{branded.pk}/7a1f5c.css"

    assert "Telko Süd, Inh. Gruber" in text
    assert "+49 89 5550 7" in text
    assert "Nordhafen Voice" not in text
    assert style in text
    sheet = browser.get(style)
    assert "--tl-accent: light-dark(#7a1f5c" in sheet.content.decode()
    assert sheet["Cache-Control"] == "public, max-age=31536000, immutable"
    logo = browser.get(f"/brands/{branded.pk}/{branded.logo_id}/")
    assert (logo.status_code, logo["Content-Type"]) == (200, "image/png")


def test_g12_the_mail_wears_it_and_carries_the_logo(branded, invitation, mailbox):
    drain_mail()

    mail = mailbox.mails[0].message
    html = mail.get_body(("html",)).get_content()
    picture = next(part for part in mail.walk() if part.get_content_maintype() == "image")

    sender = mail["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (
        "Telko Süd, Inh. Gruber",
        "onboarding@nordhafen.example",
    )
    assert mail["Reply-To"] == "antwort@telko.example"
    assert "#7a1f5c" in html
    assert "#0b6477" not in html
    assert "Nordhafen Voice" not in html + mail.get_body(("plain",)).get_content() + mail["Subject"]
    assert picture["Content-ID"] == "<logo>"
    assert 'src="cid:logo"' in html
    assert picture.get_content() == bytes(Logo.objects.get().content)
    assert not re.findall(r'src="(?!cid:)', html)


def test_g12_a_channel_without_a_brand_is_the_provider(channel, invitation, mailbox):
    text = opened(Client(), invitation).content.decode()
    drain_mail()

    assert "Nordhafen Voice" in text
    assert "/brands/" not in text
    assert 'cid:logo"' not in mailbox.mails[0].html


def test_g12_the_page_for_dead_links_shows_no_brand(wizard, branded, invitation, olga):
    browser, _shown = wizard
    invitation.refresh_from_db()
    invitation.revoke(actor_for(olga))
    fresh = Client().get("/i/nothing-of-ours/")

    dead = browser.get(reverse("invitations:welcome", args=[invitation.uuid]))

    assert dead.status_code == fresh.status_code == 410
    assert dead.content == fresh.content
    assert "Telko" not in dead.content.decode()


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"accent": "petrol"}, "accent", "A colour as #0b6477"),
        ({"accent": "#12345g"}, "accent", "A colour as #0b6477"),
        ({"accent": "#ffd400"}, "accent", "The nearest that can be read is #"),
        ({"brand_email": "nobody"}, "brand_email", ""),
        ({"reply_to": "a@b.example, c@d.example"}, "reply_to", ""),
        ({"brand_name": "Telko\x85Süd"}, "brand_name", "No line ends"),
        ({"logo": upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, "logo", "SVG"),
        ({"logo": upload(b"%PDF-1.4 no picture")}, "logo", "Save it as PNG or JPEG."),
        ({"logo": upload(drawn("WEBP"))}, "logo", "Save it as PNG or JPEG."),
        ({"logo": upload(b"\0" * 100_001)}, "logo", "Up to 100 kB"),
    ],
)
def test_g12_what_cannot_be_shown_is_refused_beside_its_field(as_olga, channel, values, field, says):
    shown = as_olga.post(page(channel), BRAND | values)

    assert says in " ".join(shown.context["form"].errors[field])
    assert Channel.objects.get(pk=channel.pk).brand_name == ""
    assert Logo.objects.count() == 0


def test_g12_logos_of_customers_and_former_colours_are_not_public(branded, customer):
    own = Logo(hash="a" * 64, content_type="image/png", content=b"x")
    own.keep()
    visitor = Client()

    assert visitor.get(f"/brands/{branded.pk}/{own.pk}/").status_code == 404
    assert visitor.get(f"/brands/{branded.pk}/000000.css").status_code == 404
    assert visitor.get(f"/brands/{customer.pk}/7a1f5c.css").status_code == 404


def test_g12_a_new_logo_takes_the_place_of_the_old_one(as_olga, branded):
    as_olga.post(page(branded), BRAND | {"logo": upload(drawn("JPEG"), "logo.jpg")})
    as_olga.post(page(branded), BRAND | {"logo-clear": "on"})

    assert Logo.objects.count() == 0
    assert JournalEntry.objects.filter(verb="channel.edited", about=[branded.pk]).count() == 3


def test_g12_only_admins_of_the_channel_set_it(as_max, as_monica, branded):
    assert as_max.post(page(branded), {"brand_name": "Mine"}).status_code == 404
    assert as_monica.post(page(branded), {"brand_name": "Mine"}).status_code == 403
    assert Channel.objects.get(pk=branded.pk).brand_name == BRAND["brand_name"]
