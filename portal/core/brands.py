"""How the provider, or one of its channels, appears in mails and to invitees: name, contact, logo, accent.

A channel's brand is worn by what belongs to one of its invitations, and by nothing else: the page for dead links is the
provider's for everybody.
"""

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.core.colours import PETROL, Accent
from portal.core.limits import limited
from portal.core.logos import LOGO_HEADERS, Logo
from portal.core.tenancy import Channel

# Under such an address stands the same for ever: it carries what it is made of.
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Brand:
    name: str
    email: str
    phone: str
    reply_to: str
    accent: Accent = PETROL
    logo_id: str = ""
    channel_id: str = ""
    """Of whom logo and style sheet are; empty for the provider."""

    @property
    def context(self) -> dict[str, Any]:
        """For pages and mails alike."""
        return {
            "provider_name": self.name,
            "provider_email": self.email,
            "provider_phone": self.phone,
            "brand": self,
        }

    @property
    def logo_url(self) -> str:
        return reverse("brand_logo", args=[self.channel_id, self.logo_id]) if self.logo_id else ""

    @property
    def style_url(self) -> str:
        own = self.channel_id and self.accent != PETROL
        return reverse("brand_style", args=[self.channel_id, self.accent.light[1:]]) if own else ""

    @property
    def logo(self) -> Logo | None:
        """With its content, for a mail to carry."""
        return Logo.objects.get(pk=self.logo_id) if self.logo_id else None


class Branded(HttpRequest):
    """A request whose page wears a brand."""

    brand: Brand


def provider() -> Brand:
    return Brand(
        settings.PROVIDER_NAME, settings.PROVIDER_EMAIL, settings.PROVIDER_PHONE, settings.PROVIDER_EMAIL
    )


def of(channel: Channel) -> Brand:
    """What the channel leaves empty is the provider's; a contact is taken as a whole."""
    house = provider()
    own_contact = bool(channel.brand_email or channel.brand_phone)
    email = channel.brand_email if own_contact else house.email
    return Brand(
        name=channel.brand_name or house.name,
        email=email,
        phone=channel.brand_phone if own_contact else house.phone,
        reply_to=channel.reply_to or email or house.email,
        accent=Accent.of(channel.accent) if channel.accent else PETROL,
        logo_id=channel.logo_id or "",
        channel_id=str(channel.pk),
    )


def wear(request: HttpRequest, brand: Brand) -> None:
    """The page that answers this request shows it."""
    cast(Branded, request).brand = brand


def worn(request: HttpRequest) -> Brand:
    return getattr(request, "brand", None) or provider()


@login_not_required
@limited("brand", 240)
@require_safe
def style(request: HttpRequest, channel_id: str, colour: str) -> HttpResponse:
    """The channel's style sheet: nothing but its accent."""
    get_object_or_404(Channel, pk=channel_id, accent=f"#{colour}")
    sheet = Accent.of(f"#{colour}").style_sheet
    return HttpResponse(sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": FOR_EVER})


@login_not_required
@limited("brand", 240)
@require_safe
def logo(request: HttpRequest, channel_id: str, digest: str) -> HttpResponse:
    """The logo that a channel shows to invitees; those of customers are for operators alone."""
    get_object_or_404(Channel, pk=channel_id, logo=digest)
    found = get_object_or_404(Logo, pk=digest)
    headers = {**LOGO_HEADERS, "Cache-Control": FOR_EVER}
    return HttpResponse(bytes(found.content), content_type=found.content_type, headers=headers)
