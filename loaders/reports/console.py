"""What only the console output of `spack install` tells: what was not tried and whose fault it is.

Spack up to 1.1 writes a line for each package that it takes off its queue since a dependency
failed, with both hashes. No report and no folder tells of these packages.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders import source
from loaders.builds.spec_names import name_in_folder
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.logs.cleaning import attempt_key

_HASHED = r"\S+-[a-z2-7]{32}"
_SKIPPING = re.compile(
    rf"\bSkipping build of (?P<skipped>{_HASHED}) since (?P<failed>{_HASHED}) failed"
)
_LONGEST_LINE = 1 << 16
_START = re.compile(
    rb"^(?:==> (?:Installing|No binary for|Skipping build of) \S+-[a-z2-7]{32}|\[\+\] \S)", re.M
)


def looks_like(head: bytes) -> bool:
    """Whether a text that begins so may be what `spack install` prints."""
    return bool(_START.search(head))


def read_console(stream: BinaryIO) -> tuple[Attempt, ...]:
    """The attempts that were skipped, each once, in order.

    The culprit is what failed itself, also where Spack names a package between that was skipped
    too. The time is not told.

    :raises DocumentError: a broken or truncated archive, or a line that is no text.
    """
    blamed: dict[str, tuple[SpecName, SpecName]] = {}
    for skipped, failed in _pairs(stream):
        blamed.setdefault(skipped.hash, (skipped, failed))
    return tuple(_attempt(skipped, _root_of(failed, blamed)) for skipped, failed in blamed.values())


def _pairs(stream: BinaryIO) -> Iterator[tuple[SpecName, SpecName]]:
    for line in source.read_lines(stream):
        found = _SKIPPING.search(line[:_LONGEST_LINE].decode("utf-8", "replace"))
        if found:
            skipped, failed = name_in_folder(found["skipped"]), name_in_folder(found["failed"])
            if skipped and failed:
                yield skipped, failed


def _root_of(failed: SpecName, blamed: dict[str, tuple[SpecName, SpecName]]) -> SpecName:
    seen = {failed.hash}
    while failed.hash in blamed:
        failed = blamed[failed.hash][1]
        if failed.hash in seen:
            break
        seen.add(failed.hash)
    return failed


def _attempt(skipped: SpecName, culprit: SpecName) -> Attempt:
    message = f"skipped since {culprit.name} failed"
    return Attempt(
        spec=skipped,
        key=attempt_key(None, f"{message}: {culprit.hash}"),
        status=Status.SKIPPED,
        source=Source.MARK,
        message=message,
        culprit=culprit,
    )
