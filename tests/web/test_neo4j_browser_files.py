"""The page on Neo4j Browser, and the files that the Browser fetches."""

import io
import re
import zipfile
from pathlib import Path

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.favourites import favourites
from service.embedded.browser import browser_lines
from service.web import neo4j_browser
from tests.web.watching import axe_violations, sideways

ROOT = Path(__file__).parents[2]
FETCHED = (
    ("/browser/guide.html", "text/html"),
    ("/browser/favourites.zip", "application/zip"),
    ("/browser/favourites/why.cypher", "text/plain"),
    ("/browser/specgraph.grass", "text/plain"),
)


def test_the_docs_list_every_favourite() -> None:
    text = (ROOT / "docs" / "neo4j-browser.md").read_text("utf-8")
    table = re.findall(r"^\| ([^|`]+) \| ", text, re.MULTILINE)
    titles = sorted(each.title for each in favourites().values())
    assert sorted(set(table) - {"name", "setting"}) == titles
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", text)
    assert pictures
    assert all((ROOT / "docs" / each).is_file() for each in pictures)


def test_the_compose_file_has_the_browser_play_the_guide_of_its_service() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    loaded = yaml.safe_load(re.sub(r"\$\{\w+:-(\w+)\}", r"\1", text))
    told = loaded["services"]["neo4j"]["environment"]
    host, port, _ = loaded["services"]["specgraph"]["ports"][0].split(":")
    guide = f"http://{host}:{port}{neo4j_browser.GUIDE}"
    lines = dict(line.split("=", 1) for line in browser_lines(7687, guide))
    names = ("browser.remote_content_hostname_whitelist", "browser.post_connect_cmd")
    for name in names:
        variable = "NEO4J_" + name.replace("_", "__").replace(".", "_")
        assert told[variable] == lines[name]


@pytest.mark.parametrize(("path", "kind"), FETCHED)
def test_a_browser_of_any_origin_may_read_the_files_but_send_nothing_along(
    client: FlaskClient, path: str, kind: str
) -> None:
    answer = client.get(path, headers={"Origin": "http://127.0.0.1:7474"})
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = client.options(path, headers={"Access-Control-Request-Headers": "cache-control,pragma"})
    assert asked.headers["Access-Control-Allow-Headers"] == "cache-control, pragma"
    assert asked.headers["Access-Control-Allow-Methods"] == "GET"


@pytest.mark.parametrize("path", ["/browser", "/api/v1/specs", "/healthz", "/static/site.css"])
def test_nothing_else_is_open_to_other_origins(client: FlaskClient, path: str) -> None:
    with client.get(path, headers={"Origin": "http://127.0.0.1:7474"}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_guide_links_to_the_host_of_the_request(client: FlaskClient) -> None:
    text = client.get("/browser/guide.html", base_url="http://192.0.2.7:81").text
    assert 'data-exec="style http://192.0.2.7:81/browser/specgraph.grass"' in text
    assert 'href="http://192.0.2.7:81/browser/favourites.zip"' in text


def test_the_guide_holds_every_favourite_once_and_survives_the_browsers_cleaning(
    client: FlaskClient,
) -> None:
    text = client.get("/browser/guide.html").text
    # The Browser takes out what looks like handlers, and scripts.
    cleaned = re.sub(r"(\s+(on[^\s=]+)[^\s=]*\s*=\s*(\"[^\"]*\"|'[^']*'|[\w\-.:]+\s*))", "", text)
    assert cleaned == text
    assert "<script" not in text
    assert text.count('<pre class="runnable"') == len(favourites())


def test_a_favourite_is_the_file_itself(client: FlaskClient) -> None:
    answer = client.get("/browser/favourites/impact.cypher")
    assert answer.text == favourites()["impact"].text
    assert "impact.cypher" in answer.headers["Content-Disposition"]
    packed = client.get("/browser/favourites.zip").data
    assert zipfile.ZipFile(io.BytesIO(packed)).testzip() is None
    assert client.get("/browser/favourites/../run.cypher").status_code == 404
    assert client.get("/browser/favourites/none.cypher").status_code == 404


def test_the_page_shows_the_address_of_the_browser_if_configured(app: Flask) -> None:
    client = app.test_client()
    assert ":play http://localhost/browser/guide.html" in client.get("/browser").text
    app.config["NEO4J_BROWSER_URL"] = "http://127.0.0.1:7474/browser/"
    app.config["NEO4J_BROWSER_GUIDE"] = f"http://127.0.0.1:8642{neo4j_browser.GUIDE}"
    told = client.get("/browser").text
    assert 'href="http://127.0.0.1:7474/browser/"' in told
    assert ":play http://127.0.0.1:8642/browser/guide.html" in told


def test_the_page_is_accessible_and_fits(page: Page, site: str) -> None:
    page.goto(f"{site}/browser")
    assert axe_violations(page) == []
    assert sideways(page) == 0


def test_the_page_fits_a_phone(narrow: Page, site: str) -> None:
    narrow.goto(f"{site}/browser")
    assert sideways(narrow) == 0
