"""Install manifests: the files that a spec installed, and the specs that installed a file."""

import re
from typing import TypedDict

from cypher.run import Database
from service.queries.errors import InvalidQuestionError
from service.queries.listing import Listing

_HASH = re.compile(r"(?<![a-z2-7])[a-z2-7]{32}(?![a-z2-7])")
"""A DAG hash, as the prefixes of Spack's default projection end with one."""


class InstalledFile(TypedDict):
    """A line of an install manifest.

    `path` is below the prefix, `kind` is `file`, `directory` or `link`, `size` is in bytes,
    `checksum` is as in the manifest, and `target` is that of a link.
    """

    path: str
    kind: str
    mode: int | None
    size: int | None
    checksum: str | None
    target: str | None


class OwnedFile(InstalledFile):
    """A file, with the hash, the name and the version of the spec that installed it.

    `sites` are those that the spec is or was installed at, or its files were read at. Of programs
    and libraries that no manifest lists, mode and checksum are None.
    """

    uid: str
    hash: str
    spec: str | None
    version: str | None
    sites: list[str]


def find_owners(database: Database, path: str, after: str, limit: int) -> list[OwnedFile]:
    """Return a part of the files that a path may mean, with the specs that installed them.

    Args:
        database: The graph.
        path: A path below the prefix, the end of one, a name, a whole path, or the SONAME of a
            library. If it has a hash in it, only files of that spec are returned.
        after: Uid of the last file of the part before, empty at the start.
        limit: Most files.

    Raises:
        InvalidQuestionError: The path is empty.
    """
    # Paths in manifests are relative to the prefix.
    path = path.strip().strip("/")
    if not path:
        raise InvalidQuestionError("path: empty; name a file")
    # With the hash in it, an absolute path names its spec; without, any spec may own the file.
    hash_ = _HASH.search(path)
    found: list[OwnedFile] = database.read_one(
        "file_owners",
        path=path,
        # Only the name is compared by an index; the paths of the files found are filtered.
        name=path.rpartition("/")[2],
        ending="/" + path,
        hash=hash_.group() if hash_ else None,
        after=after,
        limit=limit,
    )
    return found


def list_files(database: Database, uid: str, after: str, limit: int) -> Listing[InstalledFile]:
    """Return a part of the install manifest of a spec, by path.

    Args:
        database: The graph.
        uid: Identity of a stored content.
        after: Path of the last file of the part before, empty at the start.
        limit: Most files.
    """
    found = database.read("installed_files", uid=uid, after=after, limit=limit)[0]
    return Listing(found["items"], found["total"])
