"""Child processes that end with this one, and the identification of processes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from service.sockets import LISTENING, TABLES, TcpSocket, has_tables, read_sockets

_CHILD = Path(__file__).with_name("child.py")
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, distinguished from a later one with the same pid.

    Attributes:
        pid: the process id.
        started: the start time, in a form that depends on the system.
        command: the command line, separated by blanks.

    """

    pid: int
    started: str
    command: str


def spawn_process(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes],
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """Start a process that, on Linux, ends with the calling thread.

    The process is in a new session, so that Ctrl-C in the terminal reaches only this process,
    which then stops the child cleanly.

    Args:
        command: the program and its arguments.
        environment: the environment variables of the process.
        output: receives standard output and errors.
        niceness: increment of the process's niceness.

    Raises:
        OSError: if the process cannot be started.

    """
    wrapped = list(command)
    if os.name == "posix" and sys.executable:
        head = [sys.executable, "-I", "-S", str(_CHILD), str(os.getpid()), str(niceness)]
        wrapped = head + wrapped
    return subprocess.Popen(  # noqa: S603 - the command is this package's own
        wrapped,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def identify_process(pid: int) -> ProcessIdentity | None:
    """Return the process with this pid; None if there is none or the system cannot say."""
    if Path("/proc/self/stat").exists():
        return _identify_by_proc(pid)
    if os.name == "posix":
        return _identify_by_ps(pid)
    return None


def _identify_by_proc(pid: int) -> ProcessIdentity | None:
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes()
    except OSError:
        return None
    state, ticks = fields[0], fields[19]  # fields 3 and 22 of proc(5)
    if state in "ZX":
        return None
    return ProcessIdentity(pid, ticks, os.fsdecode(command.replace(b"\0", b" ")).strip())


def _identify_by_ps(pid: int) -> ProcessIdentity | None:
    answer = subprocess.run(  # noqa: S603 - fixed words and a number
        ["/bin/ps", "-ww", "-o", "stat=,lstart=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={"LC_ALL": "C"},
    )
    words = answer.stdout.split()
    if answer.returncode != 0 or len(words) < 7 or words[0].startswith("Z"):
        return None
    return ProcessIdentity(pid, " ".join(words[1:6]), " ".join(words[6:]))


def listens_on(pid: int, port: int) -> bool | None:
    """Return whether a process has a TCP socket that listens on a port; None if unknown.

    Only Linux tells, and only about processes of the same user.
    """
    folder = Path("/proc") / str(pid)
    try:
        descriptors = list((folder / "fd").iterdir())
    except OSError:
        return None
    links = set()
    for descriptor in descriptors:
        with contextlib.suppress(OSError):  # closed meanwhile
            links.add(str(descriptor.readlink()))
    sockets = _listening_sockets(folder / "net", port)
    return any(f"socket:[{each.inode}]" in links for each in sockets)


def users_listening_on(port: int) -> set[int] | None:
    """Return the ids of all users whose processes listen on a TCP port; None if unknown."""
    return {each.user for each in _listening_sockets(TABLES, port)} if has_tables() else None


def _listening_sockets(tables: Path, port: int) -> Iterator[TcpSocket]:
    """Yield the sockets that listen on a port."""
    for each in read_sockets(tables):
        if each.state == LISTENING and each.port == port:
            yield each


def end_process(identity: ProcessIdentity, patience: float) -> bool:
    """End this process and no other, by SIGTERM and, after `patience` seconds, by SIGKILL.

    Returns:
        Whether the process has ended.

    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _is_running(identity):
            return True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(identity.pid, number)
        deadline = time.monotonic() + patience
        while _is_running(identity):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
    return not _is_running(identity)


def _is_running(identity: ProcessIdentity) -> bool:
    current = identify_process(identity.pid)
    return current is not None and current.started == identity.started


def lean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the service's secrets and without Java's option variables."""
    allowed = {"HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TZ", "SYSTEMROOT"}
    inherited = {k: v for k, v in os.environ.items() if k in allowed or k.startswith("LC_")}
    return {**inherited, **extra}
