"""Pages that are read while roots are uploaded."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.documents import document, dumped, node
from tests.service.answers import get, upload

pytestmark = pytest.mark.container

LIBRARIES = [node("zlib", "1.3"), node("mpich", "4.2"), node("hdf5", "1.14")]
PERMANENT = [
    node(f"app{place:02}", "1.0", [(each, ["build", "link"]) for each in LIBRARIES])
    for place in range(40)
]
LIMIT = 7
QUESTIONS: list[dict[str, Any]] = [
    {},
    {"built_with": "zlib"},
    {"built_with": "mpich@4", "deployed_with": "zlib"},
    {"built_with": "not nobody-has-this"},
    {"q": "^hdf5"},
    {"q": "^hdf5", "count": "exact"},
    {"scope": "all"},
]


@pytest.fixture
def uploads(app: Flask) -> Iterator[threading.Event]:
    """Upload new roots, whose names fall between the permanent ones, until the test ends."""
    client = app.test_client()
    upload(client, *(dumped(document(root, *LIBRARIES)) for root in PERMANENT))
    stop, running = threading.Event(), threading.Event()

    def go() -> None:
        for number in range(2_000):
            if stop.is_set():
                return
            dependencies = [(each, ["build", "link"]) for each in LIBRARIES]
            root = node(f"app{number % 40:02}x", f"2.{number}", dependencies)
            upload(client, dumped(document(root, *LIBRARIES)))
            running.set()

    worker = threading.Thread(target=go)
    worker.start()
    running.wait(60)
    try:
        yield running
    finally:
        stop.set()
        worker.join()


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_no_page_contradicts_its_count_and_nothing_is_missed_or_repeated(
    client: FlaskClient, uploads: threading.Event, question: dict[str, Any]
) -> None:
    assert uploads.is_set()
    for _ in range(3):
        cursor, seen = None, []
        while True:
            given: dict[str, Any] = {"cursor": cursor} if cursor else {}
            page = get(client, "/specs", limit=LIMIT, **question, **given)
            seen += [item["hash"] for item in page["items"]]
            check_count(page, first=cursor is None, seen=len(seen))
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen))
        assert {root["hash"] for root in PERMANENT} <= set(seen)


def check_count(page: dict[str, Any], *, first: bool, seen: int) -> None:
    """Assert that a page and its total can both be true of one moment."""
    total = page["total"]["count"]
    assert total >= (len(page["items"]) if first else min(seen, len(page["items"])))
    if page["next"] is not None:
        assert len(page["items"]) == LIMIT
        if page["total"]["type"] == "EXACT":
            assert total > len(page["items"])
    elif first and page["total"]["type"] == "EXACT":
        assert total == len(page["items"])
