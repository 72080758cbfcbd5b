"""A real Chromium on a service that holds the sample stacks and some builds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Error, Page, sync_playwright

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.app import create_app
from service.queries import completion
from tests.graph import SharedGraph
from tests.loading import load
from tests.serving import served
from tests.web.watching import Watch
from tools.chromium import find_chromium, launch_chromium

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "service" / "samples" / "stacks.jsonl.zst"
STORE = PROJECT / "tests" / "data" / "store"

PATIENT = 30.0
"""Seconds for proposals in a box: a busy machine takes longer for the first than anybody waits."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that only read the samples before those that empty the database."""
    folder = Path(__file__).parent
    places = [place for place, item in enumerate(items) if folder in item.path.parents]
    ordered = sorted(
        (items[place] for place in places),
        key=lambda item: "filled" not in getattr(item, "fixturenames", ()),
    )
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if find_chromium() is None:
        if os.environ.get("SPECGRAPH_TEST_CHROMIUM") == "required":
            pytest.fail("no Chromium, and SPECGRAPH_TEST_CHROMIUM asks for one")
        pytest.skip("no Chromium: install it, or set SPECGRAPH_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of 1280 by 800 pixels that complains of nothing and asks no other host."""
    yield from _watched(chromium, 1280, 800)


@pytest.fixture
def narrow(chromium: Browser) -> Iterator[Page]:
    """The same, as wide as a phone."""
    yield from _watched(chromium, 390, 844)


def _watched(chromium: Browser, width: int, height: int) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    watch = Watch(page)
    yield page
    try:
        context.close()
    except Error as error:
        raise AssertionError("Chromium has gone") from error
    assert watch.complaints == []
    assert watch.strangers == []


def fill(database: Database) -> None:
    """Load the sample stacks and some builds."""
    load(database, [SAMPLES])
    load(database, [STORE], LoadOptions(site="testing"))


@pytest.fixture
def filled(shared_graph: SharedGraph) -> Database:
    """The database with the samples in it; tests that take this only read."""
    shared_graph.hold("samples and builds", fill)
    return shared_graph.database


@pytest.fixture
def client(filled: Database) -> FlaskClient:
    """A client of an app over the samples."""
    return create_app(filled, {"TESTING": True}).test_client()


@pytest.fixture
def site(filled: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a service over the samples."""
    monkeypatch.setattr(completion, "SECONDS", PATIENT)
    yield from serve(filled)


@pytest.fixture
def empty_site(database: Database) -> Iterator[str]:
    """The address of a service over an empty graph."""
    yield from serve(database)


def serve(database: Database) -> Iterator[str]:
    """The address of a service over a database, for as long as it is asked for."""
    with served(create_app(database)) as address:
        yield address
