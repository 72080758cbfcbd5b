"""A Neo4j that already runs on a data directory: attach to it, or end a stale one."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedError
from service.embedded.lock import DataDirState, read_state
from service.embedded.ports import speaks_bolt
from service.embedded.processes import ProcessIdentity, end_process, identify_process, listens_on
from service.embedded.settings import USER, home_arguments, password_path
from service.embedded.status import OnStatus, StatusReport

PATIENCE_SECONDS = 15.0
"""How long a stale Neo4j may take for its checkpoint before it is killed."""
WAIT_SECONDS = 60.0
"""How long to wait for another process to start or stop its Neo4j."""
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Connection:
    """Addresses and credentials of a running database, for drivers and for Neo4j Browser."""

    uri: str
    user: str
    password: str
    browser_url: str

    def __repr__(self) -> str:
        return f"Connection(uri={self.uri!r}, user={self.user!r}, browser_url={self.browser_url!r})"


def absolute_path(data_dir: Path) -> Path:
    """Return the absolute path of a data directory, as in the command lines of its processes.

    Links are not resolved: a data directory that is a link may be moved to another disk.
    """
    return Path(os.path.abspath(data_dir.expanduser()))  # noqa: PTH100 - keeps links


def attach(data_dir: Path) -> Connection | None:
    """Return a connection to the database that another process of this user runs on `data_dir`.

    Returns:
        The connection; None if no database runs there, or it does not answer.

    Raises:
        EmbeddedError: if a database runs, but its password cannot be read.

    """
    data_dir = absolute_path(data_dir)
    state = read_state(data_dir)
    if state is None or state.bolt_uri is None or state.browser_url is None:
        return None
    # Send the password only to this Neo4j, not to another program that now has its port.
    port = int(state.bolt_uri.rpartition(":")[2])
    if state.java_started is not None:
        java = find_java_process(data_dir, state)
        if java is None or listens_on(java.pid, port) is False:
            return None
    if not speaks_bolt(port):
        return None
    try:
        password = password_path(data_dir).read_text("ascii").strip()
    except OSError as error:
        raise EmbeddedError(
            f"The password of the database at {state.bolt_uri} cannot be read: {error}.",
            "Run this as the user that runs the service.",
        ) from error
    return Connection(state.bolt_uri, USER, password, state.browser_url)


def wait_and_attach(data_dir: Path, on_status: OnStatus) -> Connection | None:
    """Attach to the database of `data_dir`, and wait for a process that starts or stops it.

    Returns:
        The connection; None if no other process uses the data directory any more, or if its
        database does not answer within a minute.

    Raises:
        EmbeddedError: if a database runs, but its password cannot be read.

    """
    report = StatusReport(on_status)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        running = attach(data_dir)
        state = read_state(data_dir)
        if running or state is None or identify_process(state.service_pid) is None:
            return running
        if state.service_pid == os.getpid() or time.monotonic() > deadline:
            return None
        report.update(f"waiting for process {state.service_pid}, which starts or stops Neo4j")
        time.sleep(_POLL_SECONDS)


def find_java_process(data_dir: Path, state: DataDirState) -> ProcessIdentity | None:
    """Return the Java process of a recorded state, if it still runs on this data directory."""
    if state.java_pid is None or state.java_started is None:
        return None
    identity = identify_process(state.java_pid)
    if identity is None or identity.started != state.java_started:
        return None
    return identity if " ".join(home_arguments(data_dir)) in identity.command else None


def end_stale_java(data_dir: Path, on_status: OnStatus) -> None:
    """End the Java process of a service that died; to be called with the lock held.

    Args:
        data_dir: the data directory.
        on_status: called with a line if there is such a process, as its end takes seconds.

    Raises:
        EmbeddedError: if it cannot be ended.

    """
    state = read_state(data_dir)
    identity = find_java_process(data_dir, state) if state else None
    if identity is None:
        return
    on_status(f"waiting for the end of Neo4j's process {identity.pid}, whose service was killed")
    if not end_process(identity, PATIENCE_SECONDS):
        raise EmbeddedError(
            f"A stale Neo4j (process {identity.pid}) still runs on {data_dir} and cannot be ended.",
            f"End process {identity.pid}, then start again.",
        )
