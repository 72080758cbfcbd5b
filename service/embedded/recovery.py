"""Forced recovery: open a database whose transaction logs are damaged or missing.

Neo4j can be made to open such a database with the readable part of the logs, but it then cuts
off the rest. So that is done in a copy, which takes the place of the database only if it opens
again without force and Neo4j's own check finds it consistent.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from service.embedded import settings as conf
from service.embedded.artifacts import Progress
from service.embedded.errors import EmbeddedError, file_error
from service.embedded.exchange import WORK_FOLDER, exchange_data, finish_exchange
from service.embedded.existing import Connection, absolute_path, end_stale_java
from service.embedded.lock import HOW_TO_MOVE, DataDirLock
from service.embedded.room import MIN_FREE_MIB
from service.embedded.server import EmbeddedNeo4j
from service.embedded.status import OnStatus
from service.embedded.supervisor import NO_RESTART

T = TypeVar("T")


def force_recovery(
    data_dir: Path,
    inspect: Callable[[Connection], T],
    *,
    on_status: OnStatus,
    on_progress: Progress | None = None,
) -> tuple[T, Path]:
    """Exchange the database of a data directory for a recovered copy.

    Args:
        data_dir: the data directory, which must not be in use.
        inspect: looks at the recovered copy; if it raises an error, nothing is exchanged.
        on_status: called with the current step.
        on_progress: called during the download of Neo4j, if it is not in the cache.

    Returns:
        The result of `inspect`, and the folder with the database as it was.

    Raises:
        EmbeddedError: if there is no database, it is in use, there is not enough space for a copy,
            or the copy cannot be opened or is inconsistent. The database is then as it was.

    """
    data_dir = absolute_path(data_dir)
    with _exclusive(data_dir, on_status):
        work = _copy_database(data_dir, on_status)
        try:
            found = _recover_copy(work, inspect, on_status, on_progress)
            kept = exchange_data(data_dir)
        except BaseException:
            # The logs stay: the message of a failed start names them.
            shutil.rmtree(work / "data", ignore_errors=True)
            raise
        shutil.rmtree(work, ignore_errors=True)
    return found, kept


@contextmanager
def _exclusive(data_dir: Path, on_status: OnStatus) -> Iterator[None]:
    if not data_dir.is_dir():
        raise _no_database(data_dir)
    lock = DataDirLock(data_dir)
    lock.acquire()
    try:
        end_stale_java(data_dir, on_status)
        finish_exchange(data_dir)
        conf.check_version(data_dir)
        if not (data_dir / "data" / "databases").is_dir():
            raise _no_database(data_dir)
        yield
    except OSError as error:
        raise file_error(error, data_dir, "the data directory", HOW_TO_MOVE) from error
    finally:
        lock.release()


def _no_database(data_dir: Path) -> EmbeddedError:
    return EmbeddedError(
        f"There is no embedded database in {data_dir}.", "Name its folder with --data-dir."
    )


def _copy_database(data_dir: Path, on_status: OnStatus) -> Path:
    """Copy the database into a data directory inside its own, which is on the same disk."""
    work = data_dir / WORK_FOLDER
    shutil.rmtree(work, ignore_errors=True)
    size = sum(path.stat().st_size for path in (data_dir / "data").rglob("*") if path.is_file())
    free = shutil.disk_usage(data_dir).free
    needed = (size >> 20) + MIN_FREE_MIB
    if free >> 20 < needed:
        raise EmbeddedError(
            f"The copy of the database needs {needed} MiB in {data_dir}, "
            f"and {free >> 20} MiB are free.",
            "Free some space, or move the data directory to a larger disk.",
        )
    on_status(f"copying the database ({size >> 20} MiB)")
    work.mkdir(mode=0o700)
    password = conf.ensure_password(data_dir)
    for path in (conf.password_path(data_dir), conf.version_path(data_dir)):
        if path.exists():
            shutil.copy2(path, work)
    shutil.copytree(data_dir / "data", work / "data")
    # The copy may have lost its users: Neo4j then creates the first one with this password.
    conf.write_initial_password(work, password)
    return work


def _recover_copy(
    work: Path,
    inspect: Callable[[Connection], T],
    on_status: OnStatus,
    on_progress: Progress | None,
) -> T:
    def prepare(*, force: bool) -> EmbeddedNeo4j:
        return EmbeddedNeo4j(
            work,
            quick=True,
            restart=NO_RESTART,
            force_recovery=force,
            on_progress=on_progress,
            on_status=on_status,
        )

    on_status("forcing the recovery of the copy")
    with prepare(force=True):
        pass
    on_status("opening the recovered copy")
    server = prepare(force=False)
    with server as connection:
        found = inspect(connection)
    on_status("checking the consistency of the recovered copy")
    server.check_store()
    return found
