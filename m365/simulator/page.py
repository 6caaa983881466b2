"""The front page: sets of three values to try, one per cause, for people and as JSON."""

from dataclasses import asdict
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from m365.simulator.directory import Directory, Example
from m365.simulator.wire import Headers, Request, Response

_PAGE = Path(__file__).with_name("page.html")
_GROUPS = {
    "works": ("Everything works", "Take one of these to connect a tenant."),
    "findings": ("Works, with something to tell", "The sign-in succeeds and the portal has a remark."),
    "values": ("One of the three values is wrong", "What people mistype, mix up or let expire."),
    "setup": (
        "The organisation's set-up is incomplete",
        "The values are right; an administrator has to act.",
    ),
    "microsoft": ("Microsoft is unwell", "Nobody's fault; the portal tries again by itself."),
    "clouds": (
        "Other clouds",
        "The customer's cloud has to be chosen first: US Government GCC High or DoD, or China.",
    ),
    "portal": ("The portal is at fault", "As if it had sent what Microsoft does not accept."),
}
_HEADERS: Headers = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
)


def answer_page(request: Request, directory: Directory, url: str) -> Response:
    """The page at `/`, the same as JSON at `/values.json`, 404 for the rest."""
    if request.method == "GET" and request.path == "/":
        return Response.of_text(200, _html(directory, url), "text/html; charset=utf-8", _HEADERS)
    if request.method == "GET" and request.path == "/values.json":
        payload = {"login_url": url, "graph_url": url, "sets": [asdict(one) for one in directory.examples]}
        return Response.of_json(200, payload, "application/json", _HEADERS)
    return Response.of_text(404, "Not found", "text/plain; charset=utf-8", _HEADERS)


def _html(directory: Directory, url: str) -> str:
    sections = [
        _section(group, list(examples))
        for group, examples in groupby(directory.examples, lambda one: one.group)
    ]
    shown = {example.group for example in directory.examples}
    links = [
        f'<a href="#{group}">{escape(words[0])}</a>' for group, words in _GROUPS.items() if group in shown
    ]
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        url=escape(url),
        now=f"{directory.clock.now():%Y-%m-%d %H:%M} UTC",
        links="".join(links),
        sections="".join(sections),
    )


def _section(group: str, examples: list[Example]) -> str:
    heading, remark = _GROUPS[group]
    cards = "".join(_card(example) for example in examples)
    return (
        f'<section id="{group}"><h2>{escape(heading)}</h2><p class="remark">{escape(remark)}</p>'
        f'<div class="cards">{cards}</div></section>'
    )


def _card(example: Example) -> str:
    rows = (
        ("Tenant ID", example.tenant_id),
        ("Client ID", example.client_id),
        ("Client secret", example.client_secret),
    )
    values = "".join(f"<dt>{label}</dt><dd><code>{escape(value)}</code></dd>" for label, value in rows)
    return (
        f'<article id="{escape(example.key)}"><h3>{escape(example.title)}</h3>'
        f'<p><span class="who">The portal says</span> {escape(example.says)}</p><dl>{values}</dl>'
        f'<p class="answer">Microsoft answers: {escape(example.answer)}</p></article>'
    )
