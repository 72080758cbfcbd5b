"""Read the duration of an installation's phases from `install_times.json`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.specs.checks import MAX_TEXT, decode_error

# Steps of an installation from a build cache, for files without `cache`.
_UNPACKING = {"search", "fetch"}
_RELEASE = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?")
_FIRST_CORRECT_RELEASE = (0, 19, 1)


@dataclass(frozen=True, slots=True)
class InstallTimes:
    """The measurements of the timer.

    Attributes:
        seconds: Duration by phase, in the order in which they ran; `stage` and `post-install` are
            added by Spack. For an installation from a build cache these are the steps of unpacking.
        total: Total duration in seconds.
        cached: Whether it was unpacked from a build cache; None if the file does not say.
        name: Name of the package, from Spack 0.21 on.
    """

    seconds: Mapping[str, float | None] = field(default_factory=dict)
    total: float | None = None
    cached: bool | None = None
    name: str | None = None


def read_times(raw: bytes, spack_version: str | None) -> InstallTimes:
    """Read the times of an installation.

    Spack up to 0.19.0 recorded for each phase the time from the previous phase to its beginning
    (`lib/spack/spack/util/timer.py`, corrected by spack/spack#33900): the value of a phase is the
    duration of the one before it, and the first value is that of staging. This is corrected here.
    The file does not show the error, so the version has to be known; if it is not, and the file has
    the old form, the phases have no times.

    Args:
        raw: Content of the file.
        spack_version: Version of the Spack that installed the package.

    Raises:
        DocumentError: It is not such a file.
    """
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if not isinstance(document, dict) or not isinstance(document.get("phases"), list):
        raise DocumentError(Fault.INVALID, "there are no phases")
    total = document.get("total")
    # Up to Spack 0.20, `total` was an object.
    old = isinstance(total, dict)
    total_seconds = _parse_seconds(total.get("seconds") if isinstance(total, dict) else total)
    measured = _parse_phases(document["phases"])
    cached = document.get("cache")
    if not isinstance(cached, bool):
        cached = True if measured.keys() & _UNPACKING else None
    if old and "stage" not in measured and not cached:
        measured = _shift_times(measured, total_seconds, _parse_release(spack_version))
    name = document.get("name")
    return InstallTimes(measured, total_seconds, cached, name if isinstance(name, str) else None)


def _parse_phases(entries: Iterable[object]) -> dict[str, float | None]:
    measured: dict[str, float | None] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        name = entry.get("name")
        if isinstance(name, str) and 0 < len(name) <= MAX_TEXT:
            measured.setdefault(name, _parse_seconds(entry.get("seconds")))
    return measured


def _parse_seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and value >= 0 else None


def _parse_release(version: str | None) -> tuple[int, ...] | None:
    match = _RELEASE.match(version or "")
    return tuple(int(part or 0) for part in match.groups()) if match else None


def _shift_times(
    measured: dict[str, float | None], total: float | None, release: tuple[int, ...] | None
) -> dict[str, float | None]:
    """Move the times in a file without a staging phase to the phases that they belong to."""
    if release is not None and release >= _FIRST_CORRECT_RELEASE:
        return measured
    if release is None:
        return dict.fromkeys(measured)
    values = list(measured.values())
    rest = None
    if total is not None and None not in values:
        rest = max(0.0, total - sum(value for value in values if value is not None))
    return dict(zip(["stage", *measured], [*values, rest], strict=True))
