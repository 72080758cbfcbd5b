"""What was found in a prefix, whether that is a folder or an archive."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from posixpath import basename
from typing import NamedTuple

from loaders import limits
from loaders.elf.facts import ElfFacts
from loaders.elf.file import ElfError
from loaders.elf.packing import PackedFacts, pack_facts
from loaders.elf.reader import read_elf
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Record, SpecName

METADATA = ".spack"
"""Folder of Spack's own files in a prefix, which name the hashes of all dependencies."""
HEAD = 1 << 12
"""Number of bytes by which the kind of a file is recognized."""
MAX_ELF = 1 << 30
"""Size of the largest program or library that is read, in bytes."""
MAX_TEXT = 1 << 20
"""Number of bytes of a text that are searched for hashes."""
MAX_TEXTS = 256 << 20
"""Number of bytes of all texts of a prefix that are searched for hashes."""
MAX_FILES = 1_000_000
"""Number of files and folders of a prefix that are looked at."""
_MAX_HASHES = 1_000
_HASH = re.compile(rb"[-/_]([a-z2-7]{32})(?![a-z2-7])")
_MAGIC = {b"!<arch>\n": "an archive of object files", b"!<thin>\n": "an archive of object files"}


class LibraryFile(NamedTuple):
    """A program or library in a prefix.

    Attributes:
        path: Path relative to the prefix.
        sha256: SHA-256 of the file.
        size: Size in bytes.
        facts: Its packed facts.
        soname: Its SONAME.
        needed: The sonames that it needs.
        properties: Other facts that are stored unpacked.
    """

    path: str
    sha256: str
    size: int
    facts: PackedFacts
    soname: str | None
    needed: tuple[str, ...]
    properties: dict[str, str | int | None]


def library_file(path: str, sha256: str, size: int, facts: ElfFacts) -> LibraryFile:
    """Return a program or library with packed facts.

    Args:
        path: Path relative to the prefix.
        sha256: SHA-256 of the file.
        size: Its size in bytes.
        facts: Its facts.
    """
    return LibraryFile(
        path=path,
        sha256=sha256,
        size=size,
        facts=pack_facts(facts),
        soname=facts.soname,
        needed=facts.needed,
        properties={
            "build_id": facts.build_id,
            "soname": facts.soname,
            "bits": facts.bits,
            "machine": facts.machine,
            "file_type": facts.file_type,
            "interpreter": facts.interpreter,
            "rpath": facts.rpath,
            "runpath": facts.runpath,
        },
    )


@dataclass
class PrefixContents(Record):
    """The programs, libraries and texts of a spec at one place.

    Attributes:
        place: Where they were read, for reports.
        spec: The spec.
        prefix: The prefix for which they were made.
        kind: `store`, `cache` or `external`.
        read_at: Time of the read, in seconds since 1970.
        mirror: Name of the build cache that has them; None elsewhere.
        content: Identity of the spec's content; None if its hash determines it.
        complete: Whether all files were looked at.
        libraries: Programs and libraries.
        links: Targets of symbolic links, to files and folders, by path.
        refused: Files that look like libraries and that the loader refuses, with the reason.
        unknown: Files of which nothing is known, with the reason.
        texts: The DAG hashes that texts name, by path.
        problems: What could not be read.
        others: Number of files that are neither programs nor libraries.
    """

    place: str
    spec: SpecName
    prefix: str
    kind: str
    read_at: float
    mirror: str | None = None
    content: str | None = None
    complete: bool = True
    libraries: list[LibraryFile] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    others: int = 0
    _text_bytes: int = 0

    def add_elf(self, path: str, content: bytes) -> None:
        """Add an ELF file; a damaged one is refused by the loader, too."""
        limits.spend(len(content))
        try:
            facts = read_elf(content)
        except ElfError as error:
            self.refused[path] = str(error)
            self._add_damaged(path, str(error))
            return
        if facts.is_truncated:
            self._add_damaged(path, "a part that is loaded is beyond its end")
        sha256 = hashlib.sha256(content).hexdigest()
        self.libraries.append(library_file(path, sha256, len(content), facts))

    def _add_damaged(self, path: str, reason: str) -> None:
        error = DocumentError(Fault.MALFORMED, f"damaged ELF file: {reason}")
        self.problems.append(Problem(f"{self.place}/{path}", error))

    def add_other(self, path: str, content: bytes) -> None:
        """Add a file that is not an ELF file.

        Args:
            path: Path relative to the prefix.
            content: Its beginning, up to `MAX_TEXT` bytes.
        """
        limits.spend(len(content))
        self.others += 1
        if looks_like_library(path):
            self.refused[path] = describe(content)
        if b"\0" in content[:HEAD] or self._text_bytes >= MAX_TEXTS:
            return
        self._text_bytes += len(content)
        found = {each.decode() for each in _HASH.findall(content)} - {self.spec.hash}
        if found:
            self.texts[path] = sorted(found)[:_MAX_HASHES]

    def add_unknown(self, path: str, reason: str) -> None:
        """Add a file that cannot be read, or is too large to be."""
        self.unknown[path] = reason

    def stop(self, reason: str) -> None:
        """Note that not all files were looked at."""
        self.complete = False
        self.problems.append(Problem(self.place, DocumentError(Fault.TOO_LARGE, reason)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was found."""
        return not (self.libraries or self.links or self.refused or self.unknown or self.others)

    def listing(self) -> dict[str, object]:
        """Return everything but the libraries as plain values."""
        return {
            "links": self.links,
            "refused": self.refused,
            "unknown": self.unknown,
            "texts": self.texts,
        }

    def add_missing(self, paths: Iterable[str]) -> None:
        """Note files that the manifest lists and that are not there."""
        known = {each.path for each in self.libraries}
        for path in paths:
            if path not in known and path not in self.links and path not in self.refused:
                self.unknown.setdefault(path, "it is in the manifest, but was not there")


def looks_like_library(path: str) -> bool:
    """Return whether the loader may look for a file of this name."""
    name = basename(path)
    return name.endswith(".so") or ".so." in name


def is_read(path: str) -> bool:
    """Return whether a file of a prefix is looked at, by its path."""
    return not path.startswith(f"{METADATA}/")


def describe(content: bytes) -> str:
    """Return the kind of a file that is not an ELF file, by its beginning."""
    if not content:
        return "an empty file"
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            return name
    if content.startswith(b"#!"):
        return "a script"
    return "data" if b"\0" in content[:HEAD] else "a text"
