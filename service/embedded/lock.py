"""One starter per data directory, and the note that it leaves for others."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from service.embedded.errors import EmbeddedError, file_error

_LOCK = "specgraph.lock"
_STATE = "specgraph-state.json"
OTHER_PLACE = "set the data directory"


@dataclass(frozen=True, slots=True)
class State:
    """Who runs a data directory; the Java fields are None until Neo4j has been spawned."""

    service_pid: int
    java_pid: int | None = None
    java_started: str | None = None
    bolt_uri: str | None = None
    browser_url: str | None = None


def write_private(path: Path, text: str) -> None:
    """Replace `path` by a file with mode 0600 that holds `text`, at once or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read_state(data_dir: Path) -> State | None:
    """Return the note in a data directory; None where there is none that can be read."""
    try:
        fields = json.loads((data_dir / _STATE).read_text("utf-8"))
        return State(**fields)
    except (OSError, ValueError, TypeError):
        return None


def write_state(data_dir: Path, state: State) -> None:
    """Leave the note; raises `OSError`."""
    write_private(data_dir / _STATE, json.dumps(asdict(state), indent=2) + "\n")


def remove_state(data_dir: Path) -> None:
    """Take the note away; raises `OSError`."""
    (data_dir / _STATE).unlink(missing_ok=True)


class DataDirLock:
    """An operating system lock on a data directory: it dies with the process that holds it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = FileLock(data_dir / _LOCK, timeout=0, thread_local=False)

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            EmbeddedError: Another starter holds it, or the directory cannot be locked.

        """
        try:
            self._lock.acquire()
        except Timeout:
            raise self._taken() from None
        except OSError as error:
            raise file_error(error, self._data_dir, "the data directory", OTHER_PLACE) from error
        except NotImplementedError as error:
            raise EmbeddedError(
                f"The file system of {self._data_dir} knows no locks.",
                f"Please {OTHER_PLACE} to a folder on a local disk.",
            ) from error

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def _taken(self) -> EmbeddedError:
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
