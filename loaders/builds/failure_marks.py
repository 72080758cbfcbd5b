"""Spack's failure markers: which specs a store remembers as failed.

`.spack-db/failures/NAME-HASH` holds the spec's document (`lib/spack/spack/database.py`,
`mark_failed`, later `FailureTracker.mark`). The file `prefix_failures` beside the folder holds
nothing: it is there to be locked. Spack 0.17 takes `full_hash` for the file's name, and writes only
link and run dependencies into the document.

When a build fails, Spack also marks what it does not try because of it: the dependents, their
dependents and so on (`installer.py`, `_update_failed`). So a marked spec with a marked dependency
was skipped. The culprit is found from marked spec to marked dependency, down to one that has none.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders.builds.folder import Folder
from loaders.builds.spec_names import NamedNode, name_in_marker, named_nodes
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.logs.cleaning import attempt_key

FAILURES = ".spack-db/failures"
"""Where in a store the markers are."""
MOST_MARKS = 20_000
"""Most markers that are read."""

_MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Mark:
    """What a marker tells.

    :ivar attempt: failed, or skipped with the dependency that failed.
    :ivar document: the spec document in the marker, as it stands there; None where it has none.
    """

    attempt: Attempt
    document: bytes | None


@dataclass(frozen=True, slots=True)
class Marks:
    """The markers of a store by name of the file, and what could not be read."""

    marks: tuple[Mark, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Marker:
    node: NamedNode
    document: bytes | None


def read_marks(path: Path) -> Marks:
    """What the markers of a store tell, read together: one may explain another.

    A marker whose document cannot be read still tells a failure, by its name.

    :param path: the folder `failures`; where it is not there, no markers are.
    """
    folder = Folder(path)
    if not os.path.isdir(path):
        return Marks(())
    names = folder.names or []
    if len(names) > MOST_MARKS:
        detail = f"more than {MOST_MARKS} markers: the rest is left out"
        folder.note(".", DocumentError(Fault.TOO_LARGE, detail))
    markers: dict[str, _Marker] = {}
    for name in names[:MOST_MARKS]:
        marker = _read(folder, name)
        if marker is not None:
            markers.setdefault(marker.node.spec.hash, marker)
    nodes = {hash_: marker.node for hash_, marker in markers.items()}
    marks = (Mark(_attempt(each.node, nodes), each.document) for each in markers.values())
    return Marks(tuple(marks), tuple(folder.problems))


def _read(folder: Folder, name: str) -> _Marker | None:
    told = name_in_marker(name)
    if told is None:
        folder.note(name, DocumentError(Fault.UNSUPPORTED, "not a failure marker"))
        return None
    document = folder.read(name, limit=_MOST_BYTES)
    if document is None:
        return _Marker(NamedNode(told), None)
    try:
        node = named_nodes(document)[0]
    except DocumentError as error:
        folder.note(name, error)
        return _Marker(NamedNode(told), None)
    return _Marker(node, document)


def _attempt(node: NamedNode, marked: Mapping[str, NamedNode]) -> Attempt:
    culprit = _culprit(node, marked)
    return Attempt(
        spec=node.spec,
        key=attempt_key(None),
        status=Status.FAILED if culprit is None else Status.SKIPPED,
        source=Source.MARK,
        culprit=culprit,
    )


def _culprit(node: NamedNode, marked: Mapping[str, NamedNode]) -> SpecName | None:
    """The dependency because of which a spec was skipped, the first in the documents' order."""
    seen = {node.spec.hash}
    while True:
        below = (marked[hash_] for hash_ in node.below if hash_ in marked and hash_ not in seen)
        failed = next(below, None)
        if failed is None:
            return node.spec if len(seen) > 1 else None
        seen.add(failed.spec.hash)
        node = failed
