"""The one error of this package."""

import errno
from pathlib import Path

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class EmbeddedError(Exception):
    """Neo4j cannot be fetched, started or reached, and what to do about it.

    Attributes:
        message: What went wrong, one sentence or more.
        advice: The way out, in words that a user can follow.

    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message, advice)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}"


def file_error(error: OSError, folder: Path, what: str, other_place: str) -> EmbeddedError:
    """Turn a failed write below `folder` into an `EmbeddedError`.

    Args:
        error: The failure.
        folder: Where the write went.
        what: What the folder is for, as in "the cache of Neo4j's jars".
        other_place: How to name another folder, as in "set SPECGRAPH_CACHE_DIR".

    """
    if error.errno in DISK_FULL:
        return EmbeddedError(
            f"The disk that holds {what} ({folder}) is full.",
            f"Free some space, or {other_place} to a folder on another disk. "
            "What is already there is kept.",
        )
    if error.errno in NOT_WRITABLE:
        return EmbeddedError(
            f"{what[0].upper()}{what[1:]} ({folder}) cannot be written: {error.strerror}.",
            f"Change its owner or mode, or {other_place} to a folder that you may write.",
        )
    return EmbeddedError(
        f"Cannot use {what} ({folder}): {error}.",
        f"Check the path, or {other_place} to another folder.",
    )
