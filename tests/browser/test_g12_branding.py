"""G12 in a browser: the channel's accent and logo are what the invitee sees, in light and in dark."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from portal.core.logos import Logo
from portal.core.pictures import read

ACCENTS = {"light": "rgb(122, 31, 92)", "dark": "rgb(178, 125, 160)"}


@pytest.fixture
def branded(service):
    file = BytesIO()
    Image.new("RGB", (120, 40), "#7a1f5c").save(file, "PNG")
    logo = Logo.of(read(file.getvalue()))
    logo.keep()
    channel = service.channel
    channel.brand_name, channel.accent, channel.logo = "Telko Süd", "#7a1f5c", logo
    channel.save()
    return service.invitation


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_g12_the_wizard_is_drawn_in_the_channels_colours(site, opens, branded, axe, scheme):
    page = opens()
    page.emulate_media(color_scheme=scheme)
    page.goto(branded.link)

    button = page.get_by_role("link", name="Use App Registration")
    expect(button).to_have_css("background-color", ACCENTS[scheme])
    expect(page.locator(".tl-host")).to_contain_text("Telko Süd")
    assert page.locator(".tl-host-logo").evaluate("img => img.complete && img.naturalWidth") == 120
    assert axe(page) == []
