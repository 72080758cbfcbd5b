"""Checks of pages in a browser: errors, requests to other hosts, accessibility, width."""

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
AXE = Path(__file__).parents[2] / "service/web/frontend/node_modules/axe-core/axe.min.js"


class Watch:
    """Records errors of a page and requests to other hosts."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        its_own = message.page is not None and message.location.get("url") == message.page.url
        if its_own and message.text.startswith("Failed to load resource"):
            return  # An error page is what its test asked for.
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.strangers.append(request.url)


def axe_violations(page: Page) -> list[str]:
    """Return the violations that axe finds: the rule and an element in each line."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def sideways(page: Page) -> int:
    """Return the number of pixels by which the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )
