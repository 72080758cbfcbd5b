import gzip
import json
from pathlib import Path

import pytest
import zstandard

from cypher.run import Database
from loaders.pipeline.discovery import discover
from loaders.pipeline.loader import Loader, document_store
from loaders.pipeline.reports import DocumentReport, LoadReport, Outcome
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from tests.documents import SPECS, SPLICED, document, dumped, named, node
from tests.graph import snapshot, wipe


def load(database: Database, *paths: Path) -> tuple[LoadReport, list[DocumentReport]]:
    reports: list[DocumentReport] = []
    summed = Loader(document_store(database), on_document=reports.append).run(discover(paths))
    return summed, reports


def test_a_folder_is_searched_and_a_bad_file_does_not_stop_the_rest(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "a.json").write_bytes(SPECS[0].read_bytes())
    (tmp_path / "deep" / "b.json.gz").write_bytes(gzip.compress(SPECS[1].read_bytes()))
    packed = zstandard.ZstdCompressor().compress(SPECS[2].read_bytes())
    (tmp_path / "deep" / "down" / "blob").write_bytes(packed)
    (tmp_path / "bad.json").write_bytes(SPECS[0].read_bytes()[:-100])
    (tmp_path / "forged.json").write_bytes(dumped(document({**node("a"), "version": "9"})))
    (tmp_path / "lock.json").write_text('{"concrete_specs": {}}')
    (tmp_path / "README").write_text("{ not JSON")
    (tmp_path / "library.so").write_bytes(bytes(range(256)))
    (tmp_path / "empty").touch()
    summed, reports = load(database, tmp_path)
    assert {Path(r.source).name: r.outcome for r in reports} == {
        "a.json": Outcome.STORED,
        "b.json.gz": Outcome.STORED,
        "blob": Outcome.STORED,
        "bad.json": Outcome.REFUSED,
        "forged.json": Outcome.REFUSED,
        "lock.json": Outcome.IGNORED,
        "README": Outcome.IGNORED,
        "library.so": Outcome.IGNORED,
        "empty": Outcome.IGNORED,
    }
    assert summed.outcomes[Outcome.STORED] == 3


def test_every_document_in_lines_and_lists_is_reported(database: Database, tmp_path: Path) -> None:
    good = [document(node(name)) for name in ("a", "b", "c")]
    bad = document({**node("d"), "version": "9"})
    lines = tmp_path / "lines.jsonl"
    lines.write_text("\n".join(map(json.dumps, [good[0], bad, good[1]])) + "\n")
    array = tmp_path / "list.json"
    array.write_text(json.dumps([good[2], good[0]], indent=1))
    _, reports = load(database, lines, array)
    outcomes = [(r.source.removeprefix(f"{tmp_path}/"), r.outcome) for r in reports]
    assert sorted(outcomes) == [
        ("lines.jsonl", Outcome.STORED),
        ("lines.jsonl:2", Outcome.REFUSED),
        ("lines.jsonl:3", Outcome.STORED),
        ("list.json", Outcome.STORED),
        ("list.json:2", Outcome.KNOWN),
    ]


def test_a_file_named_by_the_user_is_refused_without_a_spec(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "spack.lock"
    path.write_text('{"concrete_specs": {}}')
    _, [report] = load(database, path)
    assert report.outcome is Outcome.REFUSED
    assert "lockfile" in str(report.error)


def test_loading_again_reports_known_documents_and_adds_nothing(database: Database) -> None:
    first, _ = load(database, *SPECS)
    before = snapshot(database)
    again, _ = load(database, *SPECS)
    assert snapshot(database) == before
    assert again.outcomes == {Outcome.KNOWN: first.outcomes.total()}
    assert (again.new_specs, again.edges) == (0, 0)


def test_progress_adds_up_to_the_size_of_the_files(database: Database) -> None:
    counted: list[int] = []
    candidates = discover([named("lab-sim-2.0-iw5"), named("zlib-1.3.1")])
    Loader(document_store(database), on_bytes=counted.append).run(candidates)
    assert sum(counted) == sum(candidate.size for candidate in candidates)


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_the_cache_of_a_load_does_not_change_the_graph(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    paths = [*SPECS, *SPLICED]
    for path in paths:
        store_documents(database, [parse_document(path.read_bytes())], origin="a test")
    expected = snapshot(database)
    wipe(database)
    monkeypatch.setattr("loaders.pipeline.loader.BATCH_DOCUMENTS", batch)
    load(database, *reversed(paths))
    assert snapshot(database) == expected
