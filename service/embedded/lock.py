"""The lock of a data directory, and the record of the processes that run on it."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from service.embedded.errors import EmbeddedError, file_error

_LOCK = "specgraph.lock"
_STATE = "specgraph-state.json"
HOW_TO_MOVE = "set the data directory"


@dataclass(frozen=True, slots=True)
class DataDirState:
    """The processes that run on a data directory, and the addresses of the database.

    Attributes:
        service_pid: the process that started Neo4j.
        java_pid: the process of Neo4j; None until it was spawned, as are the others.
        java_started: start time of that process, see `processes.ProcessIdentity`.
        bolt_uri: the address for drivers; None until Neo4j answers there, as is the next one.
        browser_url: the address of Neo4j Browser.

    """

    service_pid: int
    java_pid: int | None = None
    java_started: str | None = None
    bolt_uri: str | None = None
    browser_url: str | None = None


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically by one with this text and mode 0600.

    Raises:
        OSError: if it cannot be written.

    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read_state(data_dir: Path) -> DataDirState | None:
    """Return the state recorded in a data directory; None if there is none or it is unreadable."""
    try:
        fields = json.loads((data_dir / _STATE).read_text("utf-8"))
        return DataDirState(**fields)
    except (OSError, ValueError, TypeError):
        return None


def write_state(data_dir: Path, state: DataDirState) -> None:
    """Record the state in a data directory.

    Raises:
        OSError: if it cannot be written.

    """
    write_private(data_dir / _STATE, json.dumps(asdict(state), indent=2) + "\n")


def remove_state(data_dir: Path) -> None:
    """Remove the recorded state from a data directory.

    Raises:
        OSError: if it cannot be removed.

    """
    (data_dir / _STATE).unlink(missing_ok=True)


class DataDirLock:
    """A lock on a data directory that the system releases when its process ends."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = FileLock(data_dir / _LOCK, timeout=0, thread_local=False)

    def acquire(self) -> None:
        """Acquire the lock without waiting.

        Raises:
            EmbeddedError: if another process holds it, or the directory cannot be locked.

        """
        try:
            self._lock.acquire()
        except Timeout:
            raise self._in_use_error() from None
        except OSError as error:
            raise file_error(error, self._data_dir, "the data directory", HOW_TO_MOVE) from error
        except NotImplementedError as error:
            raise EmbeddedError(
                f"The file system of {self._data_dir} does not support locks.",
                f"Please {HOW_TO_MOVE} to a folder on a local disk.",
            ) from error

    def release(self) -> None:
        """Release the lock."""
        self._lock.release()

    def _in_use_error(self) -> EmbeddedError:
        state = read_state(self._data_dir)
        if state is None:
            holder = "another process"
        elif state.bolt_uri is None:
            holder = f"process {state.service_pid}, which is starting or stopping it"
        else:
            holder = f"process {state.service_pid}, at {state.bolt_uri}"
        return EmbeddedError(
            f"The data directory {self._data_dir} is in use by {holder}.",
            "Use the running service, stop it first, or choose another data directory.",
        )
