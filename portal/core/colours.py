"""An accent colour, and what goes with it in light and in dark, each readable where our pages put it.

Contrast is that of WCAG 2.2, 1.4.3: 4.5 to 1 for text.
"""

import re
from dataclasses import dataclass

READABLE = 4.5
# The darkest ground of light pages and the lightest one of dark pages (static/css/tokens.css).
LIGHT_GROUND, DARK_GROUND = "#edf2f4", "#1a282e"
WHITE, BLACK, NIGHT = "#ffffff", "#000000", "#0c1417"
_STEPS = 50
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Accent:
    """Colours as "#rrggbb"; each name says where it stands."""

    light: str
    hover: str
    soft: str
    dark: str
    hover_dark: str
    soft_dark: str
    on_dark: str

    @classmethod
    def of(cls, colour: str) -> "Accent":
        """All that follows from one colour that can be read on light grounds."""
        dark = lightened(colour)
        return cls(
            light=colour,
            hover=mixed(colour, BLACK, 0.25),
            soft=mixed(colour, WHITE, 0.9),
            dark=dark,
            hover_dark=mixed(dark, WHITE, 0.25),
            soft_dark=mixed(dark, NIGHT, 0.82),
            on_dark=NIGHT,
        )

    @property
    def style_sheet(self) -> str:
        return (
            ":root {\n"
            f"  --tl-accent: light-dark({self.light}, {self.dark});\n"
            f"  --tl-accent-hover: light-dark({self.hover}, {self.hover_dark});\n"
            f"  --tl-accent-soft: light-dark({self.soft}, {self.soft_dark});\n"
            f"  --tl-on-accent: light-dark({WHITE}, {self.on_dark});\n"
            "}\n"
        )


# Ours, as in static/css/tokens.css.
PETROL = Accent("#0b6477", "#084c5b", "#e3f1f4", "#63c7da", "#8ad7e5", "#12323a", "#04222a")


def is_colour(text: str) -> bool:
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black on white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def darkened(colour: str) -> str:
    """The nearest that can be read on light grounds; the colour itself when it can."""
    return _until_readable(colour, BLACK, LIGHT_GROUND)


def lightened(colour: str) -> str:
    """The nearest that can be read on dark grounds."""
    return _until_readable(colour, WHITE, DARK_GROUND)


def mixed(colour: str, other: str, share: float) -> str:
    """So much of the other colour, 0 to 1."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(mine + (its - mine) * share):02x}" for mine, its in pairs)


def _until_readable(colour: str, towards: str, ground: str) -> str:
    tries = (mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(one for one in tries if contrast(one, ground) >= READABLE)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB (WCAG 2.2)."""
    shares = [part / 255 for part in _parts(colour)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
