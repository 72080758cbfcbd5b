"""The registry of document kinds."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

import loaders
from loaders import builds, collections, monitor, reports
from loaders.document_kinds import DocumentKind, Listing
from loaders.pipeline.kinds import HEAD_BYTES, KINDS, recognize_file
from tests.documents import DATA

ROOMS = (builds, collections, monitor, reports)
COLLECTIONS = DATA / "collections"
REPORTS = DATA / "reports"


def kinds_in(room: ModuleType) -> list[DocumentKind]:
    modules = [
        import_module(f"{room.__name__}.{each.name}") for each in iter_modules(room.__path__)
    ]
    return [value for module in modules for value in vars(module).values() if is_kind(value)]


def is_kind(value: object) -> bool:
    return isinstance(value, DocumentKind)


def test_every_kind_that_a_reader_defines_is_registered() -> None:
    defined = {kind.name for room in ROOMS for kind in kinds_in(room)}
    assert {kind.name for kind in KINDS} == defined
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("module", ["service/cli/uploads.py", "loaders/pipeline/loader.py"])
def test_uploads_and_the_loader_know_no_kind_by_name(module: str) -> None:
    text = (Path(loaders.__file__).parents[1] / module).read_text()
    assert not any(f"loaders.{room}" in text for room in ("builds", "reports", "collections"))
    assert "loaders.monitor" not in text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (COLLECTIONS / "lab-0.23.0.lock", "locked environment"),
        (COLLECTIONS / "store-index-0.23.0.json", "index of a store"),
        (COLLECTIONS / "build-cache-index-0.23.0.json", "index of a build cache"),
        (COLLECTIONS / "cray-small-site.json", "Cray manifest"),
        (REPORTS / "spack-1.1.0" / "junit-lab-fail-dep.xml", "JUnit report"),
        (REPORTS / "spack-1.1.0" / "cdash-lab-sim" / "lab-h5_Build.xml", "CDash reports"),
        (REPORTS / "spack-1.1.0" / "install-lab-fail-dep-1.0.out", "output of spack install"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_is_recognized_by_its_content_and_by_one_kind(
    tmp_path: Path, path: Path, name: str
) -> None:
    renamed = tmp_path / "file"
    renamed.write_bytes(path.read_bytes())
    kind = recognize_file(renamed)
    assert kind is not None
    assert kind.name == name
    head = path.read_bytes()[:HEAD_BYTES]
    assert [each.name for each in KINDS if each.looks_like(head)] == [name]


def test_spec_documents_and_unknown_files_are_of_no_kind(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("nothing")
    for path in (*(DATA / "specs").glob("*.json"), tmp_path / "notes", tmp_path / "missing"):
        assert recognize_file(path) is None


def test_an_ordinary_folder_is_of_no_kind(tmp_path: Path) -> None:
    listing = Listing(tmp_path, ("src",), ("README", "spec.json"))
    assert not any(kind.is_folder(listing) for kind in KINDS)
