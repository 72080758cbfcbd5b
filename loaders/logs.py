"""Logs of builds: cleaned, capped, and told apart by their first time of day."""

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from loaders import source
from loaders.evidence import Log
from loaders.redaction import Redactor

CAP_BYTES = 1 << 20
CAP_LINE = 4000
STAGE = "stage"
"""Name of the section before the first phase."""

_STAMP = re.compile(r"^==> \[(\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d(?:\.\d+)?)(?:, ?\d+)?\]", re.MULTILINE)
_MARKER = re.compile(r"^==> (?:\[[^\]]*\] )?(?:(\S+): )?Executing phase: '([^']+)'")


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a log that belongs to one phase; its first line is the marker of the phase.

    :ivar first: its first line in the whole log, from 1.
    """

    name: str
    first: int
    text: str
    package: str | None = None


def clean_log(
    stream: BinaryIO | bytes,
    cap_bytes: int = CAP_BYTES,
    cap_line: int = CAP_LINE,
    redactor: Redactor | None = None,
) -> Log:
    """The log, cleaned and capped."""
    raw = stream if isinstance(stream, bytes) else stream.read()
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "")
    if redactor is not None:
        text = redactor.text(text)
    kept = text[:cap_bytes]
    return Log(kept, text.count("\n"), len(raw), capped=len(kept) < len(text))


def open_log(path: Path, redactor: Redactor | None = None) -> Log:
    """The log in a file, plain or packed.

    :raises OSError: the file cannot be opened.
    """
    with path.open("rb") as raw:
        return clean_log(source.open_decompressed(io.BytesIO(raw.read())), redactor=redactor)


def first_stamp(text: str) -> str | None:
    """The first time of day in a log, as Spack writes it: `2026-11-24-00:07:36.133928`."""
    found = _STAMP.search(text)
    return found.group(1) if found else None


def first_time(text: str) -> float | None:
    """The first time of day in a log, in seconds since 1970, taken as UTC."""
    stamp = first_stamp(text)
    if stamp is None:
        return None
    form = "%Y-%m-%d-%H:%M:%S.%f" if "." in stamp else "%Y-%m-%d-%H:%M:%S"
    return datetime.strptime(stamp, form).replace(tzinfo=UTC).timestamp()


def attempt_key(log: Log | None, message: str | None = None) -> str:
    """What tells an attempt from other attempts at the same spec."""
    if log is not None and log.text:
        return first_stamp(log.text) or log.digest
    return hashlib.sha256((message or "").encode()).hexdigest()


def split_phases(text: str) -> list[Section]:
    """The sections of a log that holds all phases, each from its marker on.

    Lines before the first marker are a section named `stage`, where any of them is not blank.
    """
    sections: list[Section] = []
    name, package, first, lines = STAGE, None, 1, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        marker = _MARKER.match(line)
        if marker:
            sections.append(Section(name, first, "\n".join(lines), package))
            package, name = marker.groups()
            first, lines = number, []
        lines.append(line)
    sections.append(Section(name, first, "\n".join(lines), package))
    return [each for each in sections if each.name != STAGE or each.text.strip()]
