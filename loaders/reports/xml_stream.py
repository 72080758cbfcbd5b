"""Parse XML documents as a stream of elements, robust against hostile input and Spack's mistakes.

Spack fills templates, so build output ends up in its reports unescaped. Repaired here:

- control characters and bytes that are not UTF-8, which XML forbids: the texts of `ElementEnd`
  events contain the original bytes;
- `&` and `<` that start no reference and no tag are taken literally.

Rejected: DTDs, and with them all entities that a document defines; XML that is malformed or
truncated; and sizes that only an attack would have. Text is spooled to a temporary file, so a
report of any size takes little memory.
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

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.source import MIB, read_chunks

MAX_REPORT_BYTES = 2048 * MIB
"""Maximum size of a report after decompression, in bytes."""
MAX_TAG = 16 * MIB
"""Maximum length of a tag or comment, in characters."""

_IN_MEMORY = MIB
_CHUNK = 1 << 16
# A byte that XML forbids passes through the parser as this code point plus its value. The code
# points are for private use, so that ordinary text has none of them.
_STAND_IN = 0x10FE00

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\udc80-\udcff\ufffe\uffff]")
_STAND_INS = re.compile(rb"\xf4\x8f[\xb8-\xbb][\x80-\xbf]")
# An ampersand or less-than sign that XML would reject, or the start of a CDATA section.
_UNESCAPED = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)|<(?![A-Za-z_/!?])|<!\[CDATA\["
)
_FIRST_TAG = re.compile(
    # Without the atomic groups, the time would double with each instruction or comment.
    rb"\A(?:\xef\xbb\xbf)?\s*+(?:<\?(?>.*?\?>)\s*+|<!--(?>.*?-->)\s*+)*+<([A-Za-z][\w.-]*+)[\s/>]",
    re.DOTALL,
)
# Length of `&#x10ffff;`: a later `&` or `<` may be the start of a reference or tag cut in two.
_LONGEST_REFERENCE = 10


@dataclass(frozen=True, slots=True)
class ElementStart:
    """The start of an element; line ends in its attributes have become spaces."""

    tag: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ElementEnd:
    """The end of an element.

    Attributes:
        text: Its text if requested; it must be read before the next event is requested.
    """

    tag: str
    text: BinaryIO | None = None


def first_tag(head: bytes) -> str | None:
    """Return the name of the root element, from the first bytes of a document."""
    match = _FIRST_TAG.match(head)
    return match.group(1).decode("ascii", "replace") if match else None


def iter_elements(stream: BinaryIO, texts: frozenset[str]) -> Iterator[ElementStart | ElementEnd]:
    """Yield the start and the end of all elements of a document, in order.

    Args:
        stream: The document.
        texts: Names of the elements whose text is needed; other text is dropped.

    Raises:
        DocumentError: Malformed, truncated, too large, or with a DTD.
    """
    handler = _Handler(texts)
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(handler)
    repairer = _Repairer()
    try:
        for text in _decode_text(stream):
            parser.feed(repairer.repair_part(text))
            handler.count_characters(len(text))
            yield from handler.take_events()
        parser.feed(repairer.repair_rest())
        parser.close()
        yield from handler.take_events()
    except SAXParseException as error:
        raise DocumentError(Fault.MALFORMED, _describe_error(error)) from error
    except DefusedXmlException as error:
        raise DocumentError(
            Fault.UNSUPPORTED, "the XML has a DTD or defines entities, which is not supported"
        ) from error
    finally:
        handler.close()


def read_text(end: ElementEnd, limit: int = 1 << 16) -> str:
    """Return the text of an element, cut after `limit` bytes."""
    return end.text.read(limit).decode("utf-8", "replace") if end.text else ""


def _describe_error(error: SAXParseException) -> str:
    message = error.getMessage()
    if message in ("no element found", "unclosed token"):
        return f"the XML ends early or is not XML: {message} at line {error.getLineNumber()}"
    return f"not well-formed XML: {message} at line {error.getLineNumber()}"


def _decode_text(stream: BinaryIO) -> Iterator[str]:
    """Yield the document's text, with stand-ins for bytes that XML forbids."""
    # The declared encoding is ignored: Spack writes the bytes of logs, whatever it declares.
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    total = 0
    for chunk in read_chunks(stream, _CHUNK):
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


def _restore_byte(match: re.Match[bytes]) -> bytes:
    return bytes([ord(match.group().decode("utf-8")) - _STAND_IN])


