"""Read Spack's failure markers: the specs that a store remembers as failed.

`.spack-db/failures/NAME-HASH` holds the spec's document (`lib/spack/spack/database.py`,
`mark_failed`, later `FailureTracker.mark`). The empty file `prefix_failures` next to the folder is
only a lock. Spack 0.17 uses `full_hash` in the file's name, and writes only link and run
dependencies into the document.

When a build fails, Spack also marks everything that it skips because of it: the dependents, their
dependents and so on (`installer.py`, `_update_failed`). So a marked spec with a marked dependency
was skipped. The culprit is found by following marked dependencies down to one that has none.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders import limits
from loaders.builds.spec_names import NamedNode, parse_marker_name, read_node_names
from loaders.document_kinds import (
    Candidate,
    DocumentKind,
    Listing,
    ReadContext,
    Records,
    file_candidates,
    place_problems,
)
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt, EmbeddedDocument, Source, SpecName, Status
from loaders.folder import Folder
from loaders.known_versions import Format, KnownVersion
from loaders.load_options import DATABASE, INDEX
from loaders.logs.cleaning import attempt_key

_FOLDER = "failures"
FAILURES = f"{DATABASE}/{_FOLDER}"
"""Location of the markers in a store."""
MAX_MARKS = 20_000
"""Maximum number of markers that are read."""

_MAX_MARKER_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class FailureMark:
    """The content of a marker.

    Attributes:
        attempt: Failed, or skipped with the dependency that failed.
        document: The spec document in the marker, unchanged; None without a readable one.
    """

    attempt: Attempt
    document: bytes | None


@dataclass(frozen=True, slots=True)
class FailureMarks:
    """The markers of a store by file name, and the problems with them."""

    marks: tuple[FailureMark, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Marker:
    node: NamedNode
    document: bytes | None


def read_failure_marks(path: Path) -> FailureMarks:
    """Read the markers of a store together, because one may explain another.

    A marker with an unreadable document still records a failure, by its name.

    Args:
        path: The folder `failures`; without it there are no markers.
    """
    folder = Folder(path)
    if not os.path.isdir(path):
        return FailureMarks(())
    names = folder.names or []
    if len(names) > MAX_MARKS:
        detail = f"more than {MAX_MARKS} markers; the rest is ignored"
        folder.add_problem(".", DocumentError(Fault.TOO_LARGE, detail))
    markers: dict[str, _Marker] = {}
    for name in names[:MAX_MARKS]:
        marker = _read_marker(folder, name)
        if marker is not None:
            markers.setdefault(marker.node.spec.hash, marker)
    nodes = {hash_: marker.node for hash_, marker in markers.items()}
    marks = (
        FailureMark(_make_attempt(marker.node, nodes), marker.document)
        for marker in markers.values()
    )
    return FailureMarks(tuple(marks), tuple(folder.problems))


def _read_marker(folder: Folder, name: str) -> _Marker | None:
    spec = parse_marker_name(name)
    if spec is None:
        folder.add_problem(name, DocumentError(Fault.UNSUPPORTED, "not a failure marker"))
        return None
    document = folder.read(name, limit=_MAX_MARKER_BYTES)
    if document is None:
        return _Marker(NamedNode(spec), None)
    try:
        node = read_node_names(document)[0]
    except DocumentError as error:
        folder.add_problem(name, error)
        return _Marker(NamedNode(spec), None)
    return _Marker(node, document)


def _make_attempt(node: NamedNode, marked: Mapping[str, NamedNode]) -> Attempt:
    culprit = _find_culprit(node, marked)
    return Attempt(
        spec=node.spec,
        key=attempt_key(None),
        status=Status.FAILED if culprit is None else Status.SKIPPED,
        source=Source.MARK,
        culprit=culprit,
    )


def _find_culprit(node: NamedNode, marked: Mapping[str, NamedNode]) -> SpecName | None:
    """Return the dependency that caused the skip; of several, the first in the document."""
    seen = {node.spec.hash}
    while True:
        limits.spend()
        dependency = next(
            (marked[h] for h in node.dependencies if h in marked and h not in seen), None
        )
        if dependency is None:
            return node.spec if len(seen) > 1 else None
        seen.add(dependency.spec.hash)
        node = dependency


def _is_folder(listing: Listing) -> bool:
    name, parent = listing.path.name, listing.path.parent.name
    return name == DATABASE or (name == _FOLDER and parent == DATABASE)


def _find_candidates(listing: Listing) -> Iterator[Candidate]:
    """Yield the index next to the markers, then the folder of the markers if it has any."""
    if INDEX in listing.files:
        yield from file_candidates(listing.path / INDEX, named=True)
    folder = listing.path if listing.path.name == _FOLDER else listing.path / _FOLDER
    if os.path.isdir(folder) and not _is_empty(folder):
        yield KIND.folder_candidate(folder)


def _is_empty(folder: Path) -> bool:
    try:
        return not os.listdir(folder)
    except OSError:
        # Reading the folder will report why it cannot be listed.
        return False


def _read_marks(candidate: Candidate, _: ReadContext) -> Records:
    found = read_failure_marks(candidate.path)
    for mark in found.marks:
        if mark.document is not None:
            spec = mark.attempt.spec
            yield EmbeddedDocument(str(candidate.path / f"{spec.name}-{spec.hash}"), mark.document)
    for mark in found.marks:
        yield mark.attempt
    yield from place_problems(candidate, found.problems)


FORMAT = Format(
    subject="failure marker",
    pointer="",
    kept="a failed or skipped attempt, and the spec document",
    versions=(KnownVersion("", "0.17 on", "the spec document has a version of its own"),),
)
KIND = DocumentKind(
    name="failure markers",
    read=_read_marks,
    is_folder=_is_folder,
    find_candidates=_find_candidates,
    sent_folder=lambda _: FAILURES,
    formats=(FORMAT,),
    holds_specs=lambda _: True,
)
