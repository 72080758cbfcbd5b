"""Identify a store by its own index: by its root, or else by its specs.

An index does not name the root of its install tree, but has the prefix of each spec. The root is
what is left of all prefixes without the folders that Spack's projections add: by default
`{architecture}/{compiler}/{name}-{version}-{hash}`, or `{architecture}/{name}-{version}-{hash}`
from Spack 1.0 on. Of other projections only the last folder is taken off.
"""

import hashlib
import os
import re
from pathlib import PurePosixPath

from loaders.evidence import hash_prefix
from loaders.folder import printable

_ARCHITECTURE = re.compile(r"(?:linux|darwin|cray|windows|freebsd|test)-[^/]+\Z")


class InstallRoot:
    """The identity of the store whose records are added."""

    def __init__(self) -> None:
        self._root: str | None = None
        self._specs = hashlib.sha256()

    def add(self, hash_: str, prefix: str | None) -> None:
        """Add a record.

        Args:
            hash_: The hash of its spec.
            prefix: Where it is installed; None if that does not depend on the store, as for an
                external spec.
        """
        self._specs.update(hash_.encode())
        if prefix and prefix.startswith("/"):
            root = _root_of(prefix)
            self._root = root if self._root is None else os.path.commonpath([self._root, root])

    @property
    def name(self) -> str:
        """Return a name for the store: of its root, and the start of a digest that identifies it.

        The same as for a store that is loaded from the root itself.
        """
        root = PurePosixPath(self._root or "/")
        if root.name:
            return f"{printable(root.name)}-{hash_prefix(str(root))[:8]}"
        return f"store-{self._specs.hexdigest()[:8]}"


def _root_of(prefix: str) -> str:
    parts = PurePosixPath(prefix).parts
    for index, part in enumerate(parts[:-1]):
        if index and _ARCHITECTURE.match(part):
            return str(PurePosixPath(*parts[:index]))
    return str(PurePosixPath(prefix).parent)
