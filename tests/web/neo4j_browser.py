"""Neo4j Browser on the embedded database of a running `specgraph demo`, as a person uses it."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from cypher.run import Database
from loaders.loading import Options
from service.embedded import Connection, attach
from tests.loading import load

DATA = Path(__file__).parents[1] / "data"
COMMAND = (sys.executable, "-m", "service.cli", "demo", "--port", "0")
PATIENCE = 30_000
"""Milliseconds."""
_DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const target = document.querySelector(".filedrop");
  for (const kind of ["dragenter", "dragover", "drop"])
    target.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer}));
}"""


@dataclass(frozen=True)
class Demo:
    """A running demonstration with some builds and installations in it."""

    url: str
    connection: Connection


@contextmanager
def demonstrated(data_dir: Path) -> Iterator[Demo]:
    """Run the demonstration, and load builds and installations beside its samples."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("NEO4J", "SPECGRAPH_U"))
    }
    with subprocess.Popen(
        [*COMMAND, "--data-dir", str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        try:
            url = _address(process)
            connection = attach(data_dir)
            assert connection is not None
            _load_builds(connection)
            yield Demo(url, connection)
        finally:
            process.terminate()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    url = None
    for line in process.stdout:
        found = re.match(r"Specgraph\s+(http://\S+)/", line)
        url = found.group(1) if found else url
        if line.startswith("Stop with"):
            break
    assert url is not None, "the demonstration ended before it told its address"
    return url


def _load_builds(connection: Connection) -> None:
    with Database.connect(connection.uri, connection.user, connection.password) as database:
        for folder in ("store", "reports", "collections"):
            load(database, [DATA / folder], Options(site="testing"))


class Neo4jBrowser:
    """The Browser in a page of Chromium."""

    def __init__(self, page: Page, connection: Connection) -> None:
        self.page = page
        self.connection = connection
        self.page.set_default_timeout(PATIENCE)

    def log_in(self) -> None:
        """Connect as a person does, with user and password."""
        self.page.goto(str(self.connection.browser_url))
        self.page.get_by_test_id("username").fill(self.connection.user)
        self.page.get_by_test_id("password").fill(self.connection.password)
        self.page.get_by_test_id("connect").click()

    @property
    def guide(self) -> Locator:
        """The guide at the side."""
        return self.page.get_by_test_id("guidesDrawer")

    @property
    def newest(self) -> Locator:
        """The newest frame."""
        return self.page.get_by_test_id("frame").first

    def command(self, text: str) -> None:
        """Type a command and run it."""
        self.page.get_by_test_id("activeEditor").click()
        self.page.keyboard.insert_text(text)
        self.page.get_by_test_id("editor-Run").click()

    def slides(self) -> Iterator[Locator]:
        """Turn the pages of the guide."""
        following = self.guide.get_by_test_id("guideNextSlide")
        while True:
            yield self.guide
            if following.is_disabled():
                return
            following.click()

    def run(self, query: Locator) -> Locator:
        """Click the arrow of a query in the guide; its frame, once it has answered."""
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


def rows_of(frame: Locator) -> int:
    """How many rows a frame tells that it got."""
    table = frame.get_by_test_id("cypherFrameSidebarTable")
    table.click()
    status = frame.get_by_test_id("frameStatusbar")
    expect(status).to_contain_text("streaming")
    found = re.search(r"streaming (\d+) record", status.inner_text())
    return int(found.group(1)) if found else 0
