"""The members of one large JSON object, one after the other, each in the bytes it was written in.

A spec's hash and its stored record hang on key order, numbers and escapes, so that a member must
not be decoded and written anew. Only the end of each member is looked for, past strings and by
counting brackets; whether it is good JSON is left to whoever decodes it. Thus a broken member is
one member's fault, and memory and time stay linear whatever the nesting.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from loaders import source
from loaders.errors import DocumentError, Fault

MAX_MEMBER_BYTES = 16 * source.MIB
"""Largest member that is read."""

_CHUNK = 1 << 20
_BLANK = re.compile(rb"[ \t\r\n]*+")
_STRING_PATTERN = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_STRING_PATTERN, re.DOTALL)
_PLAIN = re.compile(rb"[^ \t\r\n,:\[\]{}\"]++(?=[ \t\r\n,\]}])")
_TO_BRACKET = re.compile(rb'[^"{}\[\]]*+(?:%b[^"{}\[\]]*+)*+[{}\[\]]' % _STRING_PATTERN, re.DOTALL)

CUT_OFF = "the JSON is cut off"
"""What is wrong with a document that ends too early."""


def _object_pattern(depth: int) -> bytes:
    """An object whose objects nest no deeper: most records end at the end of one match."""
    inner = b"|" + _object_pattern(depth - 1) if depth else b""
    return rb'\{[^"{}]*+(?:(?:%b%b)[^"{}]*+)*+\}' % (_STRING_PATTERN, inner)


_OBJECT = re.compile(_object_pattern(8), re.DOTALL)
_MEMBER = re.compile(
    rb'[ \t\r\n]*+"([^"\\]*+)"[ \t\r\n]*+:[ \t\r\n]*+(%b)[ \t\r\n]*+([,}])' % _object_pattern(8),
    re.DOTALL,
)
"""A member whose value is such an object, with what follows: what large files consist of."""


class JsonMembers:
    """Iterates over the members of the object at a path, once: pairs of key and value in JSON.

    :param stream: JSON in UTF-8, unpacked.
    :param path: keys from the outermost object down to the one whose members are wanted.
    :ivar beside: the other members of the object that holds that one; those behind it are there
        once the iteration is over.
    :ivar found: whether there is an object at the path.
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
        self.beside: dict[str, bytes] = {}
        self.found = False

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Read on.

        :raises DocumentError: broken or cut off between two members or within one, or a member is
            too large; the pointer names the member.
        """
        yield from self._object(0)

    def _object(self, level: int) -> Iterator[tuple[str, bytes]]:
        outer = self._pointer
        if level == len(self._path):
            yield from self._members(outer)
            return
        for key in self._keys():
            self._pointer = f"{outer}/{key}"
            if key == self._path[level] and not self.found and self._peek() == b"{":
                self.found = level + 1 == len(self._path)
                yield from self._object(level + 1)
            elif level + 1 == len(self._path):
                self.beside[key] = self._value()
            else:
                self._value()
            self._pointer = outer

    def _members(self, outer: str) -> Iterator[tuple[str, bytes]]:
        for key in self._keys():
            self._pointer = f"{outer}/{key}"
            yield key, self._value()
            self._pointer = outer
            while self._peek() == b"," and (match := _MEMBER.match(self._text, self._at + 1)):
                yield match.group(1).decode("utf-8", "replace"), match.group(2)
                self._at = match.end() - 1

    def _keys(self) -> Iterator[str]:
        """The keys of the object at hand, each when its value is next."""
        self._expect(b"{")
        if self._peek() == b"}":
            self._at += 1
            return
        while True:
            yield self._key()
            if self._expect(b",}") == b"}":
                return

    def _key(self) -> str:
        first = self._peek()
        quoted = self._take(_STRING) if first == b'"' else None
        if quoted is None:
            raise self._broken(cut_off=first in b'"')
        self._expect(b":")
        self._peek()
        try:
            return str(msgspec.json.decode(quoted))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return quoted.decode("utf-8", "replace")

    def _value(self) -> bytes:
        first = self._peek()
        if first == b"{":
            value = self._take(_OBJECT, more=False) or self._nested()
        elif first == b"[":
            value = self._nested()
        else:
            value = self._take(_STRING if first == b'"' else _PLAIN)
        if value is None:
            raise self._broken(cut_off=first not in b",:]}")
        return value

    def _take(self, pattern: re.Pattern[bytes], *, more: bool = True) -> bytes | None:
        """What matches at hand, reading on until it does, None where it never will."""
        while not (match := pattern.match(self._text, self._at)):
            if not more or not self._read_on():
                return None
        self._at = match.end()
        return match.group()

    def _nested(self) -> bytes | None:
        start = place = self._at
        depth = 0
        while True:
            match = _TO_BRACKET.match(self._text, place)
            if match is None:
                done = place - start
                if not self._read_on():
                    return None
                start, place = 0, done
                continue
            place = match.end()
            depth += 1 if self._text[place - 1] in b"[{" else -1
            if not depth:
                self._at = place
                return self._text[start:place]

    def _expect(self, wanted: bytes) -> bytes:
        found = self._peek()
        if not found or found not in wanted:
            raise self._broken(cut_off=not found)
        self._at += 1
        return found

    def _peek(self) -> bytes:
        """The next character that is not blank, empty at the end."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at : self._at + 1]
            if not self._read_on():
                return b""

    def _read_on(self) -> bool:
        """Append to what is at hand, dropping what was read before; False at the end.

        :raises DocumentError: what is at hand has grown too large.
        """
        held = len(self._text) - self._at
        if held > self._limit:
            detail = f"a member is larger than {self._limit // source.MIB} MiB"
            raise DocumentError(Fault.TOO_LARGE, detail, self._pointer)
        chunk = next(source.chunks(self._stream, max(_CHUNK, held)), b"")
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)

    def _broken(self, *, cut_off: bool) -> DocumentError:
        what = CUT_OFF if cut_off else "the JSON is broken"
        return DocumentError(Fault.MALFORMED, what, self._pointer)
