"""Parse and check the bodies of a monitor client's requests.

A refused client aborts the user's installation, so everything intelligible is accepted: only a body
with nothing to keep is an error (`lib/spack/spack/monitor.py` of Spack 0.17 and 0.18).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.evidence import HostEnvironment
from loaders.specs.checks import MAX_TEXT, check_hash

Body = dict[str, Any]

MAX_NUMBER = 1 << 53
"""Build ids are below this number: the largest integer that JSON readers agree on."""
MAX_TAGS = 100
MAX_PHASE = 200
"""Maximum length of the name of a phase, in characters."""
STATUSES = ("SUCCESS", "FAILED", "ERROR", "CANCELLED", "NOTRUN")


@dataclass(frozen=True, slots=True)
class AnnouncedBuild:
    """An announced build: the hash of the spec, and the environment in which it would be built.

    Attributes:
        spec: The spec's own document, if it was sent along.
    """

    hash: str
    host: HostEnvironment
    spack_version: str | None
    tags: tuple[str, ...]
    spec: Any = None


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """How a phase of a build ended, and its output."""

    number: int
    name: str
    status: str
    output: str


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How a build ended."""

    number: int
    status: str


def decode_body(raw: bytes) -> Body:
    """Return the object in a body.

    Raises:
        DocumentError: It is not JSON, not an object, or has too many values.
    """
    # Spack's writer emits lone surrogates, which msgspec rejects and the standard library accepts.
    limits.check_json(raw)
    try:
        body = json.loads(raw)
    except RecursionError as error:
        raise DocumentError(Fault.MALFORMED, "the JSON is nested too deeply") from error
    except ValueError as error:
        raise DocumentError(Fault.MALFORMED, f"not JSON: {error}"[:300]) from error
    if not isinstance(body, dict):
        raise DocumentError(Fault.INVALID, "the body is not an object")
    return body


def parse_announcement(body: Body) -> AnnouncedBuild:
    """Parse a body of `builds/new/`; every part of the environment is optional.

    Raises:
        DocumentError: There is no hash.
    """
    hash_ = get_text(body, "full_hash") or get_text(body, "hash") or ""
    return AnnouncedBuild(
        hash=check_hash(hash_, "/full_hash"),
        host=_parse_host(body),
        spack_version=get_text(body, "spack_version"),
        tags=_parse_tags(body.get("tags")),
        spec=body.get("spec"),
    )


def parse_phase(body: Body) -> PhaseReport:
    """Parse a body of `builds/phases/update/`.

    Raises:
        DocumentError: There is no build id, or the phase has no name or status.
    """
    number = parse_build_id(body)
    name, status = get_text(body, "phase_name"), get_text(body, "status")
    if not name or not status:
        raise DocumentError(Fault.INVALID, "phase_name, and status are required.")
    return PhaseReport(number, name[:MAX_PHASE], status.upper(), to_text(body.get("output")))


def parse_status(body: Body) -> StatusReport:
    """Parse a body of `builds/update/`.

    Raises:
        DocumentError: There is no build id, or the status is invalid.
    """
    number = parse_build_id(body)
    status = (get_text(body, "status") or "").upper()
    if status not in STATUSES:
        raise DocumentError(
            Fault.INVALID, f"Invalid status. Choices are {','.join(sorted(STATUSES))}", "/status"
        )
    return StatusReport(number, status)


def parse_build_id(body: Body) -> int:
    """Return the number by which a client refers to an announced build.

    Raises:
        DocumentError: There is none.
    """
    value = body.get("build_id")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MAX_NUMBER:
        raise DocumentError(Fault.INVALID, "Missing required build id.", "/build_id")
    return value


def get_text(body: Mapping[str, Any], key: str) -> str | None:
    """Return a short text without characters that no database accepts; None if missing or blank."""
    value = body.get(key)
    if not isinstance(value, str):
        return None
    return clean_text(value)[:MAX_TEXT].strip() or None


def clean_text(text: str) -> str:
    """Return a text without NUL and without lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def to_text(value: Any) -> str:
    """Return a text unchanged, the JSON of any other value, and an empty text for None."""
    if value is None:
        return ""
    return clean_text(value if isinstance(value, str) else json.dumps(value))


def _parse_host(body: Body) -> HostEnvironment:
    return HostEnvironment(
        host_os=get_text(body, "host_os"),
        platform=get_text(body, "platform"),
        host_target=get_text(body, "host_target"),
        hostname=get_text(body, "hostname"),
        kernel_version=get_text(body, "kernel_version"),
    )


def _parse_tags(value: Any) -> tuple[str, ...]:
    """Parse tags, which the client sends as one text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        return ()
    words = (clean_text(str(part)).strip()[:MAX_TEXT] for part in parts[:MAX_TAGS])
    return tuple(dict.fromkeys(each for each in words if each))
