import pytest
from django.db import transaction
from django.urls import reverse

from portal.core.logos import Logo
from portal.core.pictures import Picture
from portal.core.tenancy import Channel
from services.models import Customer
from tests.concurrency import at_once


@pytest.fixture
def logo(db):
    kept = Logo.of(Picture(b"\x89PNG as it were", "image/png"))
    kept.keep()
    return kept


@pytest.fixture
def shown(logo, customer):
    """The logo, as Brightwater's."""
    Customer.objects.filter(pk=customer.pk).update(logo=logo)
    return logo


def test_it_is_served_by_the_hash_of_its_content_for_good(as_olga, shown):
    answer = as_olga.get(shown.url)

    assert (answer.status_code, answer.content) == (200, b"\x89PNG as it were")
    assert {name: answer[name] for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")} == {
        "Content-Type": "image/png",
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("digest", ["0" * 64, "F" * 64, "0" * 63, "%00", "..%2f"])
def test_any_other_address_is_no_logo(as_olga, shown, digest):
    assert as_olga.get(f"/logos/{digest}/").status_code == 404


def test_it_is_shown_to_who_sees_a_customer_or_a_channel_that_has_it_and_to_nobody_else(
    as_olga, as_max, shown, other_channel
):
    """Who knows the hash, or has the picture, has seen it once; that another channel has it now is another thing."""
    assert (as_olga.get(shown.url).status_code, as_max.get(shown.url).status_code) == (200, 404)

    Channel.objects.filter(pk=other_channel.pk).update(logo=shown)
    assert as_max.get(shown.url).status_code == 200

    Customer.objects.update(logo=None)
    assert as_olga.get(shown.url).status_code == 404


def test_signed_out_nobody_sees_one(client, logo):
    assert client.get(logo.url).url == f"{reverse('account_login')}?next={logo.url}"


def test_the_same_picture_is_one_row(logo):
    Logo.of(Picture(b"\x89PNG as it were", "image/png")).keep()

    assert Logo.objects.count() == 1


def test_it_is_removed_when_nobody_shows_it_any_more(customer, channel, logo):
    second = Customer.objects.create(channel=channel, name="Kestrel", logo=logo)
    Customer.objects.filter(pk=customer.pk).update(logo=logo)

    Customer.objects.filter(pk=customer.pk).update(logo=None)
    assert not Logo.release(logo.hash)
    Customer.objects.filter(pk=second.pk).update(logo=None)
    assert Logo.release(logo.hash)
    assert not Logo.release(logo.hash)
    assert Logo.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_one_that_is_released_while_another_customer_takes_it_is_there_for_that_one(channel):
    logo = Logo.of(Picture(b"\x89PNG as it were", "image/png"))

    def take(name):
        with transaction.atomic():
            logo.keep()
            Customer.objects.create(channel=channel, name=name, logo=logo)

    for name in map(str, range(25)):
        logo.keep()
        at_once(lambda name=name: take(name), lambda: Logo.release(logo.hash))
        assert Customer.objects.get().logo.content_type == "image/png"
        Customer.objects.all().delete()
