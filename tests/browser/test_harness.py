import pytest

STRICT = {"Content-Security-Policy": "default-src 'none'; script-src 'self'", "Content-Type": "text/html"}


@pytest.fixture
def show(new_context, page_guard):
    """Show a page that a strict portal would never send, under the watch of the guard."""

    def show(html):
        page = page_guard.watch(new_context()).new_page()
        page.route("**/page", lambda route: route.fulfill(body=html, headers=STRICT))
        page.goto("/page")
        return page

    return show


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p style='color: red'>red</p>", "CSP violation: style-src"),
        ("<script>alert(1)</script>", "CSP violation: script-src"),
        ("<img src='https://other.example/pixel.gif' alt=''>", "CSP violation: img-src"),
    ],
)
def test_the_guard_sees_what_the_policy_refuses(show, page_guard, html, fault):
    page = show(html)
    page.wait_for_function("document.readyState === 'complete'")

    seen = " ".join(page_guard.faults)
    page_guard.forgive("")

    assert fault in seen


def test_the_guard_sees_script_errors(show, page_guard):
    page = show("<p>still</p>")
    page.evaluate("setTimeout(() => { throw new Error('broken') }, 0)")
    page.wait_for_event("pageerror")

    seen = " ".join(page_guard.faults)
    page_guard.forgive("")

    assert "broken" in seen


def test_axe_runs_under_a_strict_policy_and_finds_what_is_wrong(show, axe, page_guard):
    page = show("<html lang='en'><title>t</title><main><h1>h</h1><input></main></html>")

    assert [finding.split(" at ")[0] for finding in axe(page)] == ["critical label"]
    assert page_guard.faults == []


def test_the_sign_in_page_is_clean(site, new_context, page_guard, axe):
    page = page_guard.watch(new_context()).new_page()

    page.goto("/")

    assert page.url.startswith(f"{site.url}/sign-in/")
    assert axe(page) == []
