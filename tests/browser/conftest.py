"""The harness of the browser tests: a real Chromium, watched for everything a strict page must not do."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chromium import find_chromium, how_to_install
from tests.signing_in import fill_in

HERE = Path(__file__).parent
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUIET = {"resultTypes": ["violations"]}
REPORT_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`CSP violation: ${event.effectiveDirective} refused ${event.blockedURI || 'inline'}`);
});
"""


def pytest_addoption(parser):
    parser.addoption("--shots", type=Path, metavar="DIR", help="keep a picture of every page in this folder")


def pytest_collection_finish(session):
    """Without a browser the run fails at once, saying how to get one: browser tests are never skipped."""
    if any(HERE in item.path.parents for item in session.items) and find_chromium() is None:
        pytest.exit(f"No Chromium found. Install one with: {how_to_install()}", returncode=1)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    return browser_type_launch_args | {"executable_path": find_chromium(), "args": quiet}


@pytest.fixture(scope="session")
def base_url():
    """Where `page.goto("/…")` goes."""
    return os.environ["PUBLIC_URL"]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    zone = {"locale": "en-GB", "timezone_id": "Europe/Berlin"}
    return browser_context_args | zone | {"viewport": {"width": 1440, "height": 900}}


class PageGuard:
    """Collects what no page may do: CSP violations, console errors, failed and foreign requests."""

    def __init__(self, base_url):
        self.home = urlsplit(base_url).netloc
        self.faults = []
        self.forgiven = []

    def watch(self, context):
        """Watch every page of a browser context, those opened later included; gives the context back."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.add(f"script error: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        return context

    def expect_nothing(self):
        """Begin anew: what was forgiven and what was found so far are another test's."""
        self.faults, self.forgiven = [], []

    def forgive(self, pattern):
        """Expect faults that match, for example the console's line for a page that answers 410."""
        self.forgiven.append(re.compile(pattern))
        self.faults = [fault for fault in self.faults if not re.search(pattern, fault)]

    def add(self, fault):
        """Note a fault unless it is expected."""
        if not any(pattern.search(fault) for pattern in self.forgiven):
            self.faults.append(fault)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.add(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.home:
            self.add(f"request to another host: {request.url}")

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":  # the browser's own word for leaving a page early
            self.add(f"request failed: {request.url}: {request.failure}")


@pytest.fixture
def page_guard(base_url):
    """Watch contexts with `page_guard.watch(context)`; any fault they collect fails the test at its end."""
    guard = PageGuard(base_url)
    yield guard
    assert guard.faults == []


@pytest.fixture
def opens(browser, browser_context_args, page_guard):
    """`opens(java_script_enabled=False)`: a page in a browser of its own, watched; keywords go to its context."""
    contexts = []

    def open_page(**options):
        contexts.append(page_guard.watch(browser.new_context(**browser_context_args | options)))
        contexts[-1].set_default_timeout(10_000)
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(site, opens, olga):
    """`sign_in()`: Olga's page in a browser of her own, signed in; another operator's, too; keywords as for `opens`."""

    def open_page(operator=olga, **options):
        page = opens(**options)
        page.goto("/")
        fill_in(page, operator)
        expect(page).to_have_url("/")
        return page

    return open_page


@pytest.fixture(scope="session")
def axe():
    """`axe(page)` gives every accessibility finding, readable: the rules of WCAG and axe's own good practice.

    `axe(page, ["color-contrast"])` asks these rules only.
    """
    script = Axe().axe_script

    def findings(page, rules=None):
        asked = {"runOnly": rules} if rules else {"runOnly": RULES}
        if not page.evaluate("'axe' in globalThis"):
            page.evaluate(script)
        found = page.evaluate(
            "(options) => axe.run(options).then((answer) => answer.violations)", asked | QUIET
        )
        return [
            f"{finding['impact']} {finding['id']} at {node['target']}: {node['failureSummary']}"
            for finding in found
            for node in finding["nodes"]
        ]

    return findings
