"""Finding and starting the system's Chromium."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def find_chromium() -> str | None:
    """Return the path in `SPECGRAPH_CHROMIUM`, else the first browser on the path, else None."""
    given = os.environ.get("SPECGRAPH_CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


def launch_chromium(playwright: Playwright) -> Browser:
    """Start the system's Chromium.

    Raises:
        FileNotFoundError: No Chromium is installed.
    """
    path = find_chromium()
    if path is None:
        raise FileNotFoundError("no Chromium: install it, or set SPECGRAPH_CHROMIUM to its path")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)
