"""Read skipped packages from the console output of `spack install`.

Spack up to 1.1 prints a line for each package that it removes from its queue because a dependency
failed, with both hashes. No report and no folder mentions these packages.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from loaders import source
from loaders.builds.spec_names import parse_folder_name
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.evidence import Attempt, NothingToStore, Source, SpecName, Status
from loaders.known_versions import Format, KnownVersion
from loaders.logs.cleaning import attempt_key
from loaders.logs.log_lines import clean_line

_HASHED = r"\S+-[a-z2-7]{32}"
_SKIPPING = re.compile(
    rf"\bSkipping build of (?P<skipped>{_HASHED}) since (?P<failed>{_HASHED}) failed"
)
_LONGEST_LINE = 1 << 16
# With `--timestamp` and `--stacktrace`, Spack prints the time and its own source line as well.
_INSTALL_OUTPUT = re.compile(
    r"(?:\S+:\d+ )?==> (?:\[[\d\-:., ]+\] )?(?:Warning: )?"
    rf"(?:Installing|No binary for|Skipping build of) {_HASHED}|\[\+\] \S"
)


def looks_like(head: bytes) -> bool:
    """Return whether a text may be output of `spack install`, by its first bytes."""
    return any(_INSTALL_OUTPUT.match(_visible_text(line)) for line in head.split(b"\n"))


def _visible_text(line: bytes) -> str:
    """Return a line as a terminal shows it: without colours and text that was overwritten."""
    return clean_line(line.rstrip(b"\r").rpartition(b"\r")[2][:_LONGEST_LINE])


def read_console(stream: BinaryIO) -> tuple[Attempt, ...]:
    """Return the skipped attempts, each once, in order; their time is unknown.

    The culprit is the package that failed itself, even if Spack names one in between that was
    skipped as well.

    Raises:
        DocumentError: A broken or truncated archive, or a line too long to be text.
    """
    skips: dict[str, tuple[SpecName, SpecName]] = {}
    for skipped, failed in _parse_skips(stream):
        skips.setdefault(skipped.hash, (skipped, failed))
    return tuple(
        _make_attempt(skipped, _find_culprit(failed, skips)) for skipped, failed in skips.values()
    )


def _parse_skips(stream: BinaryIO) -> Iterator[tuple[SpecName, SpecName]]:
    for line in source.read_lines(stream):
        match = _SKIPPING.search(_visible_text(line))
        if match:
            skipped, failed = (
                parse_folder_name(match["skipped"]),
                parse_folder_name(match["failed"]),
            )
            if skipped and failed:
                yield skipped, failed


def _find_culprit(failed: SpecName, skips: dict[str, tuple[SpecName, SpecName]]) -> SpecName:
    seen = {failed.hash}
    while failed.hash in skips:
        failed = skips[failed.hash][1]
        if failed.hash in seen:
            break
        seen.add(failed.hash)
    return failed


def _make_attempt(skipped: SpecName, culprit: SpecName) -> Attempt:
    message = f"skipped since {culprit.name} failed"
    return Attempt(
        spec=skipped,
        key=attempt_key(None, f"{message}: {culprit.hash}"),
        status=Status.SKIPPED,
        source=Source.MARK,
        message=message,
        culprit=culprit,
    )


def _read_console_log(candidate: Candidate, _: ReadContext) -> Records:
    with source.open_path(candidate.path) as stream:
        attempts = read_console(stream)
    if not attempts:
        yield NothingToStore("the output of an installation in which nothing was skipped")
    yield from attempts


FORMAT = Format(
    subject="console output",
    pointer="",
    kept="a skipped attempt per package that names the dependency that failed",
    versions=(KnownVersion("", "0.17 on", "text"),),
)
KIND = DocumentKind(
    name="output of spack install",
    read=_read_console_log,
    looks_like=looks_like,
    formats=(FORMAT,),
)
