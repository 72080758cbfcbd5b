"""Driving Neo4j Browser in a page of Chromium."""

import base64
import re
from collections.abc import Iterator

from playwright.sync_api import Locator, Page, expect

from service.embedded import Connection

PATIENCE = 30_000
"""Longest wait for an answer of Neo4j Browser, in milliseconds."""
_DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const target = document.querySelector(".filedrop");
  for (const kind of ["dragenter", "dragover", "drop"])
    target.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer}));
}"""


class Neo4jBrowser:
    """Neo4j Browser in a page of Chromium."""

    def __init__(self, page: Page, connection: Connection) -> None:
        self.page = page
        self.connection = connection
        self.page.set_default_timeout(PATIENCE)

    def log_in(self) -> None:
        """Open Neo4j Browser and connect with user and password."""
        self.page.goto(str(self.connection.browser_url))
        self.page.get_by_test_id("username").fill(self.connection.user)
        self.page.get_by_test_id("password").fill(self.connection.password)
        self.page.get_by_test_id("connect").click()

    @property
    def guide(self) -> Locator:
        """The guide in the side bar."""
        return self.page.get_by_test_id("guidesDrawer")

    @property
    def newest(self) -> Locator:
        """The newest frame."""
        return self.page.get_by_test_id("frame").first

    def command(self, text: str) -> None:
        """Type a command into the editor and run it."""
        self.page.get_by_test_id("activeEditor").click()
        self.page.keyboard.insert_text(text)
        self.page.get_by_test_id("editor-Run").click()

    def slides(self) -> Iterator[Locator]:
        """Yield the guide at each of its pages, turning them."""
        following = self.guide.get_by_test_id("guideNextSlide")
        while True:
            yield self.guide
            if following.is_disabled():
                return
            following.click()

    def run(self, query: Locator) -> Locator:
        """Run a query of the guide and return its frame once it has results."""
        text = query.text_content()
        assert text
        query.locator("i").click()
        frame = self.newest
        expect(frame.get_by_test_id("frameCommand")).to_contain_text(
            text.splitlines()[0], timeout=PATIENCE
        )
        expect(frame.get_by_test_id("frame-loaded-contents")).to_be_visible(timeout=PATIENCE)
        return frame

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file on the window."""
        self.page.evaluate(_DROP, [name, base64.b64encode(content).decode()])


def count_rows(frame: Locator) -> int:
    """Return the number of rows that a frame reports."""
    table = frame.get_by_test_id("cypherFrameSidebarTable")
    table.click()
    status = frame.get_by_test_id("frameStatusbar")
    expect(status).to_contain_text("streaming")
    found = re.search(r"streaming (\d+) record", status.inner_text())
    return int(found.group(1)) if found else 0
