"""Every page at phone and desk width, light and dark: whoever looks, with whatever they look with, gets along.

`--shots DIR` keeps a picture of each, too. The portal's files are collected and compressed, as in production.
"""

import os
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from playwright.sync_api import expect

from portal import places, processes
from portal.processes import Child, stop_all
from tests.browser.conftest import PageGuard
from tests.browser.pages import DRAWN, PAGES, draw
from tests.browser.world import KINDS, make_world
from tests.processes import LOGS, answers
from tests.realservices import SINK

# No test here asks the database; the mark has it made.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WIDTHS, THEMES = (1440, 360), ("light", "dark")
# All of axe's rules at each width and in each theme once; the theme changes colours only, so the others are about them.
WHOLE = [(1440, "light"), (360, "dark")]
CROSSED = [(1440, "dark"), (360, "light")]
HEIGHT = 900
MOST_REQUESTS, MOST_BYTES = 12, 100_000  # the first view of a page, all of it, as it comes over the line
FAVICON = 1  # headless browsers show none and ask for none

WATCH_SHIFTS = """
globalThis.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput || entry.value < 0.0005) continue;
    const what = entry.sources.map((it) => it.node?.outerHTML?.slice(0, 150) ?? it.node?.textContent);
    globalThis.shifted.push(`shifted by ${entry.value.toFixed(4)}: ${what.join(' | ')}`);
  }
}).observe({ type: 'layout-shift', buffered: true });
"""
# Each control in turn takes the focus as from the keyboard, and shows it: by itself, or by the choice around it.
UNSEEN_FOCUS = """() => {
  const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
  const rings = (element) => {
    const style = element && getComputedStyle(element);
    return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  const unseen = [];
  for (const control of document.querySelectorAll(controls)) {
    if (!control.checkVisibility() || control.disabled) continue;
    control.focus();
    const takes = document.activeElement === control && control.tabIndex <= 0;
    const shows = rings(control) || rings(control.closest('.tl-choice'));
    if (!takes || !shows) unseen.push(control.outerHTML.slice(0, 200));
  }
  return unseen;
}"""
TOO_WIDE = """() => {
  const page = document.documentElement;
  const edge = page.clientWidth;
  const box = [...document.querySelectorAll('.tl-tablebox')].find((it) => it.scrollWidth > it.clientWidth + 1);
  if (box) return `a table of ${box.scrollWidth} px in a card of ${box.clientWidth} px`;
  if (page.scrollWidth <= edge) return '';
  const sticksOut = (it) => it.checkVisibility() && it.getBoundingClientRect().right > edge + 1;
  const wide = [...document.querySelectorAll('body *')].filter(sticksOut).reverse();
  return `${page.scrollWidth} px: ` + wide.slice(0, 3).map((it) => it.outerHTML.slice(0, 120)).join(' | ');
}"""
"""What sticks out at the side, the innermost first; nothing if nothing does."""
MOVES = """() => document.getAnimations().filter((it) => it.playState === 'running').map((it) => it.animationName)"""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, simulator):
    """Rows that stay for the whole module; every table is emptied after it."""
    with django_db_blocker.unblock():
        try:
            simulator.reset()
            yield make_world(simulator, SINK)
        finally:
            call_command("flush", interactive=False, verbosity=0)
            connections.close_all()  # Playwright's loop gives this moment a connection of its own


@pytest.fixture(scope="module")
def url(process_environ, tmp_path_factory):
    """The portal with its files collected, served by a process of its own."""
    folder, port = tmp_path_factory.mktemp("static"), places.free_port()
    with override_settings(
        STATIC_ROOT=folder,
        STORAGES={"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}},
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
    here = {"PORTAL_MODE": "demo", "STATIC_ROOT": str(folder), "PUBLIC_URL": f"http://localhost:{port}"}
    web = Child(
        "collected web", processes.web(port), LOGS / "collected-web.log", environ=process_environ | here
    )
    try:
        web.wait_until(lambda: answers("/livez", here["PUBLIC_URL"]))
        yield here["PUBLIC_URL"]
    finally:
        stop_all([web])


@pytest.fixture(scope="module")
def guard(url):
    return PageGuard(url)


@pytest.fixture(scope="module")
def browsers(world, url, browser, browser_context_args, guard):
    """A page for each who looks, signed in or admitted; all of them wish for little movement."""
    contexts = {}
    for who, cookies in world.cookies.items():
        context = contexts[who] = browser.new_context(
            **browser_context_args | {"base_url": url, "reduced_motion": "reduce", "color_scheme": "light"}
        )
        guard.watch(context).set_default_timeout(10_000)
        context.add_init_script(WATCH_SHIFTS)
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    yield {who: context.new_page() for who, context in contexts.items()}
    for context in contexts.values():
        context.close()


def begin(page):
    """The page as it was opened first: the one before is left, wide and light."""
    page.goto("about:blank")
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    return page


class Line:
    """What comes over the line until the page is there, asked of the browser itself; nothing comes from its cache."""

    def __init__(self, page):
        self.requests = self.bytes = 0
        self.session = page.context.new_cdp_session(page)
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.loadingFinished", self._finished)

    def __enter__(self):
        self.session.send("Network.enable")
        self.session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        return self

    def __exit__(self, *error):
        self.session.detach()

    def _sent(self, event):
        self.requests += urlsplit(event["request"]["url"]).scheme != "data"

    def _finished(self, event):
        self.bytes += event["encodedDataLength"]


@pytest.fixture
def keep(request):
    """`keep(page, name)`: a picture of the whole page in the folder of --shots; None if that is not given."""
    folder = request.config.getoption("shots", None)
    return folder and (lambda page, name: page.screenshot(path=folder / f"{name}.png", full_page=True))


@pytest.mark.parametrize("looked", PAGES, ids=lambda looked: looked.name)
def test_every_page_is_light_and_keeps_nobody_out(looked, world, browsers, guard, axe, keep):
    guard.expect_nothing()
    if looked.status >= 400:
        guard.forgive(rf"status of {looked.status}")
    page = begin(browsers[looked.who])

    with Line(page) as line:
        answer = page.goto(looked.address(world))

    assert answer.status == looked.status
    faults = []
    if line.requests + FAVICON > MOST_REQUESTS:
        faults.append(f"{line.requests} requests")
    if line.bytes > MOST_BYTES:
        faults.append(f"{line.bytes} bytes")
    if looked.first:
        looked.first(page)
        expect(page.locator("main")).to_be_visible()
    faults += look(page, axe, keep and (lambda name: keep(page, f"{looked.name}-{name}")))
    assert faults + guard.faults == []


@pytest.mark.parametrize("name", DRAWN)
def test_every_error_page_keeps_nobody_out(name, browsers, guard, axe, keep):
    guard.expect_nothing()
    page = begin(browsers["nobody"])
    page.route("**/drawn", lambda route: route.fulfill(body=draw(name), content_type="text/html"))
    page.goto("/drawn")
    faults = look(page, axe, keep and (lambda width_and_theme: keep(page, f"{name}-{width_and_theme}")))
    assert faults + guard.faults == []


@pytest.mark.parametrize("kind", [*KINDS.values(), "finished", "rotated", "rotated-operator"])
def test_every_mail_can_be_read(kind, world, browsers, guard, axe, keep):
    guard.expect_nothing()
    page = begin(browsers["nobody"])
    page.route("**/mail", lambda route: route.fulfill(body=world.mails[kind], content_type="text/html"))
    page.goto("/mail")
    faults = []
    for width in (700, 360):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            faults += [f"{width} {theme}: {it}" for it in (*axe(page), page.evaluate(TOO_WIDE)) if it]
            if keep:
                keep(page, f"mail-{kind}-{width}-{theme}")
    assert faults + guard.faults == []


def look(page, axe, keep):
    """Everything that is wrong with the page in the browser, at each width and in both themes."""
    faults = page.evaluate("shifted")
    faults += [f"moves: {name}" for name in page.evaluate(MOVES)]
    for width, theme in WHOLE + CROSSED:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme)
        only = None if (width, theme) in WHOLE else ["color-contrast"]
        faults += [f"{width} {theme}: {finding}" for finding in axe(page, only)]
        if keep:
            keep(f"{width}-{theme}")
    page.keyboard.press("Tab")  # from here on the browser shows the focus
    faults += [f"no focus to be seen: {control}" for control in page.evaluate(UNSEEN_FOCUS)]
    return faults + too_wide(page)


def too_wide(page):
    """Where one would have to scroll sideways: on phones, on tablets, and with everything twice as large on a desk."""
    faults = []
    for width in (320, 360, WIDTHS[0] // 2, 768, 1024, WIDTHS[0]):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if what := page.evaluate(TOO_WIDE):
            faults.append(f"at {width}: {what}")
    return faults


def test_the_table_of_pages_names_each_once():
    names = [looked.name for looked in PAGES]

    assert len(names) == len(set(names))
    assert os.sep not in "".join(names)
