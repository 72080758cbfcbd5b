"""Exchange the database of a data directory for a copy that was worked on."""

from datetime import UTC, datetime
from pathlib import Path

WORK_FOLDER = "recovery"
"""The folder in a data directory that a recovered copy is made in, itself a data directory."""
_DATA = "data"


def exchange_data(data_dir: Path) -> Path:
    """Put the copied database in the place of the former one, and return where that is kept now.

    Raises:
        OSError: if a folder cannot be renamed.

    """
    now = datetime.now(UTC)
    kept = data_dir / f"data-before-recovery-{now:%Y%m%dT%H%M%S}"
    (data_dir / _DATA).rename(kept)
    finish_exchange(data_dir)
    return kept


def finish_exchange(data_dir: Path) -> None:
    """Complete an exchange that was interrupted after its first step, if there is one.

    Without it the next start would create an empty database. A copy that is not finished yet is
    never taken: the former database is in its place until the copy is complete.

    Raises:
        OSError: if a folder cannot be renamed.

    """
    copy = data_dir / WORK_FOLDER / _DATA
    if copy.exists() and not (data_dir / _DATA).exists():
        copy.rename(data_dir / _DATA)
