"""Document kinds: how documents are recognized, read and sent to a service.

A reader module defines a `DocumentKind` for each kind of document that it reads, and
`loaders.pipeline.kinds` lists them all. Nothing else knows a kind by name: discovery, the loader
and uploads ask the kinds themselves.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from cypher.run import Database
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Attempt, Record
from loaders.folder import Folder, printable
from loaders.known_versions import Format
from loaders.load_options import LoadOptions, collection_name


@dataclass(frozen=True)
class Candidate:
    """A file or folder that may hold documents.

    Attributes:
        size: Size in bytes of the file, or of the files that are read in the folder.
        named: Whether the user named it, and not just a folder above it.
        kind: Its kind; None for a file whose content was not looked at, or is a spec document.
        is_folder: Whether files in a folder are read together.
        files: The files that belong to it, if these are not all files in the folder.
    """

    path: Path
    size: int
    named: bool
    kind: "DocumentKind | None" = None
    is_folder: bool = False
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A folder, with the sorted names of the folders and files in it."""

    path: Path
    folders: Sequence[str]
    files: Sequence[str]


class SentAs(Enum):
    """How a part of a folder is sent to a service.

    An empty file or folder is enough if the reader only asks whether it exists.
    """

    CONTENT = auto()
    EMPTY_FILE = auto()
    FOLDER = auto()


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part of a folder that is sent, by its path in the folder.

    Attributes:
        path: The file with its content, if that is next to the folder.
        content: What is sent instead of the file's content, if that is too much.
    """

    name: str
    sent_as: SentAs = SentAs.CONTENT
    path: Path | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class SentLibraries:
    """The facts of programs and libraries, sent in place of the files.

    Attributes:
        part: The file with the facts.
        count: Number of programs and libraries.
        size: Their size in bytes.
    """

    part: SentPart
    count: int
    size: int


@dataclass(frozen=True)
class ReadContext:
    """The context of a reader: all that it may use besides the document.

    Attributes:
        options: Statements of the user about the documents.
        database: Only for readers that store parts themselves.
        find_outcome: Returns whether an attempt failed, if the graph has better evidence than a
            stage; None if not.
    """

    options: LoadOptions
    database: Database
    find_outcome: Callable[[Attempt], bool | None]


Records = Iterator[Record | Problem]
"""Records and problems that a reader yields; the places of problems are paths, as in reports."""


def _never(_: object) -> bool:
    return False


def send_all_files(candidate: Candidate, folder: Folder) -> Iterator[SentPart]:
    """Yield the files and folders directly in a folder, or those of the candidate."""
    if candidate.files:
        yield from (SentPart(file.name) for file in candidate.files)
    else:
        yield from (SentPart(name) for name in folder.names or ())


def send_no_libraries(_: Candidate) -> Iterator[SentLibraries]:
    """Yield nothing: most kinds have no programs and libraries."""
    yield from ()


def origin_name(path: Path) -> str:
    """Return the name of a file or folder, printable."""
    return printable(path.name)


def folder_name(candidate: Candidate) -> str:
    """Return the name of the candidate's folder."""
    return Path(os.path.abspath(candidate.path)).name or "folder"


@dataclass(frozen=True, eq=False)
class DocumentKind:
    """A kind of document.

    Attributes:
        name: Name for people.
        read: Reads a candidate of this kind and yields records. It may raise `DocumentError` or
            `OSError`; the records that it yielded before are stored.
        looks_like: Whether a file may be of this kind, by its first bytes; the first kind in the
            list for which this is true reads it.
        is_file: Whether a file is of this kind by its name, which is sent with it.
        is_folder: Whether a folder is of this kind, by its name and the names in it.
        find_candidates: Finds the candidates in a folder of this kind; by default the folder.
        is_grouped: Whether a file of that name, in any folder, is read together with others of
            this kind in the folder.
        files_to_send: Finds the parts of a folder that its reader needs; only these are sent to a
            service. By default all files directly in it.
        libraries_to_send: Reads the programs and libraries of a folder that are sent with it, as
            facts. By default none.
        sent_folder: Path of the folder in the archive that is sent, by which the service
            recognizes it; by default its name.
        collection_name: Name of the store, build cache or environment that it describes; None if
            it identifies itself.
        origin: Name that is recorded as the origin of builds; by default that of the path.
        is_read_last: Whether other documents of a load help to judge it.
        holds_specs: Whether a candidate contains the documents of the specs that its records are
            about; a record of a spec that could not be stored is left out then.
        formats: The formats of its documents, with the versions that are read.
    """

    name: str
    read: Callable[[Candidate, ReadContext], Records]
    looks_like: Callable[[bytes], bool] = _never
    is_file: Callable[[str], bool] = _never
    is_folder: Callable[[Listing], bool] = _never
    find_candidates: Callable[[Listing], Iterator[Candidate]] | None = None
    is_grouped: Callable[[str], bool] = _never
    files_to_send: Callable[[Candidate, Folder], Iterator[SentPart]] = send_all_files
    libraries_to_send: Callable[[Candidate], Iterator[SentLibraries]] = send_no_libraries
    sent_folder: Callable[[Candidate], str] = folder_name
    collection_name: Callable[[Path, LoadOptions], str | None] = collection_name
    origin: Callable[[Path], str] = origin_name
    is_read_last: bool = False
    holds_specs: Callable[[Candidate], bool] = _never
    formats: tuple[Format, ...] = ()

    def candidates_in(self, listing: Listing) -> Iterator[Candidate]:
        """Yield the candidates in a folder of this kind."""
        if self.find_candidates is not None:
            yield from self.find_candidates(listing)
        else:
            yield self.folder_candidate(listing.path)

    def folder_candidate(self, folder: Path, *, recursive: bool = False) -> Candidate:
        """Return the candidate of a whole folder.

        Args:
            folder: The folder.
            recursive: Whether the files in its subfolders count for its size.
        """
        size = _folder_size(folder, recursive=recursive)
        return Candidate(folder, size, named=True, kind=self, is_folder=True)


def file_candidates(path: Path, *, named: bool) -> Iterator[Candidate]:
    """Yield the candidate of a file, unless it is not a regular file or cannot be accessed."""
    size = file_size(path)
    if size is not None:
        yield Candidate(path, size, named)


def file_size(path: Path) -> int | None:
    """Return the size of a regular file in bytes, or None if it is none or cannot be accessed."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _folder_size(folder: Path, *, recursive: bool) -> int:
    total = 0
    for name, folders, files in os.walk(folder):
        if not recursive:
            folders[:] = []
        total += sum(file_size(Path(name, file)) or 0 for file in files)
    return total


def place_problems(candidate: Candidate, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield problems with the path of a file in place of its name in the candidate's folder."""
    for place, error in problems:
        whole = place in ("", ".")
        yield Problem(str(candidate.path) if whole else f"{candidate.path}/{place}", error)


def unreadable(error: OSError) -> DocumentError:
    """Return the error of a file to which the operating system refused access."""
    return DocumentError(Fault.MALFORMED, f"cannot be read: {error.strerror or error}")
