"""The small parts of the look that compute something: `{% load look %}`; templates/README.md lists all parts."""

import re

from django import template
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

register = template.Library()

# Shape (a symbol of icons.svg) → the class that colours it. Shapes may share a colour, never a meaning.
TONES = {
    "ok": "is-ok",
    "warn": "is-warn",
    "hold": "is-warn",
    "err": "is-err",
    "lock": "is-err",
    "wait": "is-wait",
    "run": "is-now",
    "now": "is-now",
    "ready": "is-ready",
    "off": "is-off",
    "gone": "is-off",
    "unknown": "is-unknown",
    "todo": "is-todo",
}

# What a service's status looks like; the words are those of the pages.
STATUS_SHAPES = {
    "OK": "ok",
    "Warning": "warn",
    "Error": "err",
    "Waiting": "wait",
    "Ready": "ready",
    "Unmonitored": "off",
}

DAYS_FULL = 90  # the drawing is full from here on
DAYS_WARNING = 60
DAYS_ERROR = 1


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """One symbol of icons.svg; decoration, so the words beside it must say the same."""
    classes = f"tl-i {extra}".rstrip()
    href = f"{static('img/icons.svg')}#{name}"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


@register.filter
def tone(shape: str) -> str:
    """The class of a shape's colour: `{{ "hold"|tone }}` is `is-warn`."""
    return TONES[shape]


@register.simple_tag
def status(shape: str, words: str, sub: str = "") -> SafeString:
    """A status: shape, word, then colour; `sub` is a small second line."""
    sign = icon(shape, "tl-spin" if shape == "run" else "")
    line = format_html('<span class="tl-sub">{}</span>', sub) if sub else SafeString()
    return format_html('<span class="tl-st {}">{}<span>{}</span></span>{}', TONES[shape], sign, words, line)


@register.simple_tag
def pair(deployed: str, state: str, sub: str = "", shape: str = "") -> SafeString:
    """The pair of deploy status and status, always in full; `sub` is the reason below it."""
    shape = shape or ("gone" if deployed == "Deleted" else STATUS_SHAPES[state])
    line = format_html('<span class="tl-sub">{}</span>', sub) if sub else SafeString()
    return format_html(
        '<span class="tl-pair {}">{}<span>{} / <b>{}</b></span></span>{}',
        TONES[shape],
        icon(shape),
        deployed,
        state,
        line,
    )


@register.filter
def days_shape(left: int) -> str:
    """How urgent so many days are."""
    return "err" if left <= DAYS_ERROR else "warn" if left <= DAYS_WARNING else "ok"


@register.filter
def days_words(left: int) -> str:
    """The number, or how long ago it ended: `{{ -3|days_words }}` is "Expired 2 days ago"."""
    if left >= 0:
        return str(left)
    passed = -left - 1  # rounded down, -1 means that no whole day has passed since
    if passed == 0:
        return "Expired"
    return f"Expired {passed} day{'s' if passed != 1 else ''} ago"


@register.simple_tag
def days(left: int | None) -> SafeString:
    """
    Whole days until a secret ends, number first, with the rest of the line drawn below it.

    None is unknown: then say beside it which permission is missing. Negative is expired.
    """
    if left is None:
        return format_html('<span class="tl-days is-unknown"><b>{} unknown</b></span>', icon("unknown"))
    shape = days_shape(left)
    sign = SafeString() if shape == "ok" else icon(shape)
    # The rail runs from 2 to 94; the station keeps its distance from both ends.
    end = 4 + round(88 * max(0, min(left, DAYS_FULL)) / DAYS_FULL)
    travelled = format_html('<path class="left" d="M2 4H{}"/>', end) if left >= 0 else SafeString()
    return format_html(
        '<span class="tl-days {}"><b>{} {}</b><svg viewBox="0 0 96 8" aria-hidden="true">'
        '<path class="rail" d="M2 4h92"/>{}<circle class="stop" cx="{}" cy="4" r="3"/></svg></span>',
        TONES[shape],
        sign,
        days_words(left),
        travelled,
        end,
    )


@register.filter
def shade(shape: str) -> str:
    """The colour that charts draw a shape in: `f-{{ "unknown"|shade }}` is `f-off`."""
    return TONES[shape].removeprefix("is-").replace("unknown", "off")


@register.filter
def grouped(number: int) -> str:
    """A count as people read it: 4,310."""
    return f"{number:,}"


@register.filter
def signed(change: int | None) -> str:
    """How many more or fewer: +3, −15, 0; a dash where there is nothing to compare with."""
    if change is None:
        return "–"
    return f"{change:+,}".replace("-", "−") if change else "0"


@register.filter
def address(value: str) -> SafeString:
    """An e-mail address that may break after its @ in a narrow column."""
    name, at, host = str(value).partition("@")
    if not at:
        return conditional_escape(name)
    return format_html("{}@<wbr>{}", name, host)


@register.filter
def tel(value: str) -> str:
    """A telephone number for `href="tel:…"`: digits, and the plus if it leads."""
    number = str(value).strip()
    return ("+" if number.startswith("+") else "") + re.sub(r"\D", "", number)


@register.simple_tag(takes_context=True)
def nav(context: Context, view: str, words: str, sign: str, count: int | None = None) -> SafeString:
    """An entry of the side bar; current on its own page and, but for the dashboard, on all pages below it."""
    url = reverse(view)
    here = context["request"].path if "request" in context else ""
    current = here == url if view == "dashboard" else here.startswith(url)
    badge = format_html('<span class="tl-count">{}</span>', count) if count else SafeString()
    mark = SafeString(' aria-current="page"') if current else SafeString()
    return format_html('<li><a href="{}"{}>{}{}{}</a></li>', url, mark, icon(sign), words, badge)
