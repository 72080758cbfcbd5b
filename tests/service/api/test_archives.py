"""Unpack archives that are crafted to be expensive or ambiguous."""

import bz2
import io
import lzma
import os
import struct
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from loaders import limits
from loaders.errors import DocumentError, Fault
from service.api import archives

MIB = 1 << 20


def header(name: bytes, size: int | bytes, kind: bytes = b"0") -> bytes:
    """Return the header block of a member."""
    digits = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2)
    block += digits + b"00000000000\0" + b" " * 8 + kind
    block = block.ljust(257, b"\0") + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: bytes, body: bytes, kind: bytes = b"0") -> bytes:
    return header(name, len(body), kind) + body + b"\0" * (-len(body) % 512)


def pax(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest


def unpack(tmp_path: Path, body: bytes, limit: int = 10 * MIB) -> dict[str, bytes]:
    """Unpack an archive and return its files by name."""
    archive, folder = tmp_path / "archive", tmp_path / "folder"
    archive.write_bytes(body)
    folder.mkdir()
    assert archives.is_tar(archive)
    archives.unpack(archive, folder, limit)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusal_of(tmp_path: Path, body: bytes, limit: int = 10 * MIB) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        unpack(tmp_path, body, limit)
    return caught.value


END = b"\0" * 1024
FILE = member(b"a.json", b"{}")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_archives_of_all_formats_are_unpacked(tmp_path: Path, form: int) -> None:
    names = ["a.json", "deep/" * 19 + "b.json"]
    if form != tarfile.USTAR_FORMAT:
        names += ["long" * 40 + "/c.json", "ä/ö.json"]
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=form) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 600
            tar.addfile(info, io.BytesIO(b"x" * 600))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "a.json"
        tar.addfile(link)
    assert unpack(tmp_path, body.getvalue()) == dict.fromkeys(names, b"x" * 600)


@pytest.mark.parametrize("kind", [b"x", b"X", b"g", b"L", b"K"])
def test_a_large_header_is_refused_without_reading_it(tmp_path: Path, kind: bytes) -> None:
    archive, folder = tmp_path / "archive", tmp_path / "folder"
    size = 300 * MIB
    with archive.open("wb") as file:
        file.write(header(b"h", size, kind))
        file.truncate(512 + size)
        file.seek(0, os.SEEK_END)
        file.write(FILE + END)
    folder.mkdir()
    tracemalloc.start()
    try:
        assert archives.is_tar(archive)
        with pytest.raises(DocumentError) as caught:
            archives.unpack(archive, folder, 1 << 32)
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()
    assert caught.value.fault is Fault.TOO_LARGE
    assert not list(folder.iterdir())


def test_headers_do_not_accumulate_in_memory(tmp_path: Path) -> None:
    records = pax(b"comment", b"x" * 900_000)
    body = b"".join(member(b"h", records, b"x") + member(b"%d" % n, b"") for n in range(20)) + END
    archive, folder = tmp_path / "archive", tmp_path / "folder"
    archive.write_bytes(body)
    folder.mkdir()
    del body
    tracemalloc.start()
    try:
        archives.unpack(archive, folder, MIB)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()
    assert len(list(folder.iterdir())) == 20


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    with limits.applied(limits.Limits(files=3)):
        error = refusal_of(tmp_path, b"".join(header(b"%d/" % n, 0, b"5") for n in range(4)) + END)
    assert (error.fault, "3 files" in error.detail) == (Fault.TOO_LARGE, True)
    assert not list((tmp_path / "folder").iterdir())


def test_the_folders_on_the_way_to_a_file_count(tmp_path: Path) -> None:
    with limits.applied(limits.Limits(files=6)):
        error = refusal_of(tmp_path, member(b"a/b/c/d", b"") + member(b"a/c/d/e", b"") + END)
    assert (error.fault, "6 files" in error.detail) == (Fault.TOO_LARGE, True)


def test_folders_nested_too_deeply_are_refused(tmp_path: Path) -> None:
    with limits.applied(limits.Limits(folders=3)):
        error = refusal_of(tmp_path, header(b"a/a/a/a/a", 0, b"5") + END)
    assert (error.fault, "3 folders" in error.detail) == (Fault.TOO_LARGE, True)


