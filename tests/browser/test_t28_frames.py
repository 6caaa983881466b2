"""T28: no page of another site shows one of ours in a frame, to have somebody press what they do not see."""

import pytest
from playwright.sync_api import expect

ELSEWHERE = "http://elsewhere.example/"


@pytest.fixture
def framed(opens, page_guard, base_url):
    """Another site's page that shows this address of ours in a frame."""

    def show(address):
        page = opens()
        html = f"<h1>Win a prize</h1><iframe src='{address}' width='800' height='600'></iframe>"
        page.route(ELSEWHERE, lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(ELSEWHERE)
        page_guard.forgive("")  # the browser says what it refuses
        return page

    return show


@pytest.mark.parametrize("whose", ["invitation", "sign-in", "nothing"])
def test_t28_a_framed_page_of_ours_is_not_shown(framed, site, service, base_url, whose):
    addresses = {"sign-in": f"{base_url}/sign-in/", "nothing": f"{base_url}/nothing-like-it/"}
    page = framed(addresses.get(whose, service.invitation.link))

    expect(page.get_by_role("heading", name="Win a prize")).to_be_visible()
    page.wait_for_function("document.readyState === 'complete'")
    [frame] = page.frames[1:]
    assert frame.url.startswith("chrome-error:")
    assert frame.locator("form, h1.ours, a[href='/guide/']").count() == 0
