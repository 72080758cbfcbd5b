"""What the loaders of evidence share: what the user says of documents, and how they report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from loaders.builds.folder import printable
from loaders.evidence import DEFAULT_SITE, hash_prefix
from loaders.logs.redaction import Redactor
from loaders.pipeline.discovery import DATABASE, OLD_BUILDCACHE, Candidate
from loaders.pipeline.loader import Documents
from loaders.pipeline.reports import DocumentReport, Outcome

Reports = Iterator[DocumentReport]
OnBytes = Callable[[int], None]
Reader = Callable[[Candidate, Documents, OnBytes], Reports]


UNNAMED = "document"
"""What a file is called whose name nobody knows."""
UPLOADED = "uploaded"
"""What a store, build cache or environment is called of which not even a folder is known."""


@dataclass(frozen=True)
class Options:
    """What the user says about the documents.

    :ivar site: where they come from.
    :ivar name: of the store, build cache or environment; None for :func:`default_name`.
    :ivar upstream: whether a store is an upstream of others.
    :ivar upstreams: folders or indexes of a store's own upstreams: its specs may depend on theirs.
    :ivar base: the folder from which paths are told, where what is above it means nothing.
    :ivar as_of: time of a store's index, since 1970; None for that of the file.
    """

    site: str = DEFAULT_SITE
    name: str | None = None
    upstream: bool = False
    upstreams: tuple[Path, ...] = ()
    as_of: float | None = None
    base: Path | None = None
    redactor: Redactor = field(default_factory=Redactor)


def default_name(path: Path, base: Path | None = None) -> str:
    """What a store, build cache or environment is called where nobody says: its folder's name.

    With the start of a hash of the whole path, which itself is never kept.

    :param base: a folder above it, from which the path is told instead.
    """
    folder = path.resolve()
    if not folder.is_dir():
        folder = folder.parent
    if folder.name in (DATABASE, OLD_BUILDCACHE):
        folder = folder.parent
    if base is None:
        return f"{printable(folder.name)}-{hash_prefix(str(folder))[:8]}"
    inside = folder.relative_to(base.resolve())
    if not inside.parts:
        return UPLOADED
    return f"{printable(folder.name)}-{hash_prefix(str(inside))[:8]}"


def manifest_name(path: Path, name: str | None, base: Path | None = None) -> str:
    """What the store is called that a Cray manifest tells of: each manifest tells of its own.

    :param name: by the user, to which the file's name is added; a file without one has it already.
    :param base: a folder above it, from which the path is told.
    """
    if name is None:
        known = path.resolve()
        known = known if base is None else known.relative_to(base.resolve())
        return f"{printable(path.stem)}-{hash_prefix(str(known))[:8]}"
    return name if path.name == UNNAMED else f"{name}/{printable(path.stem)}"


def summary(place: str, what: str, told: str, counts: dict[str, int]) -> DocumentReport:
    """The report of many things of one kind; counts of new ones start with `new_`."""
    new = sum(count for name, count in counts.items() if name.startswith("new_"))
    outcome = Outcome.STORED if new else Outcome.KNOWN
    return DocumentReport(place, outcome, what=what, told=told, counts=counts)