class _Repairer:
    """Escapes loose `&` and `<`, except in CDATA sections."""

    def __init__(self) -> None:
        self._held = ""
        self._in_cdata = False

    def repair_part(self, text: str) -> str:
        """Return the part of the text that can be decided by now."""
        return self._escape_loose(self._held + text, final=False)

    def repair_rest(self) -> str:
        """Return the text still held back."""
        return self._escape_loose(self._held, final=True)

    def _escape_loose(self, text: str, *, final: bool) -> str:
        repaired: list[str] = []
        position = 0
        while position < len(text):
            through = self._through_cdata if self._in_cdata else self._through_markup
            reached = through(text, position, repaired, final=final)
            if reached == position:
                break
            position = reached
        self._held = text[position:]
        return "".join(repaired)

    def _through_cdata(self, text: str, position: int, repaired: list[str], *, final: bool) -> int:
        """Continue to the section's end, or to where its end may be split across chunks."""
        found = text.find("]]>", position)
        if found >= 0:
            self._in_cdata = False
            end = found + 3
        else:
            end = len(text) if final else max(position, len(text) - 2)
        repaired.append(text[position:end])
        return end

    def _through_markup(self, text: str, position: int, repaired: list[str], *, final: bool) -> int:
        """Repair text up to a CDATA section, or to where a reference may be split across chunks."""
        safe = len(text) if final else self._safe_end(text, position)
        for match in _UNESCAPED.finditer(text, position):
            if match.start() >= safe:
                break
            repaired.append(text[position : match.start()])
            position = match.end()
            if len(match.group()) > 1:
                repaired.append(match.group())
                self._in_cdata = True
                return position
            repaired.append("&amp;" if match.group() == "&" else "&lt;")
        repaired.append(text[position:safe])
        return max(position, safe)

    @staticmethod
    def _safe_end(text: str, position: int) -> int:
        tail = max(position, len(text) - _LONGEST_REFERENCE)
        cut = [at for mark in "&<" if (at := text.find(mark, tail)) >= 0]
        return min(cut, default=len(text))


class _Handler(ContentHandler):
    """Collects the parser's events until they are taken."""

    def __init__(self, texts: frozenset[str]) -> None:
        super().__init__()
        self._texts = texts
        self._limits = limits.current()
        self._depth = 0
        self._elements = 0
        self._ready: list[ElementStart | ElementEnd] = []
        self._spool: SpooledTemporaryFile[bytes] | None = None
        self._taken_texts: list[BinaryIO] = []
        self._since_event = 0

    def take_events(self) -> Iterator[ElementStart | ElementEnd]:
        """Yield the events since the last call; the texts yielded before are closed."""
        ready, self._ready = self._ready, []
        for event in ready:
            limits.spend()
            yield event
        for text in self._taken_texts:
            text.close()
        self._taken_texts = []

    def count_characters(self, count: int) -> None:
        """Count parsed characters.

        Raises:
            DocumentError: A long stretch of them produced no event.
        """
        self._since_event += count
        if self._since_event > MAX_TAG:
            raise DocumentError(
                Fault.TOO_LARGE, f"a tag or comment is longer than {MAX_TAG // MIB} MiB"
            )

    def close(self) -> None:
        """Remove the temporary files."""
        for text in [self._spool, *self._taken_texts]:
            if text is not None:
                with suppress(OSError):
                    text.close()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Handle the start of an element; text collected so far for its parent is dropped."""
        self._since_event = 0
        self._depth += 1
        if self._depth > self._limits.depth:
            raise DocumentError(
                Fault.INVALID, f"the XML is nested deeper than {self._limits.depth} elements"
            )
        self._elements += 1
        if self._elements > self._limits.xml_elements:
            raise DocumentError(
                Fault.TOO_LARGE, f"the XML has more than {self._limits.xml_elements} elements"
            )
        if self._spool is not None:
            self._spool.close()
        self._spool = SpooledTemporaryFile(_IN_MEMORY) if name in self._texts else None  # noqa: SIM115
        values = {
            key: _restore_bytes(value).decode("utf-8", "replace") for key, value in attrs.items()
        }
        self._ready.append(ElementStart(name, values))

    def characters(self, content: str) -> None:
        """Handle a part of an element's text."""
        self._since_event = 0
        if self._spool is not None:
            self._spool.write(_restore_bytes(content))

    def endElement(self, name: str) -> None:  # noqa: N802
        """Handle the end of an element."""
        self._since_event = 0
        self._depth -= 1
        text = None
        if self._spool is not None:
            self._spool.seek(0)
            text = cast(BinaryIO, self._spool)
            self._taken_texts.append(text)
            self._spool = None
        self._ready.append(ElementEnd(name, text))


def _restore_bytes(text: str) -> bytes:
    return _STAND_INS.sub(_restore_byte, text.encode("utf-8"))
