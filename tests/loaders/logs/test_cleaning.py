import gzip
import hashlib
import io
import re
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence import Log
from loaders.logs import log_lines
from loaders.logs.cleaning import (
    LogSection,
    attempt_key,
    clean_log,
    first_timestamp,
    first_timestamp_seconds,
    open_log,
    split_phases,
)
from loaders.logs.log_lines import LogLines
from loaders.logs.redaction import MARK, Redactor
from tests.loaders.logs.streams import repeated


def text_of(raw: bytes) -> str:
    return clean_log(raw).text


def test_a_plain_log_is_kept_unchanged() -> None:
    raw = b"==> one\n\ttwo\n\nthree\n"
    assert clean_log(raw) == Log(raw.decode(), lines=4, size=len(raw), capped=False)


def test_a_last_line_without_line_feed_is_a_line() -> None:
    assert clean_log(b"one\ntwo") == Log("one\ntwo", lines=2, size=7)


def test_an_empty_log_has_no_lines() -> None:
    assert clean_log(b"") == Log("", lines=0, size=0)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kno", "error: no"),
        (b"\x1b]8;;https://gcc.gnu.org/x\x07-Wall\x1b]8;;\x07 on", "-Wall on"),
        (b"\x1b]0;a title\x1b\\text", "text"),
        (b"\x1b(Btext\x1b=", "text"),
        (b"\x1b]never ended", "never ended"),
        (b"a\0b\x07c\x0bd\x0ce\x7ff", "abcdef"),
        ("a\u0085b\u009b31mc\u2028d".encode(), "abcd"),
        (b"tab\tstays", "tab\tstays"),
        (b"\xff\xfe broken \xe2\x82", "\ufffd\ufffd broken \ufffd"),
        ("\u2018quoted\u2019 \U0001f600".encode(), "\u2018quoted\u2019 \U0001f600"),
    ],
)
def test_control_characters_and_escape_sequences_are_removed(raw: bytes, text: str) -> None:
    assert text_of(raw + b"\n") == f"{text}\n"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"10%\r20%\r30%\n", "30%\n"),
        (b"10%\r20%\r\n", "20%\n"),
        (b"10%\r\r\r\nx", "10%\nx"),
        (b"\r\r\n", "\n"),
        (b"10%\r\x1b[K", ""),
    ],
)
def test_overwritten_text_is_removed(raw: bytes, text: str) -> None:
    assert text_of(raw) == text


class _InChunks(io.RawIOBase):
    """A stream that returns a few bytes per read."""

    def __init__(self, raw: bytes, size: int) -> None:
        self._raw, self._size = raw, size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part, self._raw = self._raw[: self._size], self._raw[self._size :]
        return part


_BYTES = st.lists(
    st.sampled_from([b"a", b"\n", b"\r", b"\x1b[0m", b"\0", b"\xe2\x82\xac", b"\xff", b" ", b"==>"])
).map(b"".join)


@given(raw=_BYTES, size=st.integers(1, 7))
def test_chunk_size_does_not_matter(raw: bytes, size: int) -> None:
    stream = _InChunks(raw, size)
    assert clean_log(stream) == clean_log(raw)  # type: ignore[arg-type]


@given(raw=_BYTES | st.binary(max_size=300))
def test_line_and_byte_counts_are_those_of_the_log(raw: bytes) -> None:
    log = clean_log(raw)
    assert log.lines == raw.count(b"\n") + (not raw.endswith(b"\n") and raw != b"")
    assert log.size == len(raw)
    assert log.text.count("\n") == raw.count(b"\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", log.text)
    assert clean_log(log.text.encode()).text == log.text


def test_a_long_line_is_cut_with_a_mark() -> None:
    log = clean_log(b"x" * 1_000_000 + b"\nshort\n")
    assert log.text == "x" * 4000 + " [... 996000 characters cut]\nshort\n"
    assert (log.lines, log.size, log.capped) == (2, 1_000_007, True)


def test_cut_characters_are_counted_not_bytes() -> None:
    log = clean_log("\u20ac".encode() * 1_000_000, cap_line=10)
    assert log.text == "\u20ac" * 10 + " [... 999990 characters cut]"


def test_a_line_of_maximum_length_is_not_cut() -> None:
    assert clean_log(b"x" * 4000).capped is False


def test_the_middle_of_a_long_log_is_left_out() -> None:
    lines = [f"line {number:06}" for number in range(1, 100_001)]
    raw = ("\n".join(lines) + "\n").encode()
    log = clean_log(raw, cap_bytes=10_000)
    kept = log.text.split("\n")
    mark = next(at for at, line in enumerate(kept) if line.startswith("[..."))
    assert len(log.text.encode()) <= 10_000
    assert (log.lines, log.size, log.capped) == (100_000, len(raw), True)
    assert kept[:mark] == lines[:mark]
    assert kept[mark + 1 : -1] == lines[-(len(kept) - mark - 2) :]
    assert len(kept) - mark > 2 * mark
    assert kept[mark] == f"[... {100_000 - (len(kept) - 2)} lines left out]"


