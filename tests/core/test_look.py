"""The small parts of the look: what they say, and that the vendored files are the ones we looked at."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string

from portal.core.templatetags import look

ROOT = Path(__file__).resolve().parents[2]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    ("left", "said", "tone"),
    [
        (364, "364", "is-ok"),
        (61, "61", "is-ok"),
        (60, "60", "is-warn"),
        (2, "2", "is-warn"),
        (1, "1", "is-err"),
        (0, "0", "is-err"),
        (-1, "Expired", "is-err"),
        (-2, "Expired 1 day ago", "is-err"),
        (-4, "Expired 3 days ago", "is-err"),
        (None, "unknown", "is-unknown"),
    ],
)
def test_days_left_say_a_number_and_how_urgent_it_is(left, said, tone):
    html = look.days(left)

    assert (words(html), f'"tl-days {tone}"' in html) == (said, True)


def test_days_left_are_drawn_as_their_share_of_ninety_and_never_beyond_the_end():
    ends = [re.search(r'cx="(\d+)"', look.days(left)).group(1) for left in (-3, 0, 6, 41, 90, 364)]

    assert ends == ["4", "4", "10", "44", "92", "92"]


def test_a_pair_of_statuses_is_shown_in_full_with_its_reason():
    assert words(look.pair("Deployed", "Warning", "1 permission missing")) == (
        "Deployed / Warning 1 permission missing"
    )


def test_t16_what_people_typed_is_escaped():
    html = look.status("err", "<b>", "<i>") + look.pair("<u>", "OK") + look.address("<s>@<q>")

    assert not re.search(r"<(u|s|q|i)>", html)


def test_an_address_may_break_after_its_at_sign():
    assert look.address("it@moewe.example") == "it@<wbr>moewe.example"


def test_a_telephone_number_keeps_its_plus_and_its_digits():
    assert look.tel("+49 (40) 66969-142") == "+494066969142"


class Example(forms.Form):
    secret = forms.CharField(label="Client Secret", help_text="Column Value", widget=forms.PasswordInput)
    users = forms.IntegerField(label="Licensed Users", widget=forms.NumberInput(attrs={"class": "tl-w-s"}))


def test_a_field_in_error_names_its_hint_and_its_reason_for_screen_readers():
    html = str(Example({"users": "1"})["secret"].as_field_group())

    described = re.search(r'aria-describedby="([^"]+)"', html).group(1).split()
    assert described == ["id_secret_helptext", "id_secret_error"]
    assert [html.count(f'id="{name}"') for name in described] == [1, 1]
    assert 'aria-invalid="true"' in html


def test_a_widget_keeps_its_own_class_beside_ours():
    assert 'class="form-control tl-w-s"' in str(Example()["users"])


def test_the_error_summary_counts_the_values_and_leads_to_each():
    html = render_to_string("_errors.html", {"form": Example({})})

    assert "2 values need another look" in html
    assert re.findall(r'href="#([^"]+)"', html.split("<ul>")[1]) == ["id_secret", "id_users"]


def test_the_page_for_our_own_faults_needs_nothing_but_the_request_id():
    assert "0198f3c2" in render_to_string("500.html", {"request_id": "0198f3c2"})


def test_every_vendored_file_is_the_one_of_the_manifest():
    folder = ROOT / "static" / "vendor"
    packages = json.loads((folder / "manifest.json").read_text())["packages"]

    found = {p["file"]: hashlib.sha256((folder / p["file"]).read_bytes()).hexdigest() for p in packages}

    assert found == {p["file"]: p["sha256"] for p in packages}
    assert all((folder / p["licence_file"]).exists() for p in packages)


def test_every_icon_that_a_template_names_exists():
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "(\w+)"', path.read_text())
    } | set(look.TONES)

    assert named - set(re.findall(r'id="(\w+)"', (ROOT / "static/img/icons.svg").read_text())) == set()
