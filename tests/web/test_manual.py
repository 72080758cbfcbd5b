"""The manual: every document as a page, links between them, search."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from service.app import create_app
from service.web.manual import excerpt
from service.web.manual_pages import (
    anchor_of,
    documents_by_name,
    manual_folder,
    manual_page,
    picture_path,
    search_manual,
)
from tests.serving import served
from tests.web.watching import SCHEMES, axe_violations, sideways

NAMES = sorted(documents_by_name())


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(database=None).test_client()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(create_app(database=None)) as url:  # type: ignore[arg-type]
        yield url


def link_targets(html: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([^"]*)"', html))


@pytest.mark.parametrize("name", NAMES)
def test_links_within_the_manual_have_a_target(name: str) -> None:
    page = manual_page(name)
    assert page is not None
    for target in link_targets(page.html):
        if re.match("https?://", target):
            continue
        path, _, anchor = target.partition("#")
        linked = path or page.address
        assert linked.startswith("/manual"), target
        other = linked.removeprefix("/manual").removeprefix("/")
        if other.endswith((".png", ".svg")):
            assert picture_path(other) is not None, target
            continue
        found = manual_page(other)
        assert found is not None, target
        anchors = {section.address.partition("#")[2] for section in found.sections}
        assert not anchor or anchor in anchors, target


def test_the_index_lists_every_document_of_its_folder() -> None:
    index = manual_page("")
    assert index is not None
    listed = {target.partition("#")[0] for target in link_targets(index.html)}
    documents = {f"/manual/{name}" for name in NAMES if name and "/" not in name}
    assert listed == documents


def test_the_list_of_decisions_names_every_record_by_its_title() -> None:
    folder = manual_folder() / "docs" / "decisions"
    lines = (folder / "README.md").read_text("utf-8").splitlines()
    expected = []
    for path in sorted(folder.glob("0*.md")):
        number, _, title = (
            path.read_text("utf-8").partition("\n")[0].removeprefix("# ").partition(": ")
        )
        expected.append(f"- [{number}]({path.name}): {title}")
    assert [line for line in lines if line.startswith("- ")] == expected


def test_a_page_shows_its_document(client: FlaskClient) -> None:
    text = client.get("/manual/queries").text
    assert '<h1 id="query-semantics">Query semantics</h1>' in text
    assert "<title>Query semantics - Specgraph manual</title>" in text
    assert 'href="/manual/schema"' in text


def test_text_of_a_document_is_never_html_of_the_page() -> None:
    page = manual_page("redaction")
    assert page is not None
    assert "&lt;redacted&gt;" in page.html
    assert "<redacted>" not in page.html


def test_pictures_are_served_and_nothing_else_of_the_folder(client: FlaskClient) -> None:
    with client.get("/manual/pictures/why.png") as answer:
        assert answer.mimetype == "image/png"
        assert answer.data.startswith(b"\x89PNG")
    for path in ("nothing", "../pyproject.toml", "%2e%2e/pyproject.toml", "pictures", "queries.md"):
        assert client.get(f"/manual/{path}").status_code == 404, path


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("token expire", "/manual/operations#tokens"),
        ("FAVOURITES window", "/manual/neo4j-browser"),
        ("why command", "/manual/cli#specgraph-why"),
    ],
)
def test_a_search_finds_the_sections_with_all_words(words: str, first: str) -> None:
    found = search_manual(words)
    for section in found:
        text = f"{section.page} {section.title} {section.text}".lower()
        assert all(word in text for word in words.lower().split())
    assert any(section.address.startswith(first) for section in found)


def test_sections_named_like_the_words_come_first() -> None:
    found = search_manual("tokens")
    named = ["tokens" in f"{each.page} {each.title}".lower() for each in found]
    assert named[0]
    assert named == sorted(named, reverse=True)


def test_a_search_without_a_match_says_so(client: FlaskClient) -> None:
    assert "No section contains this word." in client.get("/manual?q=xyzzyx").text
    assert "No section contains all these words." in client.get("/manual?q=spec xyzzyx").text
    assert search_manual("  ") == []


def test_an_excerpt_shows_the_first_word_found() -> None:
    text = f"{'before ' * 60}the needle is here {'after ' * 60}".strip()
    part = excerpt(text, "absent needle")
    assert "needle" in part
    assert part.startswith("… before")
    assert part.endswith("after …")
    assert excerpt("short text", "text") == "short text"


def test_headings_of_one_name_have_anchors_of_their_own() -> None:
    changes = manual_page("changelog")
    assert changes is not None
    anchors = [section.address for section in changes.sections]
    assert len(set(anchors)) == len(anchors)
    assert anchor_of("`GET /specs`: a page") == "get-specs-a-page"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_of_the_manual_are_accessible_and_fit_a_phone(
    narrow: Page, address: str, scheme: str
) -> None:
    narrow.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("", "?q=token", "/rest", "/pages", "/readme"):
        narrow.goto(f"{address}/manual{path}")
        assert axe_violations(narrow) == [], path
        assert sideways(narrow) == 0, path
