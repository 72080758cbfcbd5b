"""Bodies of the monitor's requests, read and checked.

A client that is refused ends the user's installation, so what can be understood is taken: only what
leaves nothing to keep is an error (`lib/spack/spack/monitor.py` of Spack 0.17 and 0.18).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loaders.errors import DocumentError, Fault
from loaders.evidence import HostEnvironment
from loaders.specs.checks import MAX_TEXT, check_hash

Body = dict[str, Any]

MAX_NUMBER = 1 << 53
MAX_TAGS = 100
MAX_PHASE = 200
"""Longest name of a phase, in characters."""
STATUSES = ("SUCCESS", "FAILED", "ERROR", "CANCELLED", "NOTRUN")


@dataclass(frozen=True, slots=True)
class Announced:
    """A build that may come: the spec's hash, and where it would be made.

    :ivar spec: the spec's own document, where it came along.
    """

    hash: str
    host: HostEnvironment
    spack_version: str | None
    tags: tuple[str, ...]
    spec: Any = None


@dataclass(frozen=True, slots=True)
class PhaseTold:
    """How a phase of a build ended, and what it wrote."""

    number: int
    name: str
    status: str
    output: str


@dataclass(frozen=True, slots=True)
class StatusTold:
    """How a build ended."""

    number: int
    status: str


def decode(raw: bytes) -> Body:
    """The object in a body.

    :raises DocumentError: not JSON, or no object.
    """
    # The standard library's reader takes lone surrogates, which Spack's own writer lets through.
    try:
        body = json.loads(raw)
    except RecursionError as error:
        raise DocumentError(Fault.MALFORMED, "the JSON is nested too deeply") from error
    except ValueError as error:
        raise DocumentError(Fault.MALFORMED, f"not JSON: {error}"[:300]) from error
    if not isinstance(body, dict):
        raise DocumentError(Fault.INVALID, "the body is no object")
    return body


def announced(body: Body) -> Announced:
    """What `builds/new/` tells; of the environment whatever is there.

    :raises DocumentError: there is no hash.
    """
    told = word(body, "full_hash") or word(body, "hash") or ""
    return Announced(
        hash=check_hash(told, "/full_hash"),
        host=_host(body),
        spack_version=word(body, "spack_version"),
        tags=_tags(body.get("tags")),
        spec=body.get("spec"),
    )


def phase_told(body: Body) -> PhaseTold:
    """What `builds/phases/update/` tells.

    :raises DocumentError: no build id, or no name of the phase.
    """
    number = build_id(body)
    name, status = word(body, "phase_name"), word(body, "status")
    if not name or not status:
        raise DocumentError(Fault.INVALID, "phase_name, and status are required.")
    return PhaseTold(number, name[:MAX_PHASE], status.upper(), text_of(body.get("output")))


def status_told(body: Body) -> StatusTold:
    """What `builds/update/` tells.

    :raises DocumentError: no build id, or a status that is none.
    """
    number = build_id(body)
    status = (word(body, "status") or "").upper()
    if status not in STATUSES:
        raise DocumentError(
            Fault.INVALID, f"Invalid status. Choices are {','.join(sorted(STATUSES))}", "/status"
        )
    return StatusTold(number, status)


def build_id(body: Body) -> int:
    """The number by which a client names an announced build.

    :raises DocumentError: there is none.
    """
    value = body.get("build_id")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MAX_NUMBER:
        raise DocumentError(Fault.INVALID, "Missing required build id.", "/build_id")
    return value


def word(body: Mapping[str, Any], key: str) -> str | None:
    """A short text, without what no database takes; None where it is missing or blank."""
    value = body.get(key)
    if not isinstance(value, str):
        return None
    return clean(value)[:MAX_TEXT].strip() or None


def clean(text: str) -> str:
    """A text without NUL, and without halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def text_of(value: Any) -> str:
    """A text as it stands; of anything else its JSON, of nothing an empty one."""
    if value is None:
        return ""
    return clean(value if isinstance(value, str) else json.dumps(value))


def _host(body: Body) -> HostEnvironment:
    return HostEnvironment(
        host_os=word(body, "host_os"),
        platform=word(body, "platform"),
        host_target=word(body, "host_target"),
        hostname=word(body, "hostname"),
        kernel_version=word(body, "kernel_version"),
    )


def _tags(value: Any) -> tuple[str, ...]:
    """Tags, which the client sends as one text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        return ()
    words = (clean(str(part)).strip()[:MAX_TEXT] for part in parts[:MAX_TAGS])
    return tuple(dict.fromkeys(each for each in words if each))
