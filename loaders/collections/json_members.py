"""Iterate over the members of one large JSON object, each in its original bytes.

A spec's hash and its stored record depend on key order, numbers and escapes, so a member must not
be decoded and encoded again. Only the end of each member is searched for, by skipping strings and
counting brackets; whether it is valid JSON is for the caller to find out. So a broken member
affects only itself, and memory and time stay linear, however deep the nesting.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from loaders import limits, source
from loaders.errors import DocumentError, Fault

MAX_MEMBER_BYTES = 16 * source.MIB
"""Maximum size of a member, in bytes."""

_CHUNK = 1 << 20
_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING_PATTERN = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_STRING_PATTERN, re.DOTALL)
_PLAIN = re.compile(rb"[^ \t\r\n,:\[\]{}\"]++(?=[ \t\r\n,\]}])")
_TO_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:%b[^"{}\[\]]*+)*+[{}\[\]]' % _STRING_PATTERN, re.DOTALL)

TRUNCATED = "the JSON is truncated"
"""Error message for a document that ends too early."""


def _object_pattern(depth: int) -> bytes:
    """Return a pattern for an object nested up to that depth; one match covers most records."""
    inner = b"|" + _object_pattern(depth - 1) if depth else b""
    return rb'\{[^"{}]*+(?:(?:%b%b)[^"{}]*+)*+\}' % (_STRING_PATTERN, inner)


_OBJECT = re.compile(_object_pattern(8), re.DOTALL)
_MEMBER = re.compile(
    rb'[ \t\r\n]*+"([^"\\]*+)"[ \t\r\n]*+:[ \t\r\n]*+(%b)[ \t\r\n]*+([,}])' % _object_pattern(8),
    re.DOTALL,
)
# The lines above match a member with such an object, and the next delimiter: most of a large file.


class JsonMembers:
    """Iterates once over the members of the object at a path: pairs of key and value in JSON.

    Args:
        stream: Uncompressed JSON in UTF-8.
        path: Keys from the outermost object down to the one to iterate over.
        limit: Maximum size of a member, in bytes.

    Attributes:
        siblings: The other members of the object that holds that one; the ones after it are
            available once the iteration is over.
        found: Whether there is an object at the path.
    """

    def __init__(
        self, stream: BinaryIO, path: tuple[str, ...], limit: int = MAX_MEMBER_BYTES
    ) -> None:
        self._stream = stream
        self._path = path
        self._limit = limit
        self._text = b""
        self._at = 0
        self._pointer = ""
        self.siblings: dict[str, bytes] = {}
        self.found = False

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Yield the next members.

        Raises:
            DocumentError: A member is broken, truncated or too large, or the text between two
                members is; the pointer names the member.
        """
        yield from self._iter_object(0)

    def _iter_object(self, level: int) -> Iterator[tuple[str, bytes]]:
        outer = self._pointer
        if level == len(self._path):
            yield from self._iter_members(outer)
            return
        for key in self._iter_keys():
            self._pointer = f"{outer}/{key}"
            if key == self._path[level] and not self.found and self._peek_character() == b"{":
                self.found = level + 1 == len(self._path)
                yield from self._iter_object(level + 1)
            elif level + 1 == len(self._path):
                limits.spend()
                self.siblings[key] = self._read_value()
            else:
                self._read_value()
            self._pointer = outer

    def _iter_members(self, outer: str) -> Iterator[tuple[str, bytes]]:
        for key in self._iter_keys():
            self._pointer = f"{outer}/{key}"
            limits.spend()
            yield key, self._read_value()
            self._pointer = outer
            while self._peek_character() == b"," and (
                match := _MEMBER.match(self._text, self._at + 1)
            ):
                limits.spend()
                yield match.group(1).decode("utf-8", "replace"), match.group(2)
                # The delimiter is left for `_iter_keys`, which expects it.
                self._at = match.end() - 1

    def _iter_keys(self) -> Iterator[str]:
        """Yield the keys of the current object, each when its value is next."""
        self._expect_one_of(b"{")
        if self._peek_character() == b"}":
            self._at += 1
            return
        while True:
            yield self._read_key()
            if self._expect_one_of(b",}") == b"}":
                return

    def _read_key(self) -> str:
        first = self._peek_character()
        quoted = self._match_here(_STRING) if first == b'"' else None
        if quoted is None:
            raise self._make_error(truncated=first in b'"')
        self._expect_one_of(b":")
        self._peek_character()
        try:
            return str(msgspec.json.decode(quoted))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return quoted.decode("utf-8", "replace")

    def _read_value(self) -> bytes:
        first = self._peek_character()
        if first == b"{":
            value = self._match_here(_OBJECT, more=False) or self._read_nested()
        elif first == b"[":
            value = self._read_nested()
        else:
            value = self._match_here(_STRING if first == b'"' else _PLAIN)
        if value is None:
            raise self._make_error(truncated=first not in b",:]}")
        return value

    def _match_here(self, pattern: re.Pattern[bytes], *, more: bool = True) -> bytes | None:
        """Match the text at the current position, reading more until it does, else return None."""
        while not (match := pattern.match(self._text, self._at)):
            if not more or not self._read_more():
                return None
        self._at = match.end()
        return match.group()

    def _read_nested(self) -> bytes | None:
        start = place = self._at
        depth = 0
        while True:
            match = _TO_BRACKET.match(self._text, place)
            if match is None:
                done = place - start
                if not self._read_more():
                    return None
                start, place = 0, done
                continue
            place = match.end()
            depth += 1 if self._text[place - 1] in b"[{" else -1
            if not depth:
                self._at = place
                return self._text[start:place]

    def _expect_one_of(self, characters: bytes) -> bytes:
        character = self._peek_character()
        if not character or character not in characters:
            raise self._make_error(truncated=not character)
        self._at += 1
        return character

    def _peek_character(self) -> bytes:
        """Return the next character that is not blank, or an empty string at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at : self._at + 1]
            if not self._read_more():
                return b""

    def _read_more(self) -> bool:
        """Read another chunk, dropping the text before the current position; False at the end.

        Raises:
            DocumentError: The current member is too large.
        """
        held = len(self._text) - self._at
        if held > self._limit:
            detail = f"a member is larger than {self._limit // source.MIB} MiB"
            raise DocumentError(Fault.TOO_LARGE, detail, self._pointer)
        # Doubling keeps the time linear: a long member is copied a bounded number of times.
        chunk = next(source.read_chunks(self._stream, max(_CHUNK, held)), b"")
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def _make_error(self, *, truncated: bool) -> DocumentError:
        detail = TRUNCATED if truncated else "the JSON is broken"
        return DocumentError(Fault.MALFORMED, detail, self._pointer)
