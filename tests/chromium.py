"""Which Chromium the browser tests drive; `python -m tests.chromium` prints it, or how to get one."""

import os
import platform
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium():
    """The path of a Chromium: $CHROMIUM, one on the PATH, or Playwright's own; None if there is none."""
    if os.environ.get("CHROMIUM"):
        return shutil.which(os.environ["CHROMIUM"])
    for name in NAMES:
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def how_to_install():
    """The one command that brings a Chromium to this machine."""
    # Ubuntu's package of this name only points to a snap, which needs a daemon.
    if platform.system() == "Linux" and platform.freedesktop_os_release().get("ID") != "ubuntu":
        return "apt-get install chromium"
    return ".venv/bin/playwright install --with-deps chromium"


if __name__ == "__main__":
    found = find_chromium()
    print(found or f"No Chromium found. Install one with: {how_to_install()}")
    sys.exit(found is None)
