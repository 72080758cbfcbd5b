"""Starting child processes that end with this one, and telling processes apart."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHILD = Path(__file__).with_name("child.py")
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Identity:
    """A process as distinct from a later one with the same pid."""

    pid: int
    started: str
    command: str


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes],
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """Start a process bound to the life of the calling thread (Linux) or on its own (elsewhere).

    It gets a session of its own, so that Ctrl-C in the terminal reaches this process only, which
    then ends the child in good order.

    Raises:
        OSError: The process cannot be started.

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


def identify(pid: int) -> Identity | None:
    """Return who runs under `pid`; None when nobody does, or when that cannot be told."""
    if Path("/proc/self/stat").exists():
        return _identify_by_proc(pid)
    if os.name == "posix":
        return _identify_by_ps(pid)
    return None


def _identify_by_proc(pid: int) -> Identity | None:
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes()
    except OSError:
        return None
    state, ticks = fields[0], fields[19]  # fields 3 and 22 of proc(5)
    if state in "ZX":
        return None
    return Identity(pid, ticks, os.fsdecode(command.replace(b"\0", b" ")).strip())


def _identify_by_ps(pid: int) -> Identity | None:
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
    return Identity(pid, " ".join(words[1:6]), " ".join(words[6:]))


def end(identity: Identity, patience: float) -> bool:
    """End this process and no other: SIGTERM, after `patience` seconds SIGKILL.

    Returns whether it is gone.
    """
    for send, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        if not _is_still(identity):
            return True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(identity.pid, send)
        deadline = time.monotonic() + seconds
        while _is_still(identity):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
    return not _is_still(identity)


def _is_still(identity: Identity) -> bool:
    now = identify(identity.pid)
    return now is not None and now.started == identity.started


def lean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the service's secrets and without Java's option variables."""
    kept = {"HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TZ", "SYSTEMROOT"}
    own = {k: v for k, v in os.environ.items() if k in kept or k.startswith("LC_")}
    return {**own, **extra}
