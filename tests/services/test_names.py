import pytest
from django.core.exceptions import ValidationError

from services import names


def broken(name):
    return [code for code, _sentence in names.broken_rules(names.normal(name))]


@pytest.mark.parametrize(
    "name", ["abc", "brightwater", "tidewell_2", "Ä1!", "audit2", "möwe-süd", "شركة", "x" * 15, "a+b=c"]
)
def test_a_name_that_keeps_every_rule_is_accepted(name):
    names.validate_short_name(name)

    assert broken(name) == []


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("", ["too_short"]),
        ("ab", ["too_short"]),
        ("x" * 16, ["too_long"]),
        ("a.b", ["dot"]),
        ("a b", ["blank"]),
        ("a\u00a0b", ["blank"]),
        ("a\u3000b", ["blank"]),
        ("a\tb", ["blank"]),
        (" abc", ["blank"]),
        ("abc ", ["blank"]),
        ("ab\u200bc", ["invisible"]),
        ("ab\u00adc", ["invisible"]),
        ("ab\u0007c", ["invisible"]),
        ("ab\ue000c", ["invisible"]),
        ("audit", ["reserved"]),
        ("AuDiT", ["reserved"]),
        ("ａｕｄｉｔ", ["reserved"]),
    ],
)
def test_a_name_is_told_which_rule_it_breaks(name, codes):
    assert broken(name) == codes


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
    ("one", "other"),
    [
        ("Brightwater", "brightwater"),
        ("möwe", "mo\u0308we"),
        ("straße", "STRASSE"),
        ("ﬁsch", "fisch"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_names_that_people_read_as_one_have_one_key(one, other):
    assert names.key(one) == names.key(other)


@pytest.mark.parametrize(("one", "other"), [("mowe", "möwe"), ("tidewell_1", "tidewell_2")])
def test_names_that_people_tell_apart_have_two_keys(one, other):
    assert names.key(one) != names.key(other)


@pytest.mark.parametrize(
    ("short_name", "label"),
    [
        ("brightwater", "brightwater"),
        ("Möwe_Süd", "mowe-sud"),
        ("Straße", "strasse"),
        ("--a--b--", "a-b"),
        ("Ä1!", "a1"),
        ("شركة", "site"),
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
