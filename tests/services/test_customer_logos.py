"""A customer's logo: uploaded, shown wherever the customer is chosen or confirmed, replaced, removed."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from portal.core.journal import JournalDetail
from portal.core.logos import Logo
from services.models import Customer
from tests.conftest import make_service

URL, ADD = reverse("services:customers"), reverse("services:add_customer")


def picture(colour="#0b6477", kind="PNG"):
    file = BytesIO()
    Image.new("RGB", (64, 32), colour).save(file, kind)
    return SimpleUploadedFile("logo.bin", file.getvalue(), content_type="text/html")


def values(channel, **changes):
    return {
        "name": "Möwe Reederei",
        "channel": channel.pk,
        "cloud": "worldwide",
        "license_types": ["essentials_plus", "pro"],
        **changes,
    }


def edit_url(customer):
    return reverse("services:edit_customer", args=[customer.pk])


@pytest.fixture
def with_logo(as_olga, channel):
    as_olga.post(ADD, values(channel, logo=picture()))
    return Customer.objects.get()


def test_a_logo_is_stored_with_the_customer_and_its_hash_is_in_the_journal(as_olga, with_logo):
    detail = JournalDetail.objects.get()

    assert as_olga.get(with_logo.logo.url)["Content-Type"] == "image/png"
    assert detail.values["logo"] == {"old": None, "new": with_logo.logo_id}


def test_it_stands_wherever_the_customer_is_listed_chosen_or_confirmed(as_olga, olga, with_logo):
    service = make_service(with_logo, olga, "moewe")
    as_olga.post(reverse("services:onboarding_select"), {"customer": with_logo.pk})
    places = [
        URL,
        edit_url(with_logo),
        reverse("services:onboarding"),
        reverse("services:onboarding_tenant"),
        reverse("services:edit_service", args=[service.pk]),
        reverse("services:delete_pending", args=[service.pk]),
    ]

    assert [
        url for url in places if f'src="{with_logo.logo.url}"' not in as_olga.get(url).content.decode()
    ] == []


def test_a_new_logo_replaces_the_old_one_and_nothing_is_left_of_that(as_olga, channel, with_logo):
    as_olga.post(edit_url(with_logo), values(channel, logo=picture("#ffffff")))

    former = with_logo.logo_id
    with_logo.refresh_from_db()
    assert with_logo.logo_id != former
    assert list(Logo.objects.values_list("hash", flat=True)) == [with_logo.logo_id]


def test_a_logo_can_be_removed(as_olga, channel, with_logo):
    as_olga.post(edit_url(with_logo), values(channel, **{"logo-clear": "on"}))

    with_logo.refresh_from_db()
    assert (with_logo.logo, Logo.objects.count()) == (None, 0)
    newest = JournalDetail.objects.select_related("entry").order_by("-entry__created_at").first()
    assert list(newest.values) == ["logo"]


def test_one_that_another_customer_shows_stays_for_that_one(as_olga, channel, with_logo):
    as_olga.post(ADD, values(channel, name="Kestrel", logo=picture()))

    as_olga.post(edit_url(with_logo), values(channel, **{"logo-clear": "on"}))

    assert Customer.objects.get(name="Kestrel").logo is not None
    assert Logo.objects.count() == 1


def test_saving_without_a_file_or_with_the_same_one_changes_nothing(as_olga, channel, with_logo):
    as_olga.post(edit_url(with_logo), values(channel))
    as_olga.post(edit_url(with_logo), values(channel, logo=picture()))

    former = with_logo.logo_id
    with_logo.refresh_from_db()
    assert with_logo.logo_id == former
    assert JournalDetail.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "An SVG file can hold scripts"),
        (b"GIF89a", "This file is no picture that can be read."),
        (b"", "This file is empty."),
        (b"x" * 2_000_001, "This file is too large. Up to 2000 kB are possible."),
    ],
)
def test_what_is_no_logo_is_said_beside_the_field_and_what_was_typed_stays(
    as_olga, channel, content, sentence
):
    answer = as_olga.post(
        ADD, values(channel, contact_name="Nils Borg", logo=SimpleUploadedFile("a.svg", content))
    )

    page = answer.content.decode()
    assert list(answer.context["form"].errors) == ["logo"]
    assert page.partition('id="field_logo"')[2].count(sentence) == 1
    assert 'value="Möwe Reederei"' in page
    assert 'value="Nils Borg"' in page
    assert (Customer.objects.count(), Logo.objects.count()) == (0, 0)


def test_a_good_logo_beside_a_wrong_value_is_asked_for_again_in_words(as_olga, channel):
    answer = as_olga.post(ADD, values(channel, name="", logo=picture()))

    assert list(answer.context["form"].errors) == ["name"]
    assert "choose the logo’s file once more" in answer.content.decode()
    assert Logo.objects.count() == 0


def test_a_refused_logo_leaves_the_present_one_on_the_page_and_in_place(as_olga, channel, with_logo):
    page = as_olga.post(
        edit_url(with_logo), values(channel, logo=SimpleUploadedFile("a.png", b"no picture"))
    ).content.decode()

    former = with_logo.logo_id
    with_logo.refresh_from_db()
    assert with_logo.logo_id == former
    assert page.count(f'src="{with_logo.logo.url}"') == 2  # the heading and the field


def test_no_list_reads_the_pictures_themselves(as_olga, with_logo):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        as_olga.get(URL)
        as_olga.get(reverse("services:onboarding"))

    assert [query["sql"] for query in captured if "core_logo" in query["sql"]] == []
