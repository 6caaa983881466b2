"""T18: exported tables hold what was entered, and nothing that a spreadsheet would calculate."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import exports

TRIGGERS = "=+-@\t\r\n\0"


def text_of(answer):
    return b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 40", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "  =cmd|' /C calc'!A0", "\u00a0=1"],
)
def test_t18_what_a_spreadsheet_would_calculate_is_text(text):
    assert exports.cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Brightwater", "10 → 20", "ida@brightwater.example", "a=b"])
def test_everything_else_stays_as_it_is(text):
    assert exports.cell(text) == text


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_t18_no_cell_begins_as_a_formula_and_none_is_lost(cells):
    columns = [str(number) for number in range(len(cells))]
    answer = exports.as_csv("x", columns, [dict(zip(columns, cells, strict=True))])

    _head, read = csv.reader(io.StringIO(text_of(answer).removeprefix("\ufeff"), newline=""))

    assert [one for one in read if one.lstrip()[:1] and one.lstrip()[0] in TRIGGERS] == []
    assert [
        one.removeprefix("'") if one != kept else one for one, kept in zip(read, cells, strict=True)
    ] == cells


def test_csv_is_named_marked_and_of_lines(client):
    answer = exports.as_csv("list", ["name", "n"], [{"name": 'a "b", c', "n": "1"}])

    assert answer["Content-Disposition"] == 'attachment; filename="list.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert text_of(answer) == '\ufeffname,n\r\n"a ""b"", c",1\r\n'


@pytest.mark.parametrize("number", [0, 1, 3])
def test_json_is_one_array(number):
    rows = [{"name": f"Möwe {n}"} for n in range(number)]

    assert json.loads(text_of(exports.as_json("list", rows))) == rows
