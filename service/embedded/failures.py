"""Telling why Neo4j did not start, from what it wrote."""

import re
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedError

_TAIL_LINES = 15
_READ_BYTES = 1 << 18
_FRAME = re.compile(r"\s+(at |\.\.\. \d+ more)")  # of a Java stack trace


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of failure: its `name`, what gives it away in the log, what to say about it."""

    name: str
    sign: re.Pattern[str]
    message: str
    advice: str


def _cause(name: str, sign: str, message: str, advice: str) -> Cause:
    return Cause(name, re.compile(sign, re.IGNORECASE), message, advice)


CAUSES = (
    _cause(
        "disk",
        r"No space left on device|Disk quota exceeded",
        "Neo4j did not start: the disk is full.",
        "Free some space on the disk of the data directory and start again; the data are safe.",
    ),
    _cause(
        "port",
        r"Address already in use|BindException|PortBindException",
        "Neo4j did not start: another program took one of its ports meanwhile.",
        "Start again, or choose ports with --bolt-port and --browser-port.",
    ),
    _cause(
        "locked",
        r"store_lock|FileLockException|StoreLockException",
        "Neo4j did not start: another Neo4j still uses this data directory.",
        "Stop the other Neo4j, or choose another data directory.",
    ),
    _cause(
        "memory",
        r"OutOfMemoryError|Could not reserve enough space|insufficient memory for the Java"
        r"|Cannot allocate memory|Invalid maximum heap size",
        "Neo4j did not start: not enough memory.",
        "Give it less with --heap-mib and --page-cache-mib, or free memory on this machine.",
    ),
    _cause(
        "version",
        r"UnableToMigrate|UpgradeNotAllowed|Unknown store version|StoreVersion.*not supported"
        r"|kernel version .* not supported|written by a newer version"
        r"|not possible to read .*versions? from a newer",
        "Neo4j did not start: another version of Neo4j wrote this data directory.",
        "Use the version of Specgraph that wrote it, or choose another data directory.",
    ),
    _cause(
        "permission",
        r"AccessDeniedException|Permission denied|Read-only file system",
        "Neo4j did not start: it may not write its data directory.",
        "Give the data directory to the user that runs the service, or choose another one.",
    ),
    _cause(
        "java",
        r"UnsupportedClassVersionError|Unrecognized (VM )?option|LinkageError",
        "Neo4j did not start: this Java cannot run it.",
        "Point JAVA_HOME at Java 17 or 21, or run: pip install 'spack-specgraph[embedded]'.",
    ),
    _cause(
        "jars",
        r"ClassNotFoundException|NoClassDefFoundError|ZipException|zip END header",
        "Neo4j did not start: a jar in the cache is damaged or gone.",
        "Delete Specgraph's cache folder; the next start fetches the jars again.",
    ),
)
_UNKNOWN = Cause(
    "unknown",
    re.compile(""),
    "Neo4j did not start.",
    "Read the log named above; it says more than the lines quoted here.",
)
CRASH = Cause(
    "crash",
    re.compile(""),
    "Java crashed.",
    "Read java-crash.log beside the log named above; another Java (JAVA_HOME) may do better.",
)
TIMEOUT = Cause(
    "timeout",
    re.compile(""),
    "Neo4j did not start in time.",
    "If it recovers a big database after a crash, give it a longer start_timeout; "
    "the data are safe.",
)


class StartError(EmbeddedError):
    """Neo4j did not start; `cause` is short for why: a name in `CAUSES` or another one."""

    def __init__(self, message: str, advice: str, cause: str) -> None:
        super().__init__(message, advice)
        self.cause = cause


class LogMark:
    """How far the logs of a data directory had come, to quote only what was added since."""

    def __init__(self, data_dir: Path) -> None:
        logs = data_dir / "logs"
        self.console = logs / "java.log"
        self.log = logs / "neo4j.log"
        self._start = {path: _size(path) for path in (self.console, self.log)}

    def added(self) -> str:
        """Return what was written since, at most the last 256 KiB of each log."""
        return "\n".join(filter(None, (_read(p, s) for p, s in self._start.items())))


def explain(text: str, log: Path, *, ending: str, known: Cause | None = None) -> StartError:
    """Return the error for a failed start, with its cause if the logs give it away.

    Args:
        text: What Neo4j and Java wrote during the start.
        log: The log to name.
        ending: How the process ended or that it did not.
        known: The cause where the way it ended tells it; a cause in the logs goes before it.

    """
    found = next((cause for cause in CAUSES if cause.sign.search(text)), None)
    cause = found or known or _UNKNOWN
    lines = [line for line in text.splitlines() if line.strip() and not _FRAME.match(line)]
    tail = "\n".join(f"    {line[:300]}" for line in lines[-_TAIL_LINES:]) or "    (no lines)"
    message = f"{cause.message} {ending}\nThe end of {log} (and java.log beside it):\n{tail}"
    return StartError(message, cause.advice, cause.name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read(path: Path, start: int) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(start if start <= size else 0, size - _READ_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
