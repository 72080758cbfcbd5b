"""XML documents as a stream of elements: safe with hostile ones, patient with Spack's mistakes.

Spack fills templates, so that what a build wrote stands in its reports as it came. Mended here:

- control characters and bytes that are not UTF-8, which no XML may hold: they come out of
  :class:`End` texts as the very bytes that they were;
- `&` and `<` that start no reference and no tag are taken for themselves.

Refused: DTDs and with them every entity of a document's own, XML that is broken or ends early,
and what is so large that it could only be meant to do harm. Text is spooled to a temporary file, so
a report of any size takes little memory.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from loaders.errors import DocumentError, Fault
from loaders.source import MIB, chunks

MAX_REPORT_BYTES = 2048 * MIB
"""Largest report after decompression, in bytes."""
MAX_TAG = 16 * MIB
"""Longest tag or comment, in characters."""
MAX_DEPTH = 64
"""Deepest nesting of elements."""

_IN_MEMORY = MIB
_PIECE = 1 << 16
_STAND_IN = 0x10FE00
"""Code point that stands for byte 0 while the text passes through the parser."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\udc80-\udcff\ufffe\uffff]")
_STOOD_IN = re.compile(rb"\xf4\x8f[\xb8-\xbb][\x80-\xbf]")
_LOOSE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)|<(?![A-Za-z_/!?])|<!\[CDATA\["
)
_FIRST_TAG = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<([A-Za-z][\w.-]*)[\s/>]", re.DOTALL
)
_LONGEST_REFERENCE = 10


@dataclass(frozen=True, slots=True)
class Start:
    """The begin of an element; attributes have the line ends in them turned into spaces."""

    tag: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """The end of an element.

    :ivar text: what it holds, where that was asked for; to be read before the next is asked for.
    """

    tag: str
    text: BinaryIO | None = None


def first_tag(head: bytes) -> str | None:
    """The name of the root element, as far as the first bytes of a document tell."""
    match = _FIRST_TAG.match(head)
    return match.group(1).decode("ascii", "replace") if match else None


def elements(stream: BinaryIO, texts: frozenset[str]) -> Iterator[Start | End]:
    """The elements of a document in their order.

    :param texts: names of the elements whose text is wanted; text of others is passed over.
    :raises DocumentError: broken, truncated, too large, or with a DTD.
    """
    handler = _Handler(texts)
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(handler)
    mender = _Mender()
    try:
        for text in _decoded(stream):
            parser.feed(mender.feed(text))
            handler.grew(len(text))
            yield from handler.take()
        parser.feed(mender.rest())
        parser.close()
        yield from handler.take()
    except SAXParseException as error:
        raise DocumentError(Fault.MALFORMED, _explain(error)) from error
    except DefusedXmlException as error:
        raise DocumentError(
            Fault.UNSUPPORTED, "the XML has a DTD or entities of its own, which are not read"
        ) from error
    finally:
        handler.close()


def text_of(end: End, limit: int = 1 << 16) -> str:
    """The text of an element as it stands there, cut after so many bytes."""
    return end.text.read(limit).decode("utf-8", "replace") if end.text else ""


def _explain(error: SAXParseException) -> str:
    what = error.getMessage()
    if what in ("no element found", "unclosed token"):
        return f"the XML ends early or is not XML: {what} at line {error.getLineNumber()}"
    return f"not well-formed XML: {what} at line {error.getLineNumber()}"


