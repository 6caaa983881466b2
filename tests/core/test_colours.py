"""Accents: whatever colour a channel chooses can be read where our pages put it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import colours

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0b6477", "#0b6477", 1.0)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@given(COLOURS)
def test_what_is_made_of_any_colour_can_be_read(colour):
    accent = colours.Accent.of(colours.darkened(colour))

    pairs = [
        (accent.light, colours.WHITE),
        (accent.light, colours.LIGHT_GROUND),
        (accent.hover, colours.WHITE),
        (accent.hover, accent.soft),
        (accent.dark, colours.DARK_GROUND),
        (accent.dark, accent.on_dark),
        (accent.hover_dark, accent.soft_dark),
        (accent.hover_dark, accent.on_dark),
    ]
    assert {pair: round(colours.contrast(*pair), 2) for pair in pairs if colours.contrast(*pair) < 4.5} == {}


@given(COLOURS)
def test_what_can_be_read_stays_as_it_is(colour):
    dark = colours.darkened(colour)

    assert colours.darkened(dark) == dark
    assert colours.is_colour(dark)
