"""Find the files and folders that may hold documents, and the kinds of the folders."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from loaders import limits
from loaders.builds import install_folder
from loaders.document_kinds import Candidate, DocumentKind, Listing, file_candidates, file_size
from loaders.pipeline.kinds import KINDS, kind_by_name

METADATA = install_folder.METADATA

# Empty files by which Spack locks a store.
_LOCKS = frozenset({"lock", "prefix_lock", "prefix_failures", "index_verifier"})


def discover(paths: Iterable[Path]) -> list[Candidate]:
    """Return the candidates at and below some paths, in a stable order.

    Build stages and their logs come last, because other documents on their specs help to judge
    them. Links to folders are not followed. Of an installed package only its folder `.spack` is
    searched, of a build stage only the files that Spack wrote. Any other folder `.spack` is
    skipped: it is the configuration of a user and may hold keys. Files that disappear meanwhile or
    cannot be accessed are left out.

    Raises:
        FileNotFoundError: A path does not exist.
        DocumentError: There are too many files for the budget.
    """
    found: list[Candidate] = []
    for path in paths:
        if path.is_dir():
            found += _search(path)
        else:
            found.append(Candidate(path, path.stat().st_size, named=True, kind=kind_by_name(path)))
    return sorted(found, key=lambda each: each.kind is not None and each.kind.is_read_last)


def _search(start: Path) -> Iterator[Candidate]:
    for name, folders, files in os.walk(start):
        limits.spend()
        # Sorted in place: that is the order in which `os.walk` goes on, too.
        folders.sort()
        listing = Listing(Path(name), tuple(folders), tuple(sorted(files)))
        kind = _find_kind(listing)
        if kind is not None:
            folders.clear()
            yield from kind.candidates_in(listing)
        elif listing.path.name == METADATA:
            folders.clear()
        elif METADATA in folders and install_folder.is_installed_package(listing.path / METADATA):
            folders[:] = [METADATA]
        else:
            folders[:] = [each for each in folders if each != METADATA]
            yield from _loose_files(listing)


def _find_kind(listing: Listing) -> DocumentKind | None:
    # A folder `.spack` is an installed package's or a user's, whatever else it looks like.
    kinds = (install_folder.KIND,) if listing.path.name == METADATA else KINDS
    return next((kind for kind in kinds if kind.is_folder(listing)), None)


def _loose_files(listing: Listing) -> Iterator[Candidate]:
    """Yield the files of a folder that is of no kind; those of a group become one candidate."""
    grouped: set[str] = set()
    for kind in KINDS:
        names = [name for name in listing.files if kind.is_grouped(name)]
        if names:
            grouped.update(names)
            files = tuple(listing.path / name for name in names)
            size = sum(file_size(file) or 0 for file in files)
            yield Candidate(listing.path, size, named=False, kind=kind, is_folder=True, files=files)
    for name in listing.files:
        if name not in grouped and name not in _LOCKS:
            path = listing.path / name
            limits.spend()
            found = file_candidates(path, named=False)
            yield from (replace(each, kind=kind_by_name(path)) for each in found)
