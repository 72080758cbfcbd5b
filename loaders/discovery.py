"""Which files and folders hold documents, and of which kind a folder is."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loaders.reports.test_runs import LOCK


class Kind(StrEnum):
    """What a candidate is: a file of any kind, or a folder that is read as a whole."""

    FILE = "file"
    INSTALLED = "installed package"
    STAGE = "build stage"
    FAILURES = "failure markers"
    TESTS = "test suite"
    CDASH = "CDash reports"
    BUILDCACHE = "build cache"


@dataclass(frozen=True)
class Candidate:
    """A file or folder that may hold documents.

    :ivar size: bytes of the file, or of what is read in the folder.
    :ivar named: the user named it and did not just point at a folder above it.
    :ivar files: the files that belong to it, where it is not all of the folder.
    """

    path: Path
    size: int
    named: bool
    kind: Kind = Kind.FILE
    files: tuple[Path, ...] = ()


INSTALLED = ".spack"
DATABASE = ".spack-db"
FAILURES = "failures"
INDEX = "index.json"
OLD_BUILDCACHE = "build_cache"

_STAGE = re.compile(r"spack-stage-.+-[a-z2-7]{32}\Z")
_CDASH = re.compile(r"(?:.*_)?(?:Configure|Build|Test|Testing|Update)\.xml\Z")
_LOCKS = frozenset({"lock", "prefix_lock", "prefix_failures", "index_verifier"})


def discover(paths: Iterable[Path]) -> list[Candidate]:
    """All files and folders of a kind at and below `paths`, in a stable order.

    Build stages come last: what else tells of their specs helps to judge them. Links to folders are
    not followed. Of an installed package only its hidden folder is looked at,
    of a build stage only what Spack wrote.

    :raises FileNotFoundError: where a path does not exist.
    """
    found: list[Candidate] = []
    for path in paths:
        if path.is_dir():
            found += _below(path)
        else:
            found.append(Candidate(path, path.stat().st_size, named=True))
    return sorted(found, key=lambda each: each.kind is Kind.STAGE)


def _below(start: Path) -> Iterator[Candidate]:
    for name, folders, files in os.walk(start):
        folder = Path(name)
        folders.sort()
        files.sort()
        kind = _kind_of(folder, folders, files)
        if kind is None:
            if INSTALLED in folders:
                folders[:] = [INSTALLED]
            else:
                yield from _loose(folder, files)
        else:
            folders[:] = []
            yield from _of_kind(folder, files, kind)


def _kind_of(folder: Path, folders: list[str], files: list[str]) -> Kind | None:
    if folder.name == INSTALLED or ("install_manifest.json" in files and "spec.json" in files):
        return Kind.INSTALLED
    if _STAGE.match(folder.name):
        return Kind.STAGE
    if folder.name == DATABASE or (folder.name == FAILURES and folder.parent.name == DATABASE):
        return Kind.FAILURES
    if LOCK in files:
        return Kind.TESTS
    if OLD_BUILDCACHE in folders or ("v3" in folders and (folder / "v3/manifests").is_dir()):
        return Kind.BUILDCACHE
    if folder.name == OLD_BUILDCACHE:
        return Kind.BUILDCACHE
    return None


def _of_kind(folder: Path, files: list[str], kind: Kind) -> Iterator[Candidate]:
    if kind is Kind.FAILURES:
        if INDEX in files:
            index = folder / INDEX
            yield Candidate(index, index.stat().st_size, named=True)
        folder = folder if folder.name == FAILURES else folder / FAILURES
        if not folder.is_dir():
            return
    if kind is Kind.BUILDCACHE and folder.name == OLD_BUILDCACHE:
        folder = folder.parent
    if kind is Kind.INSTALLED and "spec.json" in files:
        document = folder / "spec.json"
        if document.is_file():
            yield Candidate(document, document.stat().st_size, named=False)
    yield Candidate(folder, _size_of(folder, kind), named=True, kind=kind)


def _loose(folder: Path, files: list[str]) -> Iterator[Candidate]:
    reports = tuple(folder / name for name in files if _CDASH.match(name))
    if reports:
        size = sum(report.stat().st_size for report in reports if report.is_file())
        yield Candidate(folder, size, named=False, kind=Kind.CDASH, files=reports)
    for name in files:
        file = folder / name
        if file not in reports and name not in _LOCKS and file.is_file():
            yield Candidate(file, file.stat().st_size, named=False)


def _size_of(folder: Path, kind: Kind) -> int:
    """Bytes of the files in a folder; of a stage those beside the sources."""
    if kind is Kind.BUILDCACHE:
        files = (Path(name, file) for name, _, found in os.walk(folder) for file in found)
        return sum(file.stat().st_size for file in files if file.is_file())
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
