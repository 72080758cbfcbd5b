import io
import tracemalloc
from collections.abc import Iterator

import pytest

from loaders.errors import DocumentError, Fault
from loaders.limits import Limits, applied
from loaders.reports import xml_stream
from loaders.reports.xml_stream import ElementEnd, ElementStart, first_tag, iter_elements

TEXTS = frozenset({"log"})


def logs(document: bytes) -> list[bytes]:
    return [
        event.text.read()
        for event in iter_elements(io.BytesIO(document), TEXTS)
        if isinstance(event, ElementEnd) and event.text is not None
    ]


def fault(document: bytes) -> tuple[Fault, str]:
    with pytest.raises(DocumentError) as caught:
        list(iter_elements(io.BytesIO(document), TEXTS))
    return caught.value.fault, caught.value.detail


def test_elements_come_in_order_with_their_attributes() -> None:
    document = b"<a x='1 &lt; 2'><b/><log y=''>text</log></a>"
    tags = [(type(event), event.tag) for event in iter_elements(io.BytesIO(document), TEXTS)]
    assert tags == [
        (ElementStart, "a"),
        (ElementStart, "b"),
        (ElementEnd, "b"),
        (ElementStart, "log"),
        (ElementEnd, "log"),
        (ElementEnd, "a"),
    ]
    first = next(iter_elements(io.BytesIO(document), TEXTS))
    assert isinstance(first, ElementStart)
    assert first.attributes == {"x": "1 < 2"}


REPAIRED = [
    (b"a &amp; b &lt; c &#39;d&#39; &#x41;", b"a & b < c 'd' A"),
    (b"a && b & c &unknown; &#; <", b"a && b & c &unknown; &#; <"),
    (b"if (a < b && b<3)", b"if (a < b && b<3)"),
    (b"\x1b[31mred\x1b[0m\x00\x08\x0c", b"\x1b[31mred\x1b[0m\x00\x08\x0c"),
    (b"caf\xe9 \xff\xfe \xed\xa0\x80", b"caf\xe9 \xff\xfe \xed\xa0\x80"),
    (b"\xef\xbf\xbe\xef\xbf\xbf", b"\xef\xbf\xbe\xef\xbf\xbf"),
    ("größer 🚀".encode(), "größer 🚀".encode()),
    (b"<![CDATA[a && b < c ]] > ]]>&", b"a && b < c ]] > &"),
    (b"<!-- & < -->x", b"x"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 11, 1 << 16])
@pytest.mark.parametrize(("written", "meant"), REPAIRED)
def test_unescaped_text_is_read_as_it_was_written(
    written: bytes, meant: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_stream, "_CHUNK", size)
    assert logs(b"<r><log>" + written + b"</log></r>") == [meant]


def test_the_declared_encoding_is_ignored() -> None:
    document = '<?xml version="1.0" encoding="ISO-8859-1"?><log>ü</log>'.encode()
    assert logs(document) == ["ü".encode()]


@pytest.mark.parametrize(
    ("document", "kind", "detail"),
    [
        (b"", Fault.MALFORMED, "ends early"),
        (b"  \n", Fault.MALFORMED, "ends early"),
        (b"{}", Fault.MALFORMED, "not well-formed"),
        (
            b"<a>\n<log>text",
            Fault.MALFORMED,
            "ends early or is not XML: no element found at line 2",
        ),
        (b"<a>\n<log", Fault.MALFORMED, "unclosed token at line 2"),
        (b"<a>\n</b>", Fault.MALFORMED, "mismatched tag at line 2"),
        (b"<a/><b/>", Fault.MALFORMED, "junk after document element"),
        (b"<a x=1/>", Fault.MALFORMED, "not well-formed"),
        (b"<a>&#0;</a>", Fault.MALFORMED, "invalid character number"),
        ("<a/>".encode("utf-16"), Fault.MALFORMED, "not well-formed"),
        (b"<!DOCTYPE a><a/>", Fault.UNSUPPORTED, "DTD"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', Fault.UNSUPPORTED, "DTD"),
    ],
)
def test_broken_documents_are_refused_with_a_reason(
    document: bytes, kind: Fault, detail: str
) -> None:
    found, text = fault(document)
    assert found is kind
    assert detail in text


def test_an_entity_bomb_is_refused_before_it_expands() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 100}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{levels}]><log>&e9;</log>'
    assert fault(bomb.encode())[0] is Fault.UNSUPPORTED


