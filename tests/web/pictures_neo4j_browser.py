"""The pictures of Neo4j Browser in the docs, taken of the real one.

`python -m tests.web.pictures_neo4j_browser` writes them anew.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

from cypher.favourites import FOLDER, archive, favourites
from service.embedded import Connection
from tests.web.conftest import FLAGS, chromium_path
from tests.web.neo4j_browser import PATIENCE, Neo4jBrowser, demonstrated

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = (1280, 800)


def neo4j_browser(page: Page, connection: Connection, folder: Path = PICTURES) -> list[Path]:
    """Take the pictures; their files."""
    desk = Neo4jBrowser(page, connection)
    desk.log_in()
    expect(desk.guide).to_be_visible(timeout=PATIENCE)
    for text in ("Use the style of Specgraph", "do not connect result nodes"):
        desk.guide.get_by_text(text).click()
    drawn = (("guide", "built_deployed"), ("why", "why"), ("failures", "failures_drawn"))
    taken = [_draw(desk, key, folder / f"neo4j-browser-{name}.png") for name, key in drawn]
    return [*taken, _keep(desk, folder / "neo4j-browser-favourites.png")]


def _draw(desk: Neo4jBrowser, key: str, target: Path) -> Path:
    """A picture of a query of the guide that draws."""
    desk.command(":clear")
    frame = desk.run(_turn_to(desk, favourites()[key].query))
    frame.get_by_label("Collapse the node properties display").click()
    # The layout comes to rest by itself, without a sign.
    desk.page.wait_for_timeout(4000)
    frame.get_by_label("zoom-to-fit").click()
    desk.page.wait_for_timeout(1500)
    desk.page.screenshot(path=target)
    return target


def _turn_to(desk: Neo4jBrowser, query: str) -> Locator:
    desk.guide.get_by_test_id("pagination-1").click()
    for slide in desk.slides():
        for each in slide.locator("pre.runnable").all():
            if (each.text_content() or "").strip() == query:
                return each
    raise LookupError(query)


def _keep(desk: Neo4jBrowser, target: Path) -> Path:
    """A picture of the favourites, one of which has been run."""
    desk.command(":clear")
    desk.drop("specgraph-favourites.zip", archive())
    desk.page.get_by_test_id("navigationFavorites").click()
    desk.page.get_by_text(FOLDER, exact=True).click()
    title = desk.page.get_by_text(favourites()["impact"].title, exact=True)
    title.click()
    desk.page.get_by_test_id("editor-Run").click()
    expect(desk.newest.get_by_test_id("frame-loaded-contents")).to_be_visible(timeout=PATIENCE)
    desk.page.wait_for_timeout(1500)
    desk.page.screenshot(path=target)
    return target


def main() -> None:
    """Run the demonstration and take the pictures of its Browser."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        width, height = SIZE
        page = chromium.new_page(viewport={"width": width, "height": height})
        with demonstrated(Path(folder) / "data") as demo:
            for picture in neo4j_browser(page, demo.connection):
                print(picture, picture.stat().st_size)
        chromium.close()


if __name__ == "__main__":
    main()
