"""The Cypher behind pages: the query that draws each, and the statements that it ran; all run."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.drawings import drawings
from cypher.run import Database
from service.app import create_app
from tests.service.answers import get
from tests.web.reading import html_of, queries_in, text_in

SPLICED = "/spec/lx3p57l"
DRAWN = {
    "/?built_with=mpich@4&deployed_with=mvapich2": "matches",
    "/impact?dependency=xz": "matches",
    SPLICED: "spec",
    f"{SPLICED}/dag": "dag",
    f"{SPLICED}/splice": "splice",
    f"{SPLICED}/why?dependency=python": "why",
    "/spec/xz/dependents": "dependents",
    "/diff?a=/lx3p57l&b=/hbtaopj": "diff",
    "/common?hashes=lx3p57l,hbtaopj": "common",
    "/builds": "builds",
    "/build/{uid}": "builds",
    "/diagnostics": "diagnostics",
    "/owners?path=bin": "owners",
    "/spec/{files}/files": "files",
    "/regression?q={package}": "regression",
}
"""Pages of the samples by the drawing that they show."""
ELSEWHERE = {"environments", "installations", "libraries", "mirrors", "sites", "tests"}
"""Drawings of what the samples do not have, which `test_lists.py` and `test_libraries.py` run."""
RAN_NOTHING_TO_DRAW = ("/", "/matrix", "/conflicts", "/trends", "/concretizations")
BROWSER = "http://127.0.0.1:7474/browser/"


@pytest.fixture
def addresses(client: FlaskClient) -> dict[str, str]:
    """Map the pages of `DRAWN` to their addresses in the samples."""
    (failed, *_) = get(client, "/builds", status="failed")["items"]
    (file, *_) = get(client, "/owners", path="bin")["items"]
    (xz, *_) = get(client, "/specs", q="xz", scope="all")["items"]
    values = {"uid": failed["uid"], "files": file["hash"], "package": failed["name"]}
    found = {page: re.sub(r"\{(\w+)\}", lambda m: values[m[1]], page) for page in DRAWN}
    found["/spec/xz/dependents"] = f"/spec/{xz['hash']}/dependents"
    return found


def test_each_drawing_has_a_page(addresses: dict[str, str]) -> None:
    assert {*DRAWN.values(), *ELSEWHERE} == drawings().keys()
    assert all(each.summary.startswith("Draws ") for each in drawings().values())


def test_the_query_of_a_page_draws_it(
    client: FlaskClient, filled: Database, addresses: dict[str, str]
) -> None:
    for page, name in DRAWN.items():
        html = html_of(client, addresses[page])
        (query,), _ = queries_in(html)
        assert query.startswith(f"// {drawings()[name].summary[:40]}"), page
        assert "$" not in query, page
        with filled.driver.session() as session:
            drawn = session.run(query).graph()
        assert len(drawn.nodes) > 0, page
        # A spec may have no dependents, and a build no stored dependencies.
        if name not in ("dependents", "regression"):
            assert len(drawn.relationships) > 0, page


def test_each_statement_of_a_page_runs_as_it_is_shown(
    client: FlaskClient, filled: Database, addresses: dict[str, str]
) -> None:
    seen: set[str] = set()
    for page in (*addresses.values(), *RAN_NOTHING_TO_DRAW):
        _, statements = queries_in(html_of(client, page))
        assert statements, page
        with filled.driver.session() as session:
            for each in set(statements) - seen:
                if "$p" not in each:
                    session.run(each).consume()
        seen |= set(statements)
    assert len([each for each in seen if "$p" in each]) < len(seen) / 10


def test_a_page_without_a_drawing_shows_its_statements(client: FlaskClient) -> None:
    for page in RAN_NOTHING_TO_DRAW:
        drawn, statements = queries_in(html_of(client, page))
        assert drawn == []
        assert statements
    assert '<details class="internal" open>' in html_of(client, "/matrix")


def test_a_query_opens_in_neo4j_browser(client: FlaskClient, filled: Database) -> None:
    app = create_app(filled, {"TESTING": True, "NEO4J_BROWSER_URL": BROWSER})
    html = html_of(app.test_client(), f"{SPLICED}/splice")
    hrefs = [unescape(each) for each in re.findall(r'<a href="([^"]*\?cmd=edit[^"]*)"', html)]
    drawn, statements = queries_in(html)
    opened = [parse_qs(urlsplit(each).query)["arg"][0].strip() for each in hrefs]
    assert opened == [*drawn, *(each for each in statements if "$p" not in each)]
    assert all(each.startswith(f"{BROWSER}?cmd=edit&arg=") for each in hrefs)
    assert "Open in Neo4j Browser" not in text_in(html_of(client, f"{SPLICED}/splice"))


def test_the_statements_are_folded_below_the_drawing(site: str, page: Page) -> None:
    page.goto(f"{site}{SPLICED}")
    page.get_by_text("Show the Cypher").click()
    behind = page.locator("details.cypher")
    assert "Draws a spec" in behind.inner_text()
    internal = page.locator("details.internal")
    assert "MATCH" not in internal.inner_text()
    internal.locator("summary").press("Enter")
    assert "MATCH (asked:Spec {uid:" in internal.inner_text()