def test_an_external_entity_is_not_fetched() -> None:
    document = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><log>&e;</log>'
    assert fault(document)[0] is Fault.UNSUPPORTED


def test_deep_nesting_is_refused() -> None:
    depth = Limits().depth
    assert fault(b"<a>" * (depth + 1))[0] is Fault.INVALID
    assert logs(b"<a>" * (depth - 1) + b"<log>x</log>" + b"</a>" * (depth - 1)) == [b"x"]


def test_an_endless_tag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_TAG", 1 << 18)
    kind, detail = fault(b"<log x='" + b"y" * (1 << 20))
    assert kind is Fault.TOO_LARGE
    assert "tag or comment" in detail


def test_a_report_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "MAX_REPORT_BYTES", 1 << 20)
    assert fault(b"<log>" + b"x\n" * (1 << 20))[0] is Fault.TOO_LARGE


class GeneratedDocument(io.BytesIO):
    """A document with a single element of a great many lines, one per read."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._chunks = self._generate(lines)

    @staticmethod
    def _generate(lines: int) -> Iterator[bytes]:
        yield b"<r><log>"
        for _ in range(lines):
            yield b"==&gt; &#39;make&#39; \x1b[1m" + b"x" * 8000 + b"\n"
        yield b"</log></r>"

    def read(self, size: int | None = -1, /) -> bytes:
        return next(self._chunks, b"")


def test_a_large_log_takes_little_memory() -> None:
    lines = 2000
    tracemalloc.start()
    for event in iter_elements(GeneratedDocument(lines), TEXTS):
        if isinstance(event, ElementEnd) and event.text is not None:
            assert event.text.seek(0, io.SEEK_END) == lines * (len("==> 'make' \x1b[1m") + 8001)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_text_is_closed_when_the_next_is_yielded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_CHUNK", 16)
    document = b"<r><log>x</log>" + b" " * 40 + b"<log>y</log></r>"
    events = iter_elements(io.BytesIO(document), TEXTS)
    texts = []
    for event in events:
        if isinstance(event, ElementEnd) and event.text is not None:
            assert not event.text.closed
            texts.append(event.text)
            assert all(text.closed for text in texts[:-1])
    assert len(texts) == 2


def test_texts_are_closed_when_reading_stops() -> None:
    events = iter_elements(io.BytesIO(b"<r><log>x</log><log>y</log></r>"), TEXTS)
    text = next(event.text for event in events if isinstance(event, ElementEnd) and event.text)
    events.close()  # type: ignore[attr-defined]
    assert text.closed


@pytest.mark.parametrize(
    ("head", "tag"),
    [
        (b"<testsuites>", "testsuites"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a <b> -->\n <Site BuildName', "Site"),
        (b"<Update/>", "Update"),
        (b"<?xml version='1.0'?>", None),
        (b"<!-- not closed <Site ", None),
        (b"<?x?>" * 5_000, None),
        (b"<!---->" * 5_000 + b"<Site>", "Site"),
        (b"{}", None),
        (b"", None),
    ],
)
def test_the_root_element_is_found_in_the_first_bytes(head: bytes, tag: str | None) -> None:
    assert first_tag(head) == tag


def test_too_many_elements_are_refused() -> None:
    with applied(Limits(xml_elements=3)):
        list(xml_stream.iter_elements(io.BytesIO(b"<a><b/><b/></a>"), frozenset()))
        with pytest.raises(DocumentError) as caught:
            list(xml_stream.iter_elements(io.BytesIO(b"<a><b/><b/><b/></a>"), frozenset()))
    assert caught.value.fault == Fault.TOO_LARGE
