"""Diagnosis of failed starts of Neo4j from its logs."""

import re
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedError
from service.embedded.start_log import log_size, read_from

_TAIL_LINES = 15
_READ_BYTES = 1 << 18
_FRAME = re.compile(r"\s+(at |\.\.\. \d+ more)")  # of a Java stack trace


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of failed starts.

    Attributes:
        name: a short name.
        pattern: matches the log of a start that failed for this cause.
        message: the reason, one sentence.
        advice: a remedy for the user.

    """

    name: str
    pattern: re.Pattern[str]
    message: str
    advice: str


def _make_cause(name: str, pattern: str, message: str, advice: str) -> Cause:
    return Cause(name, re.compile(pattern, re.IGNORECASE), message, advice)


DISK_FULL = "disk"
"""Name of the cause that goes away as soon as there is room."""
CAUSES = (
    _make_cause(
        DISK_FULL,
        r"No space left on device|Disk quota exceeded",
        "Neo4j did not start: the disk is full.",
        "Free some space on the disk of the data directory and start again; the data are safe.",
    ),
    _make_cause(
        "recovery",
        r"recovery (is )?not possible",
        "Neo4j did not open its database: recovery is not possible, because its transaction logs "
        "are damaged or missing.",
        "Restore a backup into another data directory, or run `specgraph doctor --force-recovery`. "
        "It recovers what it can in a copy of the database, and keeps the database as it is now.",
    ),
    _make_cause(
        "port",
        r"Address already in use|BindException|PortBindException",
        "Neo4j did not start: another program has taken one of its ports.",
        "Start again, or choose ports with --bolt-port and --browser-port.",
    ),
    _make_cause(
        "locked",
        r"store_lock|FileLockException|StoreLockException",
        "Neo4j did not start: another Neo4j still uses this data directory.",
        "Stop the other Neo4j, or choose another data directory.",
    ),
    _make_cause(
        "memory",
        r"OutOfMemoryError|Could not reserve enough space|insufficient memory for the Java"
        r"|Cannot allocate memory|Invalid maximum heap size",
        "Neo4j did not start: not enough memory.",
        "Lower --heap-mib and --page-cache-mib, or free memory on this machine.",
    ),
    _make_cause(
        "version",
        r"UnableToMigrate|UpgradeNotAllowed|Unknown store version|StoreVersion.*not supported"
        r"|kernel version .* not supported|written by a newer version"
        r"|not possible to read .*versions? from a newer",
        "Neo4j did not start: another version of Neo4j wrote this data directory.",
        "Use the version of Specgraph that wrote it, or choose another data directory.",
    ),
    _make_cause(
        "permission",
        r"AccessDeniedException|Permission denied|Read-only file system",
        "Neo4j did not start: it has no permission to write to its data directory.",
        "Make the user that runs the service its owner, or choose another data directory.",
    ),
    _make_cause(
        "java",
        r"UnsupportedClassVersionError|Unrecognized (VM )?option|LinkageError",
        "Neo4j did not start: this Java cannot run it.",
        "Point JAVA_HOME at Java 17 or 21, or run: pip install 'spack-specgraph[embedded]'.",
    ),
    _make_cause(
        "jars",
        r"ClassNotFoundException|NoClassDefFoundError|ZipException|zip END header",
        "Neo4j did not start: a jar in the cache is damaged or missing.",
        "Delete Specgraph's cache folder; the next start downloads the jars again.",
    ),
)
_UNKNOWN = Cause(
    "unknown",
    re.compile(""),
    "Neo4j did not start.",
    "Read the log named above, which has more lines than are quoted here.",
)
NOT_OPENED = Cause(
    "not opened",
    re.compile(""),
    "Neo4j started, but could not open a database.",
    "Read debug.log next to the log named above.",
)
CRASH = Cause(
    "crash",
    re.compile(""),
    "Java crashed.",
    "Read java-crash.log next to the log named above, or try another Java (JAVA_HOME).",
)
TIMEOUT = Cause(
    "timeout",
    re.compile(""),
    "Neo4j did not start in time.",
    "If it is recovering a large database after a crash, raise start_timeout; the data are safe.",
)


class StartError(EmbeddedError):
    """Neo4j did not start.

    Attributes:
        cause: the name of the cause, one of those in `CAUSES` or another one.

    """

    def __init__(self, message: str, advice: str, cause: str) -> None:
        super().__init__(message, advice)
        self.cause = cause


class LogMark:
    """A position in the logs of a data directory, to quote only lines that were added since.

    Attributes:
        console: the log of Java's standard output and errors.
        log: Neo4j's own log.

    """

    def __init__(self, data_dir: Path) -> None:
        logs = data_dir / "logs"
        self.console = logs / "java.log"
        self.log = logs / "neo4j.log"
        self._offsets = {path: log_size(path) for path in (self.console, self.log)}

    def added_text(self) -> str:
        """Return the text written since, at most the last 256 KiB of each log."""
        texts = (read_from(path, offset, _READ_BYTES)[0] for path, offset in self._offsets.items())
        return "\n".join(filter(None, texts))


def diagnose_failure(
    text: str, log: Path, *, ending: str, fallback: Cause | None = None
) -> StartError:
    """Return the error for a failed start, with its cause if the logs show it.

    Args:
        text: the output of Neo4j and Java during the start.
        log: the log to name in the message.
        ending: how the process ended, one sentence.
        fallback: the cause to report if the logs show none.

    """
    found = next((cause for cause in CAUSES if cause.pattern.search(f"{text}\n{ending}")), None)
    cause = found or fallback or _UNKNOWN
    lines = [line for line in text.splitlines() if line.strip() and not _FRAME.match(line)]
    tail = "\n".join(f"    {line[:300]}" for line in lines[-_TAIL_LINES:]) or "    (no lines)"
    message = f"{cause.message} {ending}\nThe end of {log} and java.log next to it:\n{tail}"
    return StartError(message, cause.advice, cause.name)