@given(lines=st.lists(st.text("ab\u20ac", max_size=30), max_size=60), cap=st.integers(200, 600))
def test_a_log_is_never_larger_than_the_cap(lines: list[str], cap: int) -> None:
    raw = "".join(f"{line}\n" for line in lines).encode()
    log = clean_log(raw, cap_bytes=cap)
    assert len(log.text.encode()) <= cap
    assert log.capped or log.text == raw.decode()


@pytest.mark.parametrize("size", [100, 40_000, 3_000_000])
def test_the_readable_part_of_a_truncated_archive_is_kept(tmp_path: Path, size: int) -> None:
    raw = b"".join(
        hashlib.sha256(bytes([i % 256, i // 256])).hexdigest().encode() + b"\n"
        for i in range(size // 65 + 1)
    )
    packed = gzip.compress(raw)
    path = tmp_path / "spack-build-out.txt.gz"
    path.write_bytes(packed[: len(packed) // 2])
    log = open_log(path)
    assert log.capped
    assert log.text.rstrip("\n").split("\n")[-1].startswith("[... not read further: broken archive")
    assert 0.3 * len(raw) < log.size < 0.7 * len(raw)
    head = log.text.split("\n[...")[0]
    assert raw.startswith(head.encode())


def test_nearly_everything_before_damage_in_an_archive_is_kept(tmp_path: Path) -> None:
    digests = (hashlib.sha256(bytes([i % 256, i // 256])).hexdigest()[:4] for i in range(10_000))
    packed = bytearray(gzip.compress("".join(f"{'x' * 95}{each}\n" for each in digests).encode()))
    place = len(packed) // 2
    packed[place : place + 50] = b"\xff" * 50
    path = tmp_path / "log.gz"
    path.write_bytes(packed)
    before = len(zlib.decompressobj(wbits=31).decompress(packed[:place]))
    log = open_log(path)
    assert log.capped
    assert before - 10_000 < log.size < before + 50_000


def test_an_archive_with_a_wrong_checksum_is_kept_whole(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"one\ntwo\n"))
    packed[-6] ^= 0xFF
    path = tmp_path / "log.gz"
    path.write_bytes(packed)
    log = open_log(path)
    assert log.text.startswith("one\ntwo\n[... not read further")
    assert (log.lines, log.capped) == (2, True)


def test_compressed_and_plain_logs_are_equal(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\n")
    (tmp_path / "b").write_bytes(gzip.compress(b"one\n"))
    (tmp_path / "c").write_bytes(b"")
    assert open_log(tmp_path / "a") == open_log(tmp_path / "b") == clean_log(b"one\n")
    assert open_log(tmp_path / "c") == clean_log(b"")


def test_reading_stops_at_the_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "MAX_LOG", 100_000)
    log = clean_log(repeated(b"line\n", 10_000_000))
    assert 100_000 <= log.size < 200_000
    assert "[... not read further: the log has more than" in log.text


def test_reading_stops_at_the_line_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "MAX_LINES", 1000)
    log = clean_log(repeated(b"\n", 1_000_000))
    assert 1000 <= log.lines < 100_000
    assert log.capped


@pytest.mark.parametrize(
    ("block", "size"),
    [
        (b"x" * 3000 + b"\n" + b"y" * 9000 + b"\n", 100_000_000),
        (b"y" * 9_999_999 + b"\n", 100_000_000),
        (b"\0" * 5000, 100_000_000),
        (b"99%\r" * 5000, 100_000_000),
        (b"\x1b[31m\xff\n", 1_200_000),
    ],
    ids=["lines", "huge lines", "zeros", "progress", "very short lines"],
)
def test_memory_does_not_grow_with_the_log(block: bytes, size: int) -> None:
    tracemalloc.start()
    try:
        log = clean_log(repeated(block, size))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert log.size == size
    assert peak < 15_000_000


def test_secrets_are_redacted_before_lines_are_cut() -> None:
    secret = "ghp_" + "a1B2" * 9
    raw = ("x" * 3990 + " " + secret + "\n").encode()
    assert secret[:8] in clean_log(raw).text
    assert "ghp" not in clean_log(raw, redactor=Redactor()).text


def test_a_private_key_is_redacted_line_by_line() -> None:
    key = b"-----BEGIN RSA PRIVATE KEY-----\nMIIabc+/=\nQUJD\n-----END RSA PRIVATE KEY-----\n"
    raw = b"one\n" + key + b"two\n"
    log = clean_log(raw, redactor=Redactor())
    assert log.text == f"one\n{MARK}\n{MARK}\n{MARK}\n{MARK}\ntwo\n"
    assert log.lines == 6


# Times


@pytest.mark.parametrize(
    ("line", "stamp", "seconds"),
    [
        ("==> [2026-11-24-00:07:36.133928] Find", "2026-11-24-00:07:36.133928", 1795478856.133928),
        (
            "==> [2021-11-24-00:07:36.133928, 4711] 'make'",
            "2021-11-24-00:07:36.133928",
            1637712456.133928,
        ),
        ("==> [2018-01-02-03:04:05] x", "2018-01-02-03:04:05", 1514862245.0),
        (
            "lib/x.py:182 ==> [2021-03-05-17:32:00.472883] y",
            "2021-03-05-17:32:00.472883",
            1614965520.472883,
        ),
    ],
)
def test_the_first_timestamp_is_read_as_utc(line: str, stamp: str, seconds: float) -> None:
    text = f"==> zlib: Executing phase: 'build'\n{line}\n==> [2030-01-01-00:00:00.000000] later\n"
    assert first_timestamp(text) == stamp
    assert first_timestamp_seconds(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "no time\n", "x ==> [2026-11-24-00:07:36.1] no", "==> [now] x"]
)
def test_a_log_without_timestamps_has_no_first_one(text: str) -> None:
    assert (first_timestamp(text), first_timestamp_seconds(text)) == (None, None)


def test_an_invalid_date_is_skipped() -> None:
    text = "==> [2026-13-99-00:00:00.0] x\n==> [2026-11-24-00:07:36.5] y\n"
    assert first_timestamp(text) == "2026-11-24-00:07:36.5"


def test_attempt_keys_distinguish_attempts() -> None:
    timed = clean_log(b"==> [2026-11-24-00:07:36.133928] x\n")
    untimed = clean_log(b"x\n")
    assert attempt_key(timed, "failed") == "2026-11-24-00:07:36.133928"
    assert attempt_key(untimed) == hashlib.sha256(b"x\n").hexdigest()
    assert attempt_key(None, "failed") == hashlib.sha256(b"failed").hexdigest()
    assert attempt_key(clean_log(b""), "failed") == attempt_key(None, "failed")
    assert attempt_key(None) == attempt_key(None, "") == hashlib.sha256(b"").hexdigest()


# Phases


def test_a_log_is_split_at_phase_markers() -> None:
    text = (
        "==> fetching\n"
        "==> zlib: Executing phase: 'configure'\n==> [2026-11-24-00:07:36.1] x\n"
        "==> [2026-11-24-00:07:37.1] zlib: Executing phase: 'build'\nmake\n"
        "==> 4711: zlib: Executing phase: 'install'\n"
        "==> Executing phase : 'check'\nlast"
    )
    found = split_phases(text)
    assert [(each.name, each.first, each.package) for each in found] == [
        ("stage", 1, None),
        ("configure", 2, "zlib"),
        ("build", 4, "zlib"),
        ("install", 6, "zlib"),
        ("check", 7, None),
    ]
    assert found[2].text == "==> [2026-11-24-00:07:37.1] zlib: Executing phase: 'build'\nmake\n"
    assert "".join(each.text for each in found) == text


def test_blank_lines_before_the_first_phase_form_no_section() -> None:
    assert split_phases("\n \n==> a: Executing phase: 'b'\n") == [
        LogSection("b", 3, "==> a: Executing phase: 'b'\n", "a")
    ]


def test_a_log_without_markers_is_one_section() -> None:
    assert split_phases("FAIL: x\n") == [LogSection("stage", 1, "FAIL: x\n", None)]
    assert split_phases("") == []


def test_a_quoted_marker_does_not_split() -> None:
    assert len(split_phases("echo \"==> a: Executing phase: 'b'\"\n")) == 1


def test_sections_equal_the_log_files_of_the_phases(corpus: Path) -> None:
    stages = sorted((corpus / "store").glob("*/failed-stages/*/spack-build-out.txt"))
    for whole in stages:
        parts = sorted(whole.parent.glob("spack-build-[0-9][0-9]-*-out.txt"))
        sections = split_phases(whole.read_text())
        assert [each.name for each in sections] == [part.name.split("-")[3] for part in parts]
        assert [each.text for each in sections] == [part.read_text() for part in parts]
    assert len(stages) == 10


def test_real_installation_logs_are_kept_whole(corpus: Path) -> None:
    paths = list((corpus / "store").rglob("*/.spack/spack-build-out.txt.gz"))
    for path in paths:
        log = open_log(path)
        raw = gzip.decompress(path.read_bytes())
        assert (log.text, log.size, log.capped) == (raw.decode(), len(raw), False)
        assert first_timestamp_seconds(log.text) is not None or "[20" not in log.text
    assert len(paths) > 30


def test_log_lines_carry_their_size_and_end() -> None:
    lines = list(LogLines(b"one\r\n\xe2\x82\xac\nx"))
    assert [(line.text, line.size, line.ended) for line in lines] == [
        ("one", 5, True),
        ("\u20ac", 4, True),
        ("x", 1, False),
    ]
