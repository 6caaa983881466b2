"""A page that is looked at, and what is done on it first."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page as BrowserPage

from tests.browser.world import World


def press(name):
    """Send the form as it stands: what is wrong then is shown."""
    return lambda page: page.get_by_role("button", name=name).first.click()


@dataclass(frozen=True)
class Looked:
    """One page: its name, who looks, its address in the world, what is done before one looks, and its status."""

    name: str
    who: str
    url: str | Callable[[World], str]
    first: Callable[[BrowserPage], object] | None = None
    status: int = 200

    def address(self, world):
        return self.url if isinstance(self.url, str) else self.url(world)
