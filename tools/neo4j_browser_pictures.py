"""Screenshots of Neo4j Browser for the documentation; `tools.pictures` takes them."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from cypher.favourites import FOLDER, favourites, zip_archive
from service.embedded import Connection
from tools.neo4j_browser import PATIENCE, Neo4jBrowser


def take_pictures(page: Page, connection: Connection, folder: Path) -> list[Path]:
    """Take the screenshots and return their files."""
    desk = Neo4jBrowser(page, connection)
    desk.log_in()
    expect(desk.guide).to_be_visible(timeout=PATIENCE)
    for text in ("Use the style of Specgraph", "do not connect result nodes"):
        desk.guide.get_by_text(text).click()
    drawn = (("guide", "built_deployed"), ("why", "why"), ("failures", "failures_drawn"))
    taken = [_draw(desk, key, folder / f"neo4j-browser-{name}.png") for name, key in drawn]
    return [*taken, _draw_favourites(desk, folder / "neo4j-browser-favourites.png")]


def _draw(desk: Neo4jBrowser, key: str, target: Path) -> Path:
    """Take a screenshot of a query of the guide whose result is drawn as a graph."""
    desk.command(":clear")
    frame = desk.run(_find_query(desk, favourites()[key].query))
    frame.get_by_label("Collapse the node properties display").click()
    # The layout settles without an event that could be waited for.
    desk.page.wait_for_timeout(4000)
    frame.get_by_label("zoom-to-fit").click()
    desk.page.wait_for_timeout(1500)
    desk.page.screenshot(path=target)
    return target


def _find_query(desk: Neo4jBrowser, query: str) -> Locator:
    desk.guide.get_by_test_id("pagination-1").click()
    for slide in desk.slides():
        for each in slide.locator("pre.runnable").all():
            if (each.text_content() or "").strip() == query:
                return each
    raise LookupError(query)


def _draw_favourites(desk: Neo4jBrowser, target: Path) -> Path:
    """Take a screenshot of the favourites after one of them has run."""
    desk.command(":clear")
    desk.drop("specgraph-favourites.zip", zip_archive())
    desk.page.get_by_test_id("navigationFavorites").click()
    desk.page.get_by_text(FOLDER, exact=True).click()
    title = desk.page.get_by_text(favourites()["impact"].title, exact=True)
    title.click()
    desk.page.get_by_test_id("editor-Run").click()
    expect(desk.newest.get_by_test_id("frame-loaded-contents")).to_be_visible(timeout=PATIENCE)
    desk.page.wait_for_timeout(1500)
    desk.page.screenshot(path=target)
    return target
