"""The progress of a start of Neo4j, followed in its debug log.

`neo4j.log` says only that Neo4j is starting. Its debug log names the current step, and says why a
database could not be opened: Neo4j then goes on without it, and answers every query with an error.
"""

import re
import time
from pathlib import Path

_LOADING = "loading its classes and opening its databases"
_OPENING = "opening the recovered database"
_INDEXING = "building indexes"
_ANSWERING = "waiting for its first answer"
_MOST_BYTES = 1 << 20
_MOST_PROBLEMS = 20

_RECOVERING = re.compile(
    r"\[(\w+)/\w+\] Recovery required from position LogPosition\{logVersion=(\d+)"
)
_PERCENT = re.compile(r"\[o\.n\.k\.r\.Recovery\].*\] +(\d+)% completed")
_RECOVERED = re.compile(r"Recovery in '\w+' mode completed")
_POPULATING = re.compile(r"Index population started")
_POPULATED = re.compile(r"Index creation finished|DatabaseId\{.*\} is ready")
_LISTENING = re.compile(r"Bolt server started")
_NOT_OPENED = re.compile(r"Failed to start DatabaseId|Transaction logs are missing and recovery is")
_OF_A_QUESTION = re.compile(r"\[o\.n\.r\.QueryRouter\]")
"""A line that a question causes, such as whether the database answers by now."""
_PROBLEM = re.compile(r"^\S+ \S+ ERROR |^Caused by: ")


def log_size(path: Path) -> int:
    """Return the size of a log in bytes; 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read_from(path: Path, offset: int, most: int) -> tuple[str, int]:
    """Return the text of a log after an offset, and the offset of its end.

    A log that is shorter than the offset was rotated, so all of it is new. If more than `most`
    bytes are new, only the last of them are returned. A log that cannot be read is empty.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(offset if offset <= size else 0, size - most))
            text = file.read().decode("utf-8", "replace")
            return text, file.tell()
    except OSError:
        return "", offset


class StartLog:
    """Follows the debug log of one start of Neo4j.

    Attributes:
        stage: the current step, to complete "Neo4j is ...".
        problems: the errors of this start and their causes, the latest ones.
        not_opened: whether a database could not be opened.
        moved: when Neo4j last wrote a line of its own accord, by `time.monotonic`.

    """

    def __init__(self, data_dir: Path) -> None:
        self._log = data_dir / "logs" / "debug.log"
        self._transactions = data_dir / "data" / "transactions"
        self._offset = log_size(self._log)
        self._rest = ""
        self._recovery = ""
        self.stage = _LOADING
        self.problems: list[str] = []
        self.not_opened = False
        self.moved = time.monotonic()

    def follow(self) -> None:
        """Read the lines that were added since the last call."""
        text, self._offset = read_from(self._log, self._offset, _MOST_BYTES)
        if not text:
            return
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if _OF_A_QUESTION.search(line):
                continue
            self.moved = time.monotonic()
            self._read_line(line)

    def _read_line(self, line: str) -> None:
        if _PROBLEM.search(line) and line not in self.problems:
            self.problems = [*self.problems, line][-_MOST_PROBLEMS:]
        if _NOT_OPENED.search(line):
            self.not_opened = True
        elif found := _RECOVERING.search(line):
            self._recovery = self.stage = self._describe_recovery(found[1], int(found[2]))
        elif found := _PERCENT.search(line):
            self.stage = f"{self._recovery}: {found[1]} % done"
        elif _RECOVERED.search(line):
            self.stage = _OPENING
        elif _POPULATING.search(line):
            self.stage = _INDEXING
        elif _POPULATED.search(line):
            self.stage = _LOADING
        elif _LISTENING.search(line):
            self.stage = _ANSWERING

    def _describe_recovery(self, database: str, first: int) -> str:
        logs = [
            path
            for path in (self._transactions / database).glob("neostore.transaction.db.*")
            if path.suffix[1:].isdigit() and int(path.suffix[1:]) >= first
        ]
        size = sum(map(log_size, logs)) / (1 << 20)
        count = f"{len(logs)} transaction log{'s' if len(logs) != 1 else ''} ({size:.0f} MiB)"
        return (
            f"recovering its database {database} from {count}, because it was not shut down cleanly"
        )
