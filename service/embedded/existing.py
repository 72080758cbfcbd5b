"""A Neo4j that runs on a data directory already: using it, or ending what was left behind."""

import os
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedError
from service.embedded.lock import State, read_state
from service.embedded.ports import speaks_bolt
from service.embedded.processes import Identity, end, identify
from service.embedded.settings import USER, home_arguments, password_path

PATIENCE_SECONDS = 15.0
"""How long a Neo4j that was left behind may take for its checkpoint before it is killed."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a running database: for drivers, and for a person in Neo4j Browser."""

    uri: str
    user: str
    password: str
    browser_url: str

    def __repr__(self) -> str:
        return f"Connection(uri={self.uri!r}, user={self.user!r}, browser_url={self.browser_url!r})"


def absolute(data_dir: Path) -> Path:
    """Return the one name of a data directory under which its processes are known."""
    return Path(os.path.abspath(data_dir.expanduser()))


def attach(data_dir: Path) -> Connection | None:
    """Return how to reach the database that another process of this user runs on `data_dir`.

    None when none runs there, or none that answers.

    Raises:
        EmbeddedError: One runs, but its password may not be read.

    """
    data_dir = absolute(data_dir)
    state = read_state(data_dir)
    if state is None or state.bolt_uri is None or state.browser_url is None:
        return None
    # The password goes to this very process, not to whoever has its port now.
    if state.java_started is not None and find_java_process(data_dir, state) is None:
        return None
    if not speaks_bolt(int(state.bolt_uri.rpartition(":")[2])):
        return None
    try:
        password = password_path(data_dir).read_text("ascii").strip()
    except OSError as error:
        raise EmbeddedError(
            f"The password of the database at {state.bolt_uri} cannot be read: {error}.",
            "Run this as the user that runs the service.",
        ) from error
    return Connection(state.bolt_uri, USER, password, state.browser_url)


def find_java_process(data_dir: Path, state: State) -> Identity | None:
    """Return the Java process that a note names, if it still runs on this data directory."""
    if state.java_pid is None or state.java_started is None:
        return None
    identity = identify(state.java_pid)
    if identity is None or identity.started != state.java_started:
        return None
    return identity if " ".join(home_arguments(data_dir)) in identity.command else None


def end_stale_java(data_dir: Path) -> None:
    """End the Java process of a service that died; call with the lock held.

    Raises:
        EmbeddedError: It cannot be ended.

    """
    state = read_state(data_dir)
    identity = find_java_process(data_dir, state) if state else None
    if identity is not None and not end(identity, PATIENCE_SECONDS):
        raise EmbeddedError(
            f"A Neo4j that was left behind (process {identity.pid}) still runs on {data_dir} "
            "and cannot be ended.",
            f"End process {identity.pid}, then start again.",
        )
