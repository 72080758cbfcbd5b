import gzip
import io
from collections.abc import Callable

import pytest
import zstandard

from loaders import source
from loaders.errors import DocumentError, Fault

PACKERS: list[Callable[[bytes], bytes]] = [
    lambda raw: raw,
    gzip.compress,
    zstandard.ZstdCompressor().compress,
    lambda raw: gzip.compress(raw[:3]) + gzip.compress(raw[3:]),
]


@pytest.mark.parametrize("pack", PACKERS, ids=["plain", "gzip", "zstd", "gzip in two members"])
def test_compression_is_detected_by_the_first_bytes(pack: Callable[[bytes], bytes]) -> None:
    assert source.unpack_body(pack(b'{"spec": 1}')) == b'{"spec": 1}'


@pytest.mark.parametrize("pack", PACKERS[:3], ids=["plain", "gzip", "zstd"])
def test_decompressing_to_more_than_the_limit_is_refused(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DocumentError) as caught:
        source.unpack_body(pack(b"x" * 5_000_000), limit=1 << 20)
    assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize("pack", PACKERS[1:3], ids=["gzip", "zstd"])
def test_a_truncated_archive_is_malformed(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(range(256)) * 1000)
    with pytest.raises(DocumentError) as caught:
        source.unpack_body(packed[: len(packed) // 2])
    assert caught.value.fault is Fault.MALFORMED


@pytest.mark.parametrize("raw", [b"", b"a", b"a\n", b"a\nb", b"a\n\nb\n", b"\n" + b"x" * 3_000_000])
def test_lines_are_split_like_bytes_split_does(raw: bytes) -> None:
    lines = list(source.read_lines(io.BytesIO(raw)))
    expected = raw.split(b"\n")
    assert lines == (expected if expected[-1] else expected[:-1])


def test_a_line_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        list(source.read_lines(io.BytesIO(b"x" * 3_000_000), limit=1 << 20))
    assert caught.value.fault is Fault.TOO_LARGE