def _decoded(stream: BinaryIO) -> Iterator[str]:
    """The document's text, with stand-ins for what XML may not hold."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    total = 0
    for chunk in chunks(stream, _PIECE):
        total += len(chunk)
        if total > MAX_REPORT_BYTES:
            raise DocumentError(
                Fault.TOO_LARGE, f"the report is larger than {MAX_REPORT_BYTES // MIB} MiB"
            )
        yield _NOT_XML.sub(_stand_in, decoder.decode(chunk))
    yield _NOT_XML.sub(_stand_in, decoder.decode(b"", final=True))


def _stand_in(match: re.Match[str]) -> str:
    raw = match.group().encode("utf-8", "surrogateescape")
    return "".join(chr(_STAND_IN + byte) for byte in raw)


def _original(match: re.Match[bytes]) -> bytes:
    return bytes([ord(match.group().decode("utf-8")) - _STAND_IN])


class _Mender:
    """Turns loose `&` and `<` into references, except in CDATA sections."""

    def __init__(self) -> None:
        self._held = ""
        self._in_cdata = False

    def feed(self, text: str) -> str:
        """What of the text so far is certain."""
        return self._mend(self._held + text, final=False)

    def rest(self) -> str:
        """What was still held back."""
        return self._mend(self._held, final=True)

    def _mend(self, text: str, *, final: bool) -> str:
        mended: list[str] = []
        position = 0
        while position < len(text):
            through = self._through_cdata if self._in_cdata else self._through_markup
            reached = through(text, position, mended, final=final)
            if reached == position:
                break
            position = reached
        self._held = text[position:]
        return "".join(mended)

    def _through_cdata(self, text: str, position: int, mended: list[str], *, final: bool) -> int:
        """Go on to the section's end, or to where that may be cut in two."""
        found = text.find("]]>", position)
        if found >= 0:
            self._in_cdata = False
            end = found + 3
        else:
            end = len(text) if final else max(position, len(text) - 2)
        mended.append(text[position:end])
        return end

    def _through_markup(self, text: str, position: int, mended: list[str], *, final: bool) -> int:
        """Mend up to a CDATA section, or to where a reference may be cut in two."""
        safe = len(text) if final else self._safe_end(text, position)
        for match in _LOOSE.finditer(text, position):
            if match.start() >= safe:
                break
            mended.append(text[position : match.start()])
            position = match.end()
            if len(match.group()) > 1:
                mended.append(match.group())
                self._in_cdata = True
                return position
            mended.append("&amp;" if match.group() == "&" else "&lt;")
        mended.append(text[position:safe])
        return max(position, safe)

    @staticmethod
    def _safe_end(text: str, position: int) -> int:
        tail = max(position, len(text) - _LONGEST_REFERENCE)
        cut = [at for mark in "&<" if (at := text.find(mark, tail)) >= 0]
        return min(cut, default=len(text))


class _Handler(ContentHandler):
    """Collects what the parser reports, to be taken piece by piece."""

    def __init__(self, texts: frozenset[str]) -> None:
        super().__init__()
        self._texts = texts
        self._depth = 0
        self._ready: list[Start | End] = []
        self._spool: SpooledTemporaryFile[bytes] | None = None
        self._given: list[BinaryIO] = []
        self._silent = 0

    def take(self) -> Iterator[Start | End]:
        """What was reported since; the texts given before are closed."""
        ready, self._ready = self._ready, []
        yield from ready
        for text in self._given:
            text.close()
        self._given = []

    def grew(self, count: int) -> None:
        """Note that so many characters were parsed.

        :raises DocumentError: nothing has come of very many of them.
        """
        self._silent += count
        if self._silent > MAX_TAG:
            raise DocumentError(
                Fault.TOO_LARGE, f"a tag or comment is longer than {MAX_TAG // MIB} MiB"
            )

    def close(self) -> None:
        """Remove the temporary files."""
        for text in [self._spool, *self._given]:
            if text is not None:
                with suppress(OSError):
                    text.close()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """An element begins; text of the one around it that was collected so far is dropped."""
        self._silent = 0
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise DocumentError(
                Fault.INVALID, f"the XML is nested deeper than {MAX_DEPTH} elements"
            )
        if self._spool is not None:
            self._spool.close()
        self._spool = SpooledTemporaryFile(_IN_MEMORY) if name in self._texts else None  # noqa: SIM115
        values = {key: _restore(value).decode("utf-8", "replace") for key, value in attrs.items()}
        self._ready.append(Start(name, values))

    def characters(self, content: str) -> None:
        """Some of an element's text."""
        self._silent = 0
        if self._spool is not None:
            self._spool.write(_restore(content))

    def endElement(self, name: str) -> None:  # noqa: N802
        """An element ends."""
        self._silent = 0
        self._depth -= 1
        text = None
        if self._spool is not None:
            self._spool.seek(0)
            text = cast(BinaryIO, self._spool)
            self._given.append(text)
            self._spool = None
        self._ready.append(End(name, text))


def _restore(text: str) -> bytes:
    return _STOOD_IN.sub(_original, text.encode("utf-8"))
