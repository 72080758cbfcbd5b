"""Neo4j Browser as a second home: guide, favourites and style, in a real Chromium."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Request, expect

from cypher.favourites import browser_style, favourites
from tools.demonstration import Demo, run_demo
from tools.neo4j_browser import PATIENCE, Neo4jBrowser, count_rows

pytestmark = pytest.mark.embedded
DRAWN = {"built_deployed", "dag", "failures_drawn", "spliced", "why"}
LOCAL = "127.0.0.1"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with run_demo(tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


@pytest.fixture
def sent() -> list[Request]:
    """The requests to other hosts than this one that were not stopped."""
    return []


@pytest.fixture
def desk(chromium: Browser, demo: Demo, sent: list[Request]) -> Iterator[Neo4jBrowser]:
    """The Browser, logged in."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname not in (LOCAL, None):
            sent.append(request)

    # What a policy stops is asked for, then fails with this word, before anything is sent.
    page.on("response", lambda response: note(response.request))
    page.on("requestfailed", lambda each: None if each.failure == "csp" else note(each))
    desk = Neo4jBrowser(page, demo.connection)
    desk.log_in()
    yield desk
    context.close()


def test_the_guide_plays_by_itself_and_each_of_its_queries_returns_rows(
    desk: Neo4jBrowser, sent: list[Request]
) -> None:
    expect(desk.guide).to_contain_text("Use the style of Specgraph", timeout=PATIENCE)
    queries = {each.query: key for key, each in favourites().items()}
    rows: dict[str, int] = {}
    for slide in desk.slides():
        for query in slide.locator("pre.runnable").all():
            key = queries.pop((query.text_content() or "").strip())
            frame = desk.run(query)
            if key in DRAWN:
                frame.get_by_test_id("cypherFrameSidebarVisualization").click()
                expect(frame.locator("svg g.node").first).to_be_visible(timeout=PATIENCE)
            rows[key] = count_rows(frame)
    assert queries == {}
    assert min(rows.values()) > 0, rows
    assert rows["splice_parts"] == 25
    assert rows["built_deployed_list"] == 2
    assert sent == []


def test_the_command_that_the_page_shows_plays_the_guide(desk: Neo4jBrowser, demo: Demo) -> None:
    expect(desk.guide).to_be_visible(timeout=PATIENCE)
    desk.page.get_by_test_id("navigationGuides").click()
    page = desk.page.context.new_page()
    # By another name the page tells the address that the Browser was allowed, all the same.
    page.goto(demo.url.replace(LOCAL, "localhost") + "/browser")
    command = page.locator("#play").inner_text()
    address = page.get_by_role("link", name="http", exact=False).first.get_attribute("href")
    page.close()
    assert address == demo.connection.browser_url
    assert command == f":play {demo.url}/browser/guide.html"
    desk.command(command)
    expect(desk.newest).to_contain_text("Use the style of Specgraph")
    frame = desk.run(desk.newest.locator("pre.runnable").first)
    assert count_rows(frame) == 1


def test_the_style_of_the_guide_colours_the_graph(desk: Neo4jBrowser, demo: Demo) -> None:
    desk.guide.get_by_text("Use the style of Specgraph").click()
    expect(desk.newest).to_contain_text("relationship.SPLICED_FROM", timeout=PATIENCE)
    desk.guide.get_by_test_id("guideNextSlide").click()
    frame = desk.run(desk.guide.locator("pre.runnable").first)
    chip = frame.get_by_test_id("property-details-overview-relationship-type-SPLICED_FROM")
    assert chip.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(209, 48, 138)"


def test_files_that_are_dropped_become_favourites_and_style(
    desk: Neo4jBrowser, demo: Demo, sent: list[Request]
) -> None:
    expect(desk.guide).to_be_visible(timeout=PATIENCE)
    packed = requests.get(f"{demo.url}/browser/favourites.zip", timeout=30)
    desk.drop("specgraph-favourites.zip", packed.content)
    desk.page.get_by_test_id("navigationFavorites").click()
    desk.page.get_by_text("Specgraph", exact=True).click()
    for each in favourites().values():
        expect(desk.page.get_by_text(each.title, exact=True)).to_have_count(1)
    desk.drop("specgraph.grass", browser_style().encode())
    expect(desk.newest).to_contain_text("relationship.SPLICED_FROM")
    assert sent == []


class _Stranger(BaseHTTPRequestHandler):
    asked: list[str]

    def do_OPTIONS(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "cache-control, pragma")
        self.end_headers()
        self.wfile.write(b"<h3>A stranger's guide</h3>")

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_no_other_guide_is_fetched_even_from_another_port(desk: Neo4jBrowser) -> None:
    expect(desk.guide).to_be_visible(timeout=PATIENCE)
    _Stranger.asked = []
    with HTTPServer((LOCAL, 0), _Stranger) as server:
        worker = threading.Thread(target=server.serve_forever)
        worker.start()
        try:
            for host in (LOCAL, "localhost"):
                desk.command(f":play http://{host}:{server.server_port}/guide.html")
                expect(desk.newest).to_contain_text("Not found", timeout=PATIENCE)
        finally:
            server.shutdown()
            worker.join()
    assert _Stranger.asked == []
