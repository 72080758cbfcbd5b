"""Versions of document formats: each reader declares those that it reads, and refuses all others.

`docs/formats.md` is generated from these tables.
"""

from dataclasses import dataclass, field

from loaders.errors import DocumentError, Fault

SUPPORT_TABLE = "docs/formats.md"
"""The page that lists all known versions of all kinds of documents."""


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of a format.

    Attributes:
        version: The version as documents have it, as text.
        spack: Releases of Spack that write it.
        contents: What distinguishes it from the version before.
    """

    version: str
    spack: str
    contents: str


@dataclass(frozen=True)
class Format:
    """The format of a kind of document.

    Attributes:
        subject: Name of the kind in messages, such as `lockfile`.
        pointer: JSON pointer to the version in a document; empty if documents have none.
        kept: What is kept of a document.
        versions: The versions that are read, oldest first. A format without versions has one entry
            with an empty version.
    """

    subject: str
    pointer: str
    kept: str
    versions: tuple[KnownVersion, ...] = field(default=())

    @property
    def known(self) -> tuple[str, ...]:
        """Return the versions that are read."""
        return tuple(each.version for each in self.versions)

    def check(self, version: object) -> str:
        """Return a version as text if it is read.

        Raises:
            DocumentError: It is not; nothing of the document may be stored then.
        """
        text = str(version)
        if isinstance(version, bool) or text not in self.known:
            raise self.unknown(text)
        return text

    def unknown(self, version: str | None) -> DocumentError:
        """Return the error of a document whose version is not read, or missing."""
        shown = "no version" if version is None else f"version {version[:40]}"
        article = "an" if self.subject[0] in "aeiou" else "a"
        detail = (
            f"{article} {self.subject} of {shown} cannot be read; known are {self._list_known()}, "
            f"see {SUPPORT_TABLE}"
        )
        return DocumentError(Fault.UNKNOWN_FORMAT, detail, self.pointer)

    def _list_known(self) -> str:
        """Return the known versions in words, consecutive numbers as a range."""
        groups: list[list[str]] = []
        for text in self.known:
            last = groups[-1][-1] if groups else ""
            if last.isdecimal() and text.isdecimal() and int(text) == int(last) + 1:
                groups[-1].append(text)
            else:
                groups.append([text])
        names = [each[0] if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in groups]
        return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
