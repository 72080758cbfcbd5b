"""Options of a load: the user's statements about the documents, and the names derived from it."""

from dataclasses import dataclass, field
from pathlib import Path

from loaders.evidence import DEFAULT_SITE, InstallTree, hash_prefix
from loaders.folder import printable
from loaders.logs.redaction import Redactor

DATABASE = ".spack-db"
"""Name of the folder in an install tree in which Spack keeps its index and failure markers."""
INDEX = "index.json"
"""Name of the index of an install tree or of an old build cache."""
OLD_BUILD_CACHE = "build_cache"
"""Name of the folder of a build cache up to Spack 0.23."""
UNNAMED = "document"
"""Name for a file if its own name is unknown."""


@dataclass(frozen=True)
class LoadOptions:
    """Statements of the user about the documents.

    Attributes:
        site: The site that they come from.
        name: Name of the store, build cache or environment; None derives it from the path.
        upstream: Whether the store is an upstream of others.
        partial: Whether an index lists only some specs of the store, so that it does not say which
            others are gone.
        upstreams: Indexes of the store's own upstreams, whose specs its specs may depend on.
        as_of: Time of a store's index, in seconds since 1970; None takes that of the file.
        base: Folder to which paths are relative, because the folders above it mean nothing.
        unnamed: A file whose path means nothing, such as a copy of standard input.
        redactor: Recognizes secrets.
        owner: Name of the token that sends the documents; empty without a token; None for whoever
            runs the database, whose evidence on builds may replace that of any owner.
        abi: Whether programs and libraries of install folders and build caches are read, too.
    """

    site: str = DEFAULT_SITE
    name: str | None = None
    upstream: bool = False
    partial: bool = False
    upstreams: tuple[Path, ...] = ()
    as_of: float | None = None
    base: Path | None = None
    unnamed: Path | None = None
    redactor: Redactor = field(default_factory=Redactor)
    owner: str | None = None
    abi: bool = False

    def install_tree(self, path: Path, name: str) -> InstallTree:
        """Return the install tree that an index or manifest describes."""
        as_of = path.stat().st_mtime if self.as_of is None else self.as_of
        return InstallTree(name, as_of, self.upstream, self.partial)


def collection_name(path: Path, options: LoadOptions) -> str | None:
    """Return the name of a store, build cache or environment: the user's, or else its folder's.

    The name of a folder is followed by the start of a hash of its whole path, which distinguishes
    folders of the same name; the path itself is never stored.

    Returns:
        None if the path means nothing. The document may then identify itself.
    """
    if options.name is not None:
        return options.name
    if path == options.unnamed:
        return None
    folder = path.resolve()
    if not folder.is_dir():
        folder = folder.parent
    if folder.name in (DATABASE, OLD_BUILD_CACHE):
        folder = folder.parent
    if options.base is None:
        return f"{printable(folder.name)}-{hash_prefix(str(folder))[:8]}"
    inside = folder.relative_to(options.base.resolve())
    if not inside.parts:
        return None
    return f"{printable(folder.name)}-{hash_prefix(str(inside))[:8]}"


def distinct_name(path: Path, options: LoadOptions) -> str | None:
    """Return the name of a store or build cache, as `collection_name` does.

    Returns:
        None if the path means nothing, as that in an archive, which many may have. The store or
        build cache is identified by its content then.
    """
    return collection_name(path, options) if options.name or options.base is None else None


def manifest_name(path: Path, options: LoadOptions) -> str | None:
    """Return the name of the store that a Cray manifest describes: each manifest has its own.

    The name of the file is added to that of the user. A file without a name of its own was
    uploaded, and the client has added it.

    Returns:
        None if the path means nothing.
    """
    if options.name is not None:
        return options.name if path.name == UNNAMED else f"{options.name}/{printable(path.stem)}"
    if path == options.unnamed or path.name == UNNAMED:
        return None
    location = path.resolve()
    if options.base is not None:
        location = location.relative_to(options.base.resolve())
    return f"{printable(path.stem)}-{hash_prefix(str(location))[:8]}"