@pytest.mark.parametrize("size", [6 * MIB, b"\x80" + struct.pack(">3xQ", 6 * MIB)])
def test_files_that_are_too_large_together_are_refused(tmp_path: Path, size: int | bytes) -> None:
    one = header(b"a", size) + b"\0" * (6 * MIB)
    error = refusal_of(tmp_path, one * 2 + END)
    assert (error.fault, "10 MiB" in error.detail) == (Fault.TOO_LARGE, True)
    assert not list((tmp_path / "folder").iterdir())


def test_a_size_in_a_pax_header_overrides_that_of_the_member(tmp_path: Path) -> None:
    sized = member(b"h", pax(b"size", b"600"), b"x") + header(b"a", 0)
    assert unpack(tmp_path, sized + b"x" * 1024 + FILE + END) == {
        "a": b"x" * 600,
        "a.json": b"{}",
    }


@pytest.mark.parametrize(
    "body",
    [
        header(b"a", 512, b"S") + b"x" * 512 + END,
        member(b"h", pax(b"GNU.sparse.size", b"99999999999"), b"x") + FILE + END,
        member(b"h", pax(b"GNU.sparse.map", b"0,99999999999"), b"g") + FILE + END,
        member(b"h", pax(b"GNU.sparse.major", b"1"), b"X") + FILE + END,
    ],
)
def test_sparse_files_are_refused(tmp_path: Path, body: bytes) -> None:
    error = refusal_of(tmp_path, body)
    assert (error.fault, "sparse" in error.detail) == (Fault.UNSUPPORTED, True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (FILE[:-1], "ends within a file"),
        (FILE + FILE[:100], "ends within a header"),
        (FILE + b"x" * 512, "checksum"),
        (header(b"a", b"\xff" * 12) + END, "number"),
        (header(b"a", b"9" * 12) + END, "number"),
        (header(b"a/", 512, b"\0") + b"x" * 512 + END, "folder with content"),
        (member(b"h", b"x" * 600, b"x") + FILE + END, "pax"),
        (member(b"h", pax(b"c", b"1" * 1000), b"x") + FILE + END, "digits"),
        (member(b"h", pax(b"size", b"-1"), b"x") + FILE + END, "size"),
        (member(b"h", pax(b"size", b"1"), b"g") + FILE + END, "size"),
        (member(b"h", pax(b"size", b"1") * 2, b"x") + FILE + END, "size"),
        (member(b"h", pax(b"hdrcharset", b"\xff"), b"x") + FILE + END, ""),
        (member(b"h", b"long", b"L") + END, "after a header"),
    ],
)
def test_broken_archives_are_refused_with_a_reason(tmp_path: Path, body: bytes, why: str) -> None:
    error = refusal_of(tmp_path, body)
    assert error.fault is Fault.MALFORMED
    assert why in error.detail


def test_too_many_headers_in_a_row_are_refused(tmp_path: Path) -> None:
    error = refusal_of(tmp_path, member(b"h", pax(b"a", b"b"), b"x") * 1000 + FILE + END)
    assert error.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(("pack", "kind"), [(lzma.compress, "xz"), (bz2.compress, "bzip2")])
def test_archives_of_other_kinds_are_refused(tmp_path: Path, pack: object, kind: str) -> None:
    assert callable(pack)
    error = refusal_of(tmp_path, pack(FILE + END))
    assert (error.fault, f"not a tar but {kind}" in error.detail) == (Fault.UNSUPPORTED, True)


@pytest.mark.parametrize("body", [b"", b"{}", b"{" + b" " * 1000 + b"}"])
def test_other_files_are_not_archives(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(body)
    assert not archives.is_tar(path)


def test_names_that_are_not_utf_8_are_escaped(tmp_path: Path) -> None:
    records = pax(b"hdrcharset", b"BINARY") + pax(b"path", b"pax\xfe.json")
    body = member(b"old\xe9.json", b"1") + member(b"old\xe8.json", b"2")
    body += member(b"h", records, b"x") + FILE
    body += member(b"h", b"long\xe9" * 30 + b"\0", b"L") + FILE
    assert unpack(tmp_path, body + END) == {
        "old\\xe9.json": b"1",
        "old\\xe8.json": b"2",
        "pax\\xfe.json": b"{}",
        "long\\xe9" * 30: b"{}",
    }


def test_an_impossible_date_is_refused(tmp_path: Path) -> None:
    error = refusal_of(tmp_path, member(b"h", pax(b"mtime", b"1e99"), b"x") + FILE + END)
    assert error.fault is Fault.INVALID
