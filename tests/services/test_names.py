"""The rules of names one by one; tests/services/test_short_name_doors.py tries a table of names at every door."""

import sys
import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from services import names


def broken(name):
    return [code for code, _sentence in names.broken_rules(names.normal(name))]


def test_an_empty_name_is_too_short():
    assert list(names.broken_rules("")) == [("too_short", "It has 0 characters; at least 3 are needed.")]


@pytest.mark.parametrize("sign", list('\\/:*?"<>|'))
def test_each_forbidden_sign_is_named(sign):
    assert list(names.broken_rules(f"ab{sign}c")) == [("sign", f"It has {sign}, which cannot be used.")]


def test_all_broken_rules_are_told_at_once():
    with pytest.raises(ValidationError) as refusal:
        names.validate_short_name("a b.c/d with more than enough")

    assert [error.code for error in refusal.value.error_list] == ["too_long", "dot", "blank", "sign"]


def test_length_counts_characters_after_composition():
    decomposed = "a\u0308" * 15

    assert len(decomposed) == 30
    assert broken(decomposed) == []


@pytest.mark.parametrize(
    ("short_name", "label"),
    [
        ("brightwater", "brightwater"),
        ("Möwe_Süd", "mowe-sud"),
        ("Straße", "strasse"),
        ("--a--b--", "a-b"),
        ("Ä1!", "a1"),
        ("شركة", "site"),
        ("BrightWater", "brightwater"),
        ("Ærø_Łódź", "aero-lodz"),
        ("ＦＵＬＬ", "full"),
        ("🄰🄱c", "abc"),
    ],
)
def test_the_host_label_is_legal_and_close_to_the_short_name(short_name, label):
    assert names.host_label(short_name) == label
    names.validate_host_label(label)


@pytest.mark.parametrize("label", ["", "-a", "a-", "a_b", "a.b", "A", "ä", "a" * 64, "a\n"])
def test_an_illegal_host_label_is_refused(label):
    with pytest.raises(ValidationError):
        names.validate_host_label(label)


@pytest.mark.parametrize("text", ["two\nlines", "bell\a", "line\u2028separator"])
def test_line_ends_and_control_characters_are_refused_in_full_names(text):
    with pytest.raises(ValidationError):
        names.validate_printable(text)


def test_full_names_may_have_any_printable_text():
    names.validate_printable("شركة النور للتجارة – Möwe & Söhne <b>GmbH</b>")


# Unicode 16 gives characters to planes 0 to 3 and to the first rows of 14; of the rest, unassigned or private
# all of it, every 97th will do.
EVERY = [
    chr(point)
    for point in (
        *range(0x40000),
        *range(0x40000, sys.maxunicode, 97),
        *range(0xE0000, 0xE1000),
        sys.maxunicode,
    )
]


def test_of_every_character_only_those_of_the_rules_are_refused_each_by_its_rule():
    expected, found = {}, {}
    for char in EVERY:
        category = unicodedata.category(unicodedata.normalize("NFC", char)[0])
        if char == ".":
            expected[char] = ["dot"]
        elif char in '\\/:*?"<>|':
            expected[char] = ["sign"]
        elif category in ("Zs", "Zl", "Zp") or char in "\t\n\v\f\r\x85\u115f\u1160\u2800\u3164\uffa0":
            expected[char] = ["blank"]
        elif category in ("Cc", "Cf", "Co", "Cn", "Cs") or names.UNSEEN_MARKS.match(char):
            expected[char] = ["invisible"]
        if codes := broken(f"{char}bc"):
            found[char] = codes

    assert found == expected


TYPED = st.text(max_size=40) | st.text(
    alphabet='aZ9.-_ ß\u0308\u0301İÄ\\/:*?"<>|\t\u200b\ufe0fﷺⅨ', max_size=40
)


@given(TYPED)
def test_a_rule_is_told_once_and_the_same_of_every_form_of_a_name(name):
    codes = broken(name)

    assert len(codes) == len(set(codes))
    assert codes == broken(unicodedata.normalize("NFD", name)) == broken(unicodedata.normalize("NFC", name))
    assert [code for code, _sentence in names.broken_rules(name)] == codes


@given(TYPED)
def test_the_key_is_stable_and_blind_to_case_and_composition(name):
    key = names.key(name)

    assert names.key(key) == key
    assert names.key(name.casefold()) == key
    assert names.key(unicodedata.normalize("NFD", name)) == key


@given(TYPED)
def test_the_key_of_a_legal_name_is_not_empty_and_fits_its_column(name):
    if not broken(name):
        assert 0 < len(names.key(name)) <= 300


@example("000000000000\\2")
@given(TYPED)
def test_every_suggestion_is_legal_and_none_comes_twice(typed):
    suggested = list(names.suggestions(typed))

    assert [broken(name) for name in suggested] == [[]] * len(suggested)
    assert len(set(suggested)) == len(suggested)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("bright leeds.1", ["bright-leeds-1", "bright-leeds-2"]),
        ("  tidewell  ", ["tidewell", "tidewell-2"]),
        ("audit", ["audit-2", "audit-3"]),
        ("ab", ["ab-2", "ab-3"]),
        ("brightwater-dental-group", ["brightwater-den", "brightwater-d-2"]),
        ("a\u200bb\u0007c", ["abc", "abc-2"]),
        (" . ", []),
    ],
)
def test_the_first_suggestions_are_close_to_what_was_typed(typed, first):
    assert list(names.suggestions(typed))[:2] == first


@given(TYPED)
def test_the_host_label_is_total_legal_and_stable(name):
    label = names.host_label(name)

    names.validate_host_label(label)
    assert names.host_label(label) == label


@given(TYPED, st.integers(2, 99_999))
def test_a_numbered_label_is_legal_and_differs_from_the_others(name, number):
    label = names.host_label(name)

    names.validate_host_label(names.numbered(label, number))
    assert len({label, names.numbered(label, number), names.numbered(label, number + 1)}) == 3


@given(st.lists(TYPED, max_size=12))
def test_labels_given_one_after_the_other_are_unique(typed):
    given_away = []
    for name in typed:
        given_away.append(names.free_label(names.host_label(name), given_away))

    assert len(set(given_away)) == len(typed)


@pytest.mark.parametrize(
    ("short_name", "surprises"),
    [("brightwater", False), ("BrightWater", False), ("bright_1", True), ("Ä1!", True), ("a--b", True)],
)
def test_a_label_surprises_when_more_than_capital_letters_differ(short_name, surprises):
    assert names.differs(short_name, names.host_label(short_name)) is surprises
