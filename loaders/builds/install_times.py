"""How long the phases of an installation took, from `install_times.json`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import msgspec

from loaders.errors import DocumentError, Fault
from loaders.specs.checks import MAX_TEXT, decode_error

_UNPACKING = {"search", "fetch"}
_RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_FIRST_RIGHT = (0, 19, 1)


@dataclass(frozen=True, slots=True)
class Times:
    """What the timer wrote.

    :ivar seconds: by phase, in the order in which they ran; `stage` and `post-install` are Spack's
        own. Of an installation from a build cache these are the steps of unpacking.
    :ivar total: of all, in seconds.
    :ivar cached: whether it was unpacked from a build cache; None where that was not written.
    :ivar name: of the package, from Spack 0.21 on.
    """

    seconds: Mapping[str, float | None] = field(default_factory=dict)
    total: float | None = None
    cached: bool | None = None
    name: str | None = None


def read_times(raw: bytes, spack_version: str | None) -> Times:
    """The times of an installation.

    Spack up to 0.19.0 wrote down for each phase how long it took from the phase before to its
    beginning (`lib/spack/spack/util/timer.py`, corrected by spack/spack#33900): what stands at a
    phase is the time of the one before it, and at the first one that of staging. This is put right
    here. It does not show in the file, so that the version has to be known; where it is not, and
    the file has the old form, the phases have no times.

    :param spack_version: of the Spack that installed.
    :raises DocumentError: not such a file.
    """
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    if not isinstance(document, dict) or not isinstance(document.get("phases"), list):
        raise DocumentError(Fault.INVALID, "there are no phases")
    total = document.get("total")
    old = isinstance(total, dict)
    whole = _seconds(total.get("seconds") if isinstance(total, dict) else total)
    measured = _by_phase(document["phases"])
    cached = document.get("cache")
    if not isinstance(cached, bool):
        cached = True if measured.keys() & _UNPACKING else None
    if old and "stage" not in measured and not cached:
        measured = _corrected(measured, whole, _release(spack_version))
    name = document.get("name")
    return Times(measured, whole, cached, name if isinstance(name, str) else None)


def _by_phase(entries: Iterable[Any]) -> dict[str, float | None]:
    measured: dict[str, float | None] = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and 0 < len(name) <= MAX_TEXT:
            measured.setdefault(name, _seconds(entry.get("seconds")))
    return measured


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and value >= 0 else None


def _release(version: str | None) -> tuple[int, ...] | None:
    match = _RELEASE.match(version or "")
    return tuple(int(part or 0) for part in match.groups()) if match else None


def _corrected(
    measured: dict[str, float | None], total: float | None, release: tuple[int, ...] | None
) -> dict[str, float | None]:
    """The times of a file without a staging phase, moved to the phases that they belong to."""
    if release is not None and release >= _FIRST_RIGHT:
        return measured
    if release is None:
        return dict.fromkeys(measured)
    values = list(measured.values())
    rest = None
    if total is not None and None not in values:
        rest = max(0.0, total - sum(value for value in values if value is not None))
    return dict(zip(["stage", *measured], [*values, rest], strict=True))
