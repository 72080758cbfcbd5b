"""Free space on the disk of the database: Neo4j must never find it full.

A transaction that Neo4j cannot write to its log in full makes it stop, and what it wrote of that
transaction can keep it from starting again. So writes end before.
"""

import shutil
from pathlib import Path

MIN_FREE_MIB = 256
"""Default of the free space in MiB below which nothing is written."""


class NoRoomError(OSError):
    """Less space is free than the database needs; nothing was written."""


def require_room(data_dir: Path, min_free_mib: int = MIN_FREE_MIB) -> None:
    """Check that the database may be written to.

    Args:
        data_dir: a folder on the disk of the database.
        min_free_mib: the space in MiB that has to be free.

    Raises:
        NoRoomError: if less is free.

    """
    free = shutil.disk_usage(data_dir).free >> 20
    if free < min_free_mib:
        raise NoRoomError(
            f"the disk of the database is nearly full: {free} MiB are free, and nothing is written "
            f"below {min_free_mib}; free some space"
        )
