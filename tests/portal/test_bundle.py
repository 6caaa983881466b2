"""The two bundles that every page loads, and what their making keeps and leaves out."""

import subprocess
import sys

import brotli
import pytest

from portal.bundle import STATIC, build
from portal.bundle.reduction import reduce
from portal.bundle.used import Used, find_used
from portal.environment import PROJECT

USED = Used(
    frozenset({"btn", "card"}), frozenset({"a", "body", "html"}), frozenset({"type", "data-bs-theme"})
)


def reduced(source, beside=""):
    return reduce(source, USED, beside).strip()


def test_the_bundles_are_what_their_sources_give():
    checked = subprocess.run(
        [sys.executable, "-m", "portal.bundle", "--check"],
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (checked.returncode, checked.stdout) == (
        0,
        "static/trunkline.css: as its sources give it\nstatic/trunkline.js: as its sources give it\n",
    ), checked.stdout + checked.stderr


def test_style_sheet_and_script_leave_two_thirds_of_the_hundred_kilobytes_to_the_page():
    assert sum(len(brotli.compress(text.encode())) for text in build().values()) < 35_000


@pytest.mark.parametrize(
    "rule",
    [
        ".btn{color:red}",
        "*{color:red}",
        "body .card>a:hover{color:red}",
        "[data-bs-theme=dark] .btn::before{color:red}",
        "a:not(.never-there){color:red}",
        ":is(.never-there,.card){color:red}",
        ".btn:nth-child(2n + 1){color:red}",
        "@media print{.btn{color:red!important}}",
        ":root{--a:red}.btn{color:var(--a)}",
        ":root{--a:red;--b:var(--a)}.btn{color:var(--b)}",
        "@keyframes turn{to{rotate:1turn}}.btn{animation:turn 1s}",
    ],
)
def test_what_a_page_can_match_is_kept_as_it_is(rule):
    assert reduced(rule).replace("\n", "") == rule


@pytest.mark.parametrize(
    "rule",
    [
        ".never-there{color:red}",
        ".btn.never-there{color:red}",
        "#never-there{color:red}",
        "video{color:red}",
        "[data-bs-scheme=dark] .btn{color:red}",
        ":is(.never-there,video) .card{color:red}",
        "@media print{.never-there{color:red}}",
        ":root{--a:red;--b:var(--a)}",
        "@keyframes turn{to{rotate:1turn}}",
    ],
)
def test_what_no_page_can_match_goes(rule):
    assert reduced(rule) == ""


def test_of_a_rule_the_possible_selectors_stay():
    assert reduced(".never-there,.btn , .card video{color:red}") == ".btn{color:red}"


def test_what_our_own_sheets_name_stays():
    source = ":root{--a:red}@keyframes turn{to{rotate:1turn}}"

    assert reduced(source, beside="b { color: var(--a); animation: turn 1s }").replace("\n", "") == source


def test_the_licence_stays_and_other_comments_go():
    assert reduced("/*! MIT */.btn{color:red}/* aside */") == "/*! MIT */\n.btn{color:red}"


@pytest.mark.parametrize("source", [".btn{&:hover{color:red}}", "@import url(other.css);"])
def test_what_cannot_be_judged_is_refused(source):
    with pytest.raises(ValueError, match="line 1"):
        reduced(source)


def test_classes_are_found_wherever_a_page_gets_them_from():
    found = find_used()

    assert {
        "form-check-input",  # inside an if, in the widget's template
        "dropdown-menu",  # of a partial
        "tl-mono",  # of a widget, in Python
        "tl-pair",  # of a template tag, in Python
        "tl-vh",  # of a script
        "tl-gate",  # of a block
    } <= found.classes
    assert "endif" not in found.classes
    assert {"summary", "use", "textarea"} <= found.elements


def test_only_what_pages_load_is_collected(tmp_path, settings):
    from django.core.management import call_command

    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)

    assert {path.name for path in tmp_path.iterdir()} <= {
        "img",
        "js",
        "account",
        "mfa",
        "trunkline.css",
        "trunkline.js",
    }
    assert (tmp_path / "trunkline.css").read_bytes() == (STATIC / "trunkline.css").read_bytes()
