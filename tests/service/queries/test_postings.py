"""Pages of answers are the same by postings and by closure edges."""

from typing import Any
from weakref import WeakKeyDictionary

import pytest

from cypher.observer import Observer
from cypher.run import Database
from loaders.document_kinds import Candidate
from loaders.pipeline.loader import Loader, document_store
from loaders.postings.sealing import seal
from service.paging.cursors import Position
from service.queries import postings, roots
from service.queries.query import Query
from service.queries.roots import count, find
from spec_syntax import parse_query
from tests.documents import SPECS, SPLICED
from tests.graph import SharedGraph

QUESTIONS = (
    "built_with lab-mpich deployed_with lab-mvapich",
    "built_with lab-h5",
    "deployed_with lab-zx@1:",
    "built_with gmake deployed_with glibc",
    "built_with any of (lab-mpich, lab-openmpi) deployed_with any of (lab-zx, zlib)",
    "built_with cmake deployed_with hdf5@1.10:",
    "built_with cmake and not deployed_with glibc",
    "built_with gmake and not deployed_with any of (zlib@1.2, cmake)",
    "deployed_with absent-package",
)
LIMIT = 3


@pytest.fixture
def sealed(shared_graph: SharedGraph) -> Database:
    def load(database: Database) -> None:
        candidates = [
            Candidate(path, path.stat().st_size, named=True) for path in [*SPECS, *SPLICED]
        ]
        Loader(document_store(database)).run(candidates)
        assert seal(database)

    shared_graph.hold("own documents, sealed", load)
    return shared_graph.database


class Noting(Observer):
    def __init__(self) -> None:
        self.names: list[str] = []

    def ran(self, statement: str, seconds: float) -> None:
        self.names.append(statement)


def all_items(database: Database, text: str) -> tuple[list[Any], set[int]]:
    """Return the items of all pages, and the totals that they have."""
    query = Query(parse_query(text), exact=True)
    items: list[Any] = []
    totals = set()
    position = Position()
    while True:
        page = find(database, query, position, LIMIT)
        totals.add(page.total)
        items += page.items
        if len(page.items) < LIMIT:
            return items, totals
        last = page.items[-1]
        position = Position(str(last["name"]), last["version_key"], last["uid"], len(items))


def test_pages_and_counts_are_those_of_closure_edges(
    sealed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another test may just have found a graph without postings.
    monkeypatch.setattr(postings, "_absent_until", WeakKeyDictionary())
    observer = Noting()
    monkeypatch.setattr(sealed, "observer", observer)
    by_postings = {text: all_items(sealed, text) for text in QUESTIONS}
    assert "roots_at_places" in observer.names
    assert not any(name.startswith("find_roots") for name in observer.names)
    monkeypatch.setattr(roots, "may_have_postings", lambda _: False)
    for text, (items, totals) in by_postings.items():
        assert (items, totals) == all_items(sealed, text), text
        assert totals == {count(sealed, Query(parse_query(text)))}
    empty = [text for text, (items, _) in by_postings.items() if not items]
    assert empty == [QUESTIONS[-1]]
