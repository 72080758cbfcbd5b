"""The error of this package, and its texts for failed writes."""

import errno
from pathlib import Path

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class EmbeddedError(Exception):
    """Neo4j cannot be downloaded, started or reached.

    Attributes:
        message: the reason, one or more sentences.
        advice: a remedy for the user.

    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message, advice)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}"


def file_error(error: OSError, folder: Path, purpose: str, how_to_move: str) -> EmbeddedError:
    """Return an `EmbeddedError` for a failed write to a folder.

    Args:
        error: the failure.
        folder: the folder.
        purpose: the folder's purpose, as in "the cache of Neo4j's jars".
        how_to_move: how the user can choose another folder, as in "set SPECGRAPH_CACHE_DIR".

    """
    if error.errno in DISK_FULL:
        return EmbeddedError(
            f"The disk of {purpose} ({folder}) is full.",
            f"Free some space, or {how_to_move} to a folder on another disk. "
            "Existing files are kept.",
        )
    if error.errno in NOT_WRITABLE:
        return EmbeddedError(
            f"{purpose[0].upper()}{purpose[1:]} ({folder}) cannot be written: {error.strerror}.",
            f"Change its owner or mode, or {how_to_move} to a folder that you can write to.",
        )
    return EmbeddedError(
        f"Cannot use {purpose} ({folder}): {error}.",
        f"Check the path, or {how_to_move} to another folder.",
    )
