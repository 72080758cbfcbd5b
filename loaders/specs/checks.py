"""Checks of JSON and of the texts in it that hold for every kind of document."""

import json
import re

import msgspec

from loaders import limits
from loaders.errors import DocumentError, Fault

MAX_TEXT = 1000
"""Limit of a name, version, target or similar, in characters: they become index keys."""

_HASH = re.compile(r"[a-z2-7]{32}\Z")
_BRACKET = re.compile(r'[\[\]{}]|"(?:[^"\\]|\\.)*"')
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def compact_json(raw: bytes) -> str:
    """Return JSON without insignificant white space; numbers, escapes and order are unchanged."""
    return msgspec.json.format(raw, indent=-1).decode("utf-8")


def pointer_of(path: str) -> str:
    """Convert a path of msgspec, such as `$.arch.target`, to a JSON pointer.

    The pointer ends before `[...]`, which msgspec writes instead of an object's key.
    """
    precise = path.partition("[...]")[0]
    return "".join(f"/{key or index}" for key, index in _STEP.findall(precise))


def decode_error(
    error: msgspec.MsgspecError | UnicodeDecodeError | RecursionError,
) -> DocumentError:
    """Return the error of a failed JSON decoding, with the place in the document if known."""
    if isinstance(error, msgspec.ValidationError):
        text, _, path = str(error).partition(" - at `")
        return DocumentError(Fault.INVALID, text, pointer_of(path.rstrip("`")))
    if isinstance(error, RecursionError):
        return DocumentError(Fault.MALFORMED, "the JSON is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return DocumentError(Fault.MALFORMED, f"not UTF-8: {error.reason} at byte {error.start}")
    return DocumentError(Fault.MALFORMED, f"not JSON: {error}")


def is_hash(value: object) -> bool:
    """Return whether a value has the form of a DAG hash."""
    return isinstance(value, str) and _HASH.match(value) is not None


def check_hash(value: str, pointer: str) -> str:
    """Return `value` if it has the form of a DAG hash.

    Raises:
        DocumentError: It does not.
    """
    if not is_hash(value):
        raise DocumentError(
            Fault.INVALID,
            f"{value[:40]!r} is not a DAG hash (32 characters of lower-case base32)",
            pointer,
        )
    return value


def refuse_deep(text: str, pointer: str = "") -> None:
    """Refuse well-formed JSON that is nested so deeply that a parser could fail on it.

    Raises:
        DocumentError: It is.
    """
    # Most documents have too few brackets to nest that deeply, and counting is fast.
    most = limits.current().depth
    if text.count("[") + text.count("{") <= most:
        return
    depth = 0
    for token in _BRACKET.finditer(text):
        character = token.group()
        if character in "[{":
            depth += 1
            if depth > most:
                raise DocumentError(
                    Fault.INVALID, f"the JSON is nested deeper than {most} levels", pointer
                )
        elif character in "]}":
            depth -= 1


def refuse_repeated_keys(text: str, value: object) -> None:
    """Refuse JSON in which an object has a key twice: parsers differ on which one counts.

    Args:
        text: JSON without insignificant white space.
        value: The value that it was decoded to.

    Raises:
        DocumentError: A key occurs twice.
    """
    # Decoding drops a repeated key, so only a text that does not survive a round trip can have
    # one. The round trip also fails on harmless spellings of numbers, hence the slow second look.
    if msgspec.json.encode(value).decode("utf-8") != text:
        json.loads(text, object_pairs_hook=_without_repetition)


def _without_repetition(pairs: list[tuple[str, object]]) -> None:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise DocumentError(Fault.INVALID, f"the key {repeated[:40]!r} occurs twice in an object")


def check_name(value: str, pointer: str) -> None:
    """Check that a text is a valid package name.

    Raises:
        DocumentError: It is too long, or has characters that Spack does not allow.
    """
    if len(value) > MAX_TEXT:
        raise DocumentError(
            Fault.TOO_LARGE, f"a name is longer than {MAX_TEXT} characters", pointer
        )
    if not _NAME.match(value):
        raise DocumentError(Fault.INVALID, f"{value[:40]!r} is not a package name", pointer)


def check_text(value: str, key: str) -> None:
    """Check one of the short texts of a node, such as its version or target.

    Raises:
        DocumentError: It is too long, blank, or has control characters.
    """
    pointer = f"/{key}"
    if len(value) > MAX_TEXT:
        raise DocumentError(Fault.TOO_LARGE, f"{key} is longer than {MAX_TEXT} characters", pointer)
    if not value.strip() or _UNPRINTABLE.search(value):
        raise DocumentError(
            Fault.INVALID, f"{key} is blank or has control characters: {value[:40]!r}", pointer
        )
