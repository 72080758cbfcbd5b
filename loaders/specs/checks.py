"""What JSON and its texts must be like, whatever document they are in."""

import json
import re
from typing import Any

import msgspec

from loaders.errors import DocumentError, Fault

MAX_TEXT = 1000
"""Longest name, version, target and the like, in characters; they are index keys."""
MAX_DEPTH = 64
"""Deepest nesting of JSON inside a node."""

_HASH = re.compile(r"[a-z2-7]{32}\Z")
_BRACKET = re.compile(r'[\[\]{}]|"(?:[^"\\]|\\.)*"')
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def compact(raw: bytes) -> str:
    """JSON text without insignificant white space; numbers, escapes and order as they are."""
    return msgspec.json.format(raw, indent=-1).decode("utf-8")


def pointer_of(path: str) -> str:
    """A JSON pointer from msgspec's path, `$.arch.target` to `/arch/target`.

    Ends before a `[...]`, by which msgspec leaves out the key of an object.
    """
    known = path.partition("[...]")[0]
    return "".join(f"/{key or index}" for key, index in _STEP.findall(known))


def decode_error(
    error: msgspec.MsgspecError | UnicodeDecodeError | RecursionError,
) -> DocumentError:
    """What a failed JSON decoding means, with the place where it is known."""
    if isinstance(error, msgspec.ValidationError):
        text, _, path = str(error).partition(" - at `")
        return DocumentError(Fault.INVALID, text, pointer_of(path.rstrip("`")))
    if isinstance(error, RecursionError):
        return DocumentError(Fault.MALFORMED, "the JSON is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return DocumentError(Fault.MALFORMED, f"not UTF-8: {error.reason} at byte {error.start}")
    return DocumentError(Fault.MALFORMED, f"not JSON: {error}")


def is_hash(value: object) -> bool:
    """Whether a value has the form of a DAG hash."""
    return isinstance(value, str) and _HASH.match(value) is not None


def check_hash(value: str, pointer: str) -> str:
    """`value`, where it has the form of a DAG hash.

    :raises DocumentError: where it has not.
    """
    if not is_hash(value):
        raise DocumentError(
            Fault.INVALID,
            f"{value[:40]!r} is not a DAG hash (32 characters of lower-case base32)",
            pointer,
        )
    return value


def refuse_deep(text: str, pointer: str = "") -> None:
    """Refuse JSON that is nested so deeply that some reader of it could fail.

    :param text: well-formed JSON.
    :raises DocumentError: nested deeper than `MAX_DEPTH`.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _BRACKET.finditer(text):
        character = token.group()
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise DocumentError(
                    Fault.INVALID, f"the JSON is nested deeper than {MAX_DEPTH} levels", pointer
                )
        elif character in "]}":
            depth -= 1


def refuse_repeated_keys(text: str, value: Any) -> None:
    """Refuse JSON in which an object has a key twice: readers differ on which one counts.

    :param text: JSON without insignificant white space, and what it was decoded to.
    :raises DocumentError: a key occurs twice.
    """
    if msgspec.json.encode(value).decode("utf-8") != text:
        json.loads(text, object_pairs_hook=_without_repetition)


def _without_repetition(pairs: list[tuple[str, Any]]) -> None:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise DocumentError(Fault.INVALID, f"the key {repeated[:40]!r} occurs twice in an object")


def check_name(value: str, pointer: str) -> None:
    """Check that a package's name is one that Spack could have.

    :raises DocumentError: it is not.
    """
    if len(value) > MAX_TEXT:
        raise DocumentError(
            Fault.TOO_LARGE, f"a name is longer than {MAX_TEXT} characters", pointer
        )
    if not _NAME.match(value):
        raise DocumentError(Fault.INVALID, f"{value[:40]!r} is not a package's name", pointer)


def check_text(value: str, key: str) -> None:
    """Check one of the short texts of a node: a version, a target and the like.

    :raises DocumentError: too long, blank, or with control characters.
    """
    pointer = f"/{key}"
    if len(value) > MAX_TEXT:
        raise DocumentError(Fault.TOO_LARGE, f"{key} is longer than {MAX_TEXT} characters", pointer)
    if not value.strip() or _UNPRINTABLE.search(value):
        raise DocumentError(
            Fault.INVALID, f"{key} is blank or has control characters: {value[:40]!r}", pointer
        )
