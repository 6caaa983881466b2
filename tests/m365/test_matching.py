"""Which credential is in use: the right date or none."""

from datetime import UTC, datetime, timedelta

import pytest

from m365.inquiry import credentials_of
from m365.matching import Unreadable, candidates

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def entry(hint, ends="2027-01-15T09:12:44.3086381Z", starts="2026-01-15T09:12:44.3086381Z", number=1):
    key_id = f"f7a1c1b0-3b8e-4f3c-9b1a-2f1f5a7c9d{number:02}"
    return {"keyId": key_id, "hint": hint, "startDateTime": starts, "endDateTime": ends, "displayName": None}


def ends(*entries):
    return [known.ends for known in candidates(list(entries), "Ab3", NOW)]


def test_the_one_with_our_hint_is_it():
    assert ends(entry("Xyz", number=1), entry("Ab3", "2027-02-01T00:00:00Z", number=2)) == [
        datetime(2027, 2, 1, tzinfo=UTC)
    ]


def test_one_that_has_ended_or_not_begun_cannot_have_signed_in():
    assert ends(entry("Ab3", "2026-11-23T10:00:00Z"), entry("Ab3", starts="2026-11-23T10:00:01Z")) == []


def test_several_with_our_hint_are_all_candidates():
    assert len(ends(entry("Ab3", number=1), entry("Ab3", number=2))) == 2


def test_without_a_match_those_without_hint_come_into_question():
    assert len(ends(entry(None, number=1), entry("Xyz", number=2))) == 1


@pytest.mark.parametrize(
    "text", ["2299-12-31T00:00:00Z", "2027-01-15T09:12:44.3Z", "2027-01-15T09:12:44.3086381Z"]
)
def test_every_form_of_graphs_timestamps_is_read(text):
    [end] = ends(entry("Ab3", text))

    assert end - NOW > timedelta(days=1)


@pytest.mark.parametrize("change", [{"endDateTime": None}, {"startDateTime": None}, {"keyId": "none"}])
def test_an_entry_that_cannot_be_read_makes_the_end_unknown_and_breaks_nothing(change):
    application = {
        "id": "1",
        "passwordCredentials": [entry("Ab3", number=1), entry("Ab3", number=2) | change],
    }

    assert credentials_of(application, "Ab3", NOW) == []


@pytest.mark.parametrize(
    "entries",
    [
        {"keyId": 1},
        [None],
        [{}],
        [entry("Ab3", "soon")],
        [entry("Ab3", "0001-01-01T00:00:00+14:00")],
    ],
)
def test_what_is_none_of_graphs_entries_is_said_to_be_unreadable(entries):
    with pytest.raises(Unreadable):
        candidates(entries, "Ab3", NOW)
