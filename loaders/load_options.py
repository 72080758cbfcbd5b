"""Options of a load: what the user states about the documents, and the names derived from it."""

from dataclasses import dataclass, field
from pathlib import Path

from loaders.evidence import DEFAULT_SITE, InstallTree, Mirror, hash_prefix
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
UPLOADED = "uploaded"
"""Name for a store, build cache or environment if not even its folder is known."""


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
        redactor: Decides what is secret.
    """

    site: str = DEFAULT_SITE
    name: str | None = None
    upstream: bool = False
    partial: bool = False
    upstreams: tuple[Path, ...] = ()
    as_of: float | None = None
    base: Path | None = None
    redactor: Redactor = field(default_factory=Redactor)

    def install_tree(self, path: Path, name: str) -> InstallTree:
        """Return the install tree that an index or manifest describes."""
        as_of = path.stat().st_mtime if self.as_of is None else self.as_of
        return InstallTree(name, as_of, self.upstream, self.partial)

    def mirror(self, path: Path) -> Mirror:
        """Return the build cache to which a file or folder belongs."""
        return Mirror(collection_name(path, self))


def collection_name(path: Path, options: LoadOptions) -> str:
    """Return the name of a store, build cache or environment: the user's, or else its folder's.

    The name of a folder is followed by the start of a hash of its whole path, which distinguishes
    folders of the same name; the path itself is never stored.
    """
    if options.name is not None:
        return options.name
    folder = path.resolve()
    if not folder.is_dir():
        folder = folder.parent
    if folder.name in (DATABASE, OLD_BUILD_CACHE):
        folder = folder.parent
    if options.base is None:
        return f"{printable(folder.name)}-{hash_prefix(str(folder))[:8]}"
    inside = folder.relative_to(options.base.resolve())
    if not inside.parts:
        return UPLOADED
    return f"{printable(folder.name)}-{hash_prefix(str(inside))[:8]}"


def manifest_name(path: Path, options: LoadOptions) -> str:
    """Return the name of the store that a Cray manifest describes: each manifest has its own.

    The name of the file is added to that of the user. A file without a name of its own was
    uploaded, and the client has added it.
    """
    if options.name is not None:
        return options.name if path.name == UNNAMED else f"{options.name}/{printable(path.stem)}"
    location = path.resolve()
    if options.base is not None:
        location = location.relative_to(options.base.resolve())
    return f"{printable(path.stem)}-{hash_prefix(str(location))[:8]}"
