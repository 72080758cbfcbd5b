"""Prefixes that Spack failed to rewire: they are named by a splice, but hold its build spec."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from cypher.run import Database
from loaders.builds.install_folder import is_half_rewired
from loaders.pipeline.reports import Outcome
from tests.documents import DATA, REWIRED
from tests.graph import value
from tests.loading import load

SPLICED = "app-1.0-ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"
BUILT = "app-1.0-rduow63atur4sld6ilkyew6sah4633m7"


def copy_prefix(target: Path, source: str = BUILT) -> Path:
    shutil.copytree(REWIRED / "opt" / source, target)
    return target


def files_of(database: Database, hashes: Iterable[str]) -> list[int]:
    query = "MATCH (:Spec {hash: $hash})-[:INSTALLED_FILE]->(a) RETURN count(a)"
    return [value(database, query, hash=hash_) for hash_ in hashes]


def test_prefix_with_the_document_of_the_build_spec_is_no_installation(
    tmp_path: Path, database: Database
) -> None:
    built = copy_prefix(tmp_path / "opt" / BUILT)
    half = copy_prefix(tmp_path / "opt" / SPLICED)
    totals, reports = load(database, [built, half])
    assert totals.outcomes[Outcome.REFUSED] == 0
    assert totals.counts["half_rewired"] == 1
    assert (totals.counts["builds"], totals.counts["succeeded"]) == (1, 1)
    [left] = [report for report in reports if report.outcome is Outcome.IGNORED]
    assert left.source == str(half / ".spack")
    files = files_of(database, [BUILT[-32:], SPLICED[-32:]])
    assert (files[0] > 0, files[1]) == (True, 0)
    assert value(database, "MATCH (s:Spec {hash: $h}) RETURN count(s)", h=SPLICED[-32:]) == 0


def test_prefix_of_a_splice_is_an_installation(tmp_path: Path, database: Database) -> None:
    totals, _ = load(database, [copy_prefix(tmp_path / SPLICED, SPLICED)])
    assert (totals.outcomes[Outcome.REFUSED], totals.counts["half_rewired"]) == (0, 0)
    assert files_of(database, [SPLICED[-32:]])[0] > 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (SPLICED, True),
        (BUILT, False),
        ("app-1.0", False),
        ("app-1.0-ekhqpr4", False),
        ("other-1.0-ekhqpr4b4u7qf5ww7g22ucnxr5lcipow", False),
    ],
)
def test_name_of_the_prefix_and_its_document_decide(
    tmp_path: Path, name: str, expected: bool
) -> None:
    assert is_half_rewired(copy_prefix(tmp_path / name) / ".spack") is expected


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"spec": {"nodes": []}}'])
def test_folder_without_a_readable_document_is_not_taken_for_one(
    tmp_path: Path, content: bytes | None
) -> None:
    document = copy_prefix(tmp_path / SPLICED) / ".spack" / "spec.json"
    if content is None:
        document.unlink()
    else:
        document.write_bytes(content)
    assert not is_half_rewired(document.parent)


def test_prefix_of_spack_0_17_is_named_by_another_of_its_hashes(tmp_path: Path) -> None:
    [document] = (DATA / "specs").glob("cmake-3.21.4-*.json")
    folder = tmp_path / "cmake-3.21.4-xhrndqw4z4g34diebnralklg47s42sjo" / ".spack"
    folder.mkdir(parents=True)
    shutil.copyfile(document, folder / "spec.json")
    assert not is_half_rewired(folder)
