"""A real Chromium on a service that holds the sample stacks and some builds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Error, Page, sync_playwright

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.queries import completion
from tests.graph import SharedGraph
from tests.loading import load
from tests.serving import served
from tests.web.watching import Watch
from tools.chromium import find_chromium, launch_chromium

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "service" / "samples" / "stacks.jsonl.zst"
STORE = PROJECT / "tests" / "data" / "store"

SERVERS = {"site", "empty_site", "address"}
"""Names of the fixtures that serve an app."""

PATIENT = 30.0
"""Time limit of completions in seconds; on a busy machine the first exceed the usual one."""


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


@pytest.fixture(autouse=True)
def server_before_page(request: pytest.FixtureRequest) -> None:
    """Start a test's server before it opens a page, so that the page is closed first.

    A page that is still loading something when its server stops logs an error.
    """
    for name in SERVERS.intersection(request.fixturenames):
        request.getfixturevalue(name)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Open a page of 1280 by 800 pixels that must log no error and contact no other host."""
    yield from _watched(chromium, 1280, 800)


@pytest.fixture
def narrow(chromium: Browser) -> Iterator[Page]:
    """Open such a page that is as wide as a phone."""
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
    """Return the database with the samples, for tests that only read."""
    shared_graph.hold("samples and builds", fill)
    return shared_graph.database


@pytest.fixture
def client(filled: Database, shared_app: Flask) -> FlaskClient:
    """Return a client of an app over the samples."""
    return shared_app.test_client()


@pytest.fixture
def site(filled: Database, served_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the samples and yield the address."""
    monkeypatch.setattr(completion, "SECONDS", PATIENT)
    yield from serve(served_app)


@pytest.fixture
def empty_site(database: Database, served_app: Flask) -> Iterator[str]:
    """Serve an empty graph and yield the address."""
    yield from serve(served_app)


def serve(app: Flask) -> Iterator[str]:
    """Serve an app and yield the address."""
    with served(app) as address:
        yield address
