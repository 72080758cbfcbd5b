"""A service seals roots in the background."""

import threading

import pytest

from cypher.run import Database
from loaders.postings.sealing import count_waiting, is_ready, seal
from loaders.store.removal.specs import delete_root
from loaders.store.removal.unused import Tally
from loaders.store.specs import store_documents
from service.cli import sealing
from service.cli.sealing import seal_if_needed
from tests.documents import SPECS
from tests.graph import value
from tests.loaders.store.test_specs import read
from tests.waiting import wait_until


def count_unsealed(database: Database) -> int:
    return int(value(database, "MATCH (r:Root) WHERE r.unsealed RETURN count(*)"))


def test_roots_are_sealed_while_the_service_runs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "FEW_ROOTS", 3)
    monkeypatch.setattr(sealing, "_SECONDS", 0.05)
    store_documents(database, list(map(read, SPECS[:4])), origin="a test")
    with sealing.sealing(database):
        wait_until(lambda: is_ready(database) and count_unsealed(database) == 0)


def test_small_graphs_and_few_new_roots_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_documents(database, list(map(read, SPECS[:4])), origin="a test")
    stopped = threading.Event()
    assert seal_if_needed(database, stopped) == 0
    assert not is_ready(database)
    assert seal(database) == 4
    store_documents(database, [read(SPECS[4])], origin="a test")
    assert seal_if_needed(database, stopped) == 0
    assert count_unsealed(database) == 1
    monkeypatch.setattr(sealing, "FEW_UNSEALED", 1)
    assert seal_if_needed(database, stopped) == 1
    assert count_unsealed(database) == 0


def test_roots_are_sealed_again_when_many_have_gone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_documents(database, list(map(read, SPECS[:4])), origin="a test")
    assert seal(database) == 4
    uids = value(database, "MATCH (r:Root) WHERE r.name IS NOT NULL RETURN collect(r.uid)")
    delete_root(database, uids[0], Tally())
    stopped = threading.Event()
    assert seal_if_needed(database, stopped) == 0
    monkeypatch.setattr("loaders.postings.sealing._FEW_GONE", 0)
    assert seal_if_needed(database, stopped) == 3
    assert not count_waiting(database).has_many_gone
