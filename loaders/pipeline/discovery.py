"""Which files and folders hold documents, and of which kind a folder is."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loaders.pipeline.kinds import Content
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
    MONITOR = "saved messages of a monitor's client"


@dataclass(frozen=True)
class Candidate:
    """A file or folder that may hold documents.

    :ivar size: bytes of the file, or of what is read in the folder.
    :ivar named: the user named it and did not just point at a folder above it.
    :ivar files: the files that belong to it, where it is not all of the folder.
    :ivar content: what a file holds, once that was looked at; None for spec documents too.
    """

    path: Path
    size: int
    named: bool
    kind: Kind = Kind.FILE
    files: tuple[Path, ...] = ()
    content: Content | None = None


INSTALLED = ".spack"
OF_INSTALLED = (
    *("spec.json", "spec.yaml", "install_manifest.json", "install_environment.json"),
    *("spack-build-out.txt.gz", "spack-build-out.txt", "build.out", "build.txt"),
)
"""Files of which an installed package's folder has at least one. A user's configuration lies in a
folder of the same name, and has none."""
DATABASE = ".spack-db"
FAILURES = "failures"
INDEX = "index.json"
OLD_BUILDCACHE = "build_cache"

_STAGE = re.compile(r"spack-stage-.+-[a-z2-7]{32}\Z")
_MONITOR = re.compile(r"build-metadata-[0-9a-f]{32}\.json\Z")
_CDASH = re.compile(r"(?:.*_)?(?:Configure|Build|Test|Testing|Update)\.xml\Z")
_LOCKS = frozenset({"lock", "prefix_lock", "prefix_failures", "index_verifier"})


def discover(paths: Iterable[Path]) -> list[Candidate]:
    """All files and folders of a kind at and below `paths`, in a stable order.

    Build stages come last: what else tells of their specs helps to judge them. Links to folders are
    not followed. Of an installed package only its hidden folder is looked at,
    of a build stage only what Spack wrote. A folder `.spack` that is not an installed package's is
    passed over: it is a user's configuration, and may hold keys. What goes away meanwhile, or
    cannot be looked at, is left out.

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
        if kind is not None:
            folders[:] = []
            yield from _of_kind(folder, files, kind)
        elif folder.name == INSTALLED:
            folders[:] = []
        elif INSTALLED in folders and _is_installed(folder / INSTALLED):
            folders[:] = [INSTALLED]
        else:
            folders[:] = [each for each in folders if each != INSTALLED]
            yield from _loose(folder, files)


def _is_installed(folder: Path) -> bool:
    """Whether a folder `.spack` is that of an installed package; a link is never followed."""
    if os.path.islink(folder):
        return False
    return any(os.path.isfile(folder / name) for name in OF_INSTALLED)


def _kind_of(folder: Path, folders: list[str], files: list[str]) -> Kind | None:
    if folder.name == INSTALLED:
        known = any(name in OF_INSTALLED and os.path.isfile(folder / name) for name in files)
        return Kind.INSTALLED if known else None
    if "install_manifest.json" in files and "spec.json" in files:
        return Kind.INSTALLED
    if _STAGE.match(folder.name):
        return Kind.STAGE
    if folder.name == DATABASE or (folder.name == FAILURES and folder.parent.name == DATABASE):
        return Kind.FAILURES
    if any(_MONITOR.match(name) for name in files):
        return Kind.MONITOR
    if LOCK in files:
        return Kind.TESTS
    if OLD_BUILDCACHE in folders or ("v3" in folders and os.path.isdir(folder / "v3/manifests")):
        return Kind.BUILDCACHE
    if folder.name == OLD_BUILDCACHE:
        return Kind.BUILDCACHE
    return None


def _of_kind(folder: Path, files: list[str], kind: Kind) -> Iterator[Candidate]:
    if kind is Kind.FAILURES:
        if INDEX in files:
            yield from _file(folder / INDEX, named=True)
        folder = folder if folder.name == FAILURES else folder / FAILURES
        if not os.path.isdir(folder) or _is_empty(folder):
            return
    if kind is Kind.BUILDCACHE and folder.name == OLD_BUILDCACHE:
        folder = folder.parent
    if kind is Kind.INSTALLED and "spec.json" in files:
        yield from _file(folder / "spec.json", named=False)
    yield Candidate(folder, _size_of(folder, kind), named=True, kind=kind)


def _is_empty(folder: Path) -> bool:
    try:
        return not os.listdir(folder)
    except OSError:
        return False


def _loose(folder: Path, files: list[str]) -> Iterator[Candidate]:
    reports = tuple(folder / name for name in files if _CDASH.match(name))
    if reports:
        size = sum(_bytes_of(report) or 0 for report in reports)
        yield Candidate(folder, size, named=False, kind=Kind.CDASH, files=reports)
    for name in files:
        file = folder / name
        if file not in reports and name not in _LOCKS:
            yield from _file(file, named=False)


def _file(path: Path, *, named: bool) -> Iterator[Candidate]:
    size = _bytes_of(path)
    if size is not None:
        yield Candidate(path, size, named)


def _bytes_of(path: Path) -> int | None:
    """Bytes of a regular file; None where it is none, is gone, or cannot be looked at."""
    try:
        told = path.stat()
    except (OSError, ValueError):
        return None
    return told.st_size if stat.S_ISREG(told.st_mode) else None


def _size_of(folder: Path, kind: Kind) -> int:
    """Bytes of the files in a folder; of a stage those beside the sources."""
    total = 0
    for name, folders, files in os.walk(folder):
        if kind is not Kind.BUILDCACHE:
            folders[:] = []
        total += sum(_bytes_of(Path(name, file)) or 0 for file in files)
    return total
