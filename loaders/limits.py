"""Limits on the work that one upload may cause, in one table, and the budget of its readers.

A reader calls `spend` in each of its loops. It raises an error once reading has taken more
processor time than documents of that size ever need, for any reason. Waiting for the
database or for other threads does not count, so a busy service refuses no genuine document.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from loaders.errors import DocumentError, Fault

MIB: Final = 1 << 20


def _limit(default: float, subject: str, unit: str) -> Any:
    """Return the field of a limit.

    Args:
        default: Its value, in `unit`.
        subject: What it limits, for the documentation.
        unit: The unit of its value.
    """
    return field(default=default, metadata={"subject": subject, "unit": unit})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is read; see `limits_markdown` for the effect of each limit."""

    seconds: float = _limit(10, "reading a file, an upload or a part of one", "s of processor time")
    seconds_per_mib: float = _limit(
        1, "reading, for each MiB of unpacked content in addition", "s of processor time"
    )
    ratio: int = _limit(
        200, "an upload to `/documents` that unpacks to more than 256 MiB", "times its size"
    )
    json_values: int = _limit(
        4_000_000, "a JSON document that is parsed as a whole", "values and keys"
    )
    yaml_values: int = _limit(200_000, "a YAML document, aliases expanded", "values and keys")
    yaml_bytes: int = _limit(16 * MIB, "a YAML document", "bytes")
    xml_elements: int = _limit(100_000, "an XML report", "elements")
    depth: int = _limit(64, "nesting of JSON, YAML and XML", "levels")
    files: int = _limit(50_000, "an archive", "files and folders")
    folders: int = _limit(100, "nesting of folders in an archive", "levels")
    documents: int = _limit(10_000, "a request to `/specs`", "documents")
    bad_documents: int = _limit(
        20_000, "a file of several documents, of those that are refused", "documents"
    )
    items: int = _limit(100_000, "a JSON list of documents", "documents")
    nodes: int = _limit(20_000, "a spec document", "nodes")


RATIO_BYTES: Final = 256 * MIB
"""Unpacked size of an upload from which its ratio to the packed size is limited."""
_LOOK_SECONDS: Final = 0.01
"""How often a budget is compared with the time of the thread."""
_UNLIMITED: Final = 1 << 62
_STRIDE: Final = 1_000
"""Number of short steps after which a loop looks at the clock."""


def unlimited() -> Limits:
    """Return limits without effect, except on nesting, which parsers cannot take."""
    most = {each.name: _UNLIMITED for each in fields(Limits) if each.name != "depth"}
    return replace(Limits(), **most)


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")

_limits: ContextVar[Limits] = ContextVar("specgraph_limits", default=Limits())  # noqa: B039
_budgets: ContextVar[tuple["_Budget", ...]] = ContextVar("specgraph_budgets", default=())


def current() -> Limits:
    """Return the limits in force."""
    return _limits.get()


@contextmanager
def applied(limits: Limits) -> Iterator[None]:
    """Read within these limits."""
    token = _limits.set(limits)
    try:
        yield
    finally:
        _limits.reset(token)


class _Budget:
    """Processor time of one thread, which grows with the input.

    Attributes:
        until: Time of the thread at which it is used up.
    """

    __slots__ = ("_look", "_started", "until")

    def __init__(self, seconds: float) -> None:
        self._started = time.thread_time()
        self.until = self._started + seconds
        self._look = 0.0

    def check(self, now: float) -> None:
        """Check the time of the thread if enough time has passed by the clock of the machine.

        Raises:
            DocumentError: The time is used up.
        """
        # Unlike the clock, the thread's time is asked from the kernel, which may take long.
        if now < self._look:
            return
        self._look = now + _LOOK_SECONDS
        if time.thread_time() > self.until:
            raise DocumentError(
                Fault.TOO_LARGE,
                f"reading it takes more than {self.until - self._started:.0f} s of processor time; "
                "split it into smaller documents",
            )


@contextmanager
def budget() -> Iterator[None]:
    """Limit the time of reading one thing, within that of the things that it is a part of.

    It counts for the thread that enters it.
    """
    started = (*_budgets.get(), _Budget(current().seconds))
    token = _budgets.set(started)
    try:
        yield
    finally:
        _budgets.reset(token)


def spend(size: int = 0) -> None:
    """Check that there is time left to go on; every loop of a reader calls it.

    Args:
        size: Number of bytes that were read for the first time, for which there is more time.

    Raises:
        DocumentError: The time is used up.
    """
    budgets = _budgets.get()
    if size:
        more = size / MIB * current().seconds_per_mib
        for each in budgets:
            each.until += more
    if budgets:
        now = time.monotonic()
        for each in budgets:
            each.check(now)


def check_json(raw: bytes) -> None:
    """Check that a JSON document may be parsed as a whole: a small one may take much memory.

    Raises:
        DocumentError: It has too many values.
    """
    limit = current().json_values
    # Most documents are far below the limit, even if their texts count.
    if _count_values(raw) > limit and _count_values(_STRING.sub(b"", raw)) > limit:
        raise DocumentError(Fault.TOO_LARGE, f"the JSON has more than {limit} values")


def _count_values(raw: bytes) -> int:
    """Return the number of keys and values, or more if texts have brackets and commas."""
    return sum(map(raw.count, (b",", b":", b"[", b"{"))) + 1


def check_items(raw: bytes) -> None:
    """Check that a JSON list may be split, before there is an object for each of its items.

    Raises:
        DocumentError: It has too many items.
    """
    limit = current().items
    if raw.count(b",") < limit:
        return
    text = _STRING.sub(b"", raw)
    items, depth, place = 1, 0, 0
    for number, bracket in enumerate(_BRACKETS.finditer(text)):
        if depth == 1:
            items += text.count(b",", place, bracket.start())
        depth += 1 if bracket.group() in b"[{" else -1
        place = bracket.end()
        if items > limit:
            break
        if not number % _STRIDE:
            spend()
    if items > limit:
        raise DocumentError(Fault.TOO_LARGE, f"the list has more than {limit} items")


def limits_markdown() -> str:
    """Return the table of all limits as Markdown."""
    rows = ["| limit on | value |", "|---|---|"]
    for each in fields(Limits):
        value, unit = getattr(Limits(), each.name), each.metadata["unit"]
        shown = f"{value >> 20} MiB" if unit == "bytes" else f"{value:,} {unit}"
        rows.append(f"| {each.metadata['subject']} | {shown} |")
    return "\n".join(rows)
