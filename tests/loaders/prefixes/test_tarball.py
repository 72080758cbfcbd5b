"""Programs and libraries in archives of build caches: read as a stream, whatever their layout."""

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from loaders.collections.archive_files import read_files
from loaders.errors import Problem
from loaders.evidence import SpecName
from loaders.prefixes import tarball
from loaders.prefixes.contents import PrefixContents
from tests.loaders.elf.writer import Library

SPEC = SpecName("rduow63atur4sld6ilkyew6sah4633m7", "app")
NAME = f"app-1.0-{SPEC.hash}"
PREFIX = f"srv/spack/opt/linux/{NAME}"
OTHER = "ezflhktbsdgr2zuexbx2ynfmjdqmzwl7"
BUILD_INFO = f"buildpath: /home/me/opt\nrelative_prefix: linux/{NAME}\n".encode()
ELF = Library(soname="libgood.so.1").content()


def pack(base: str, **more: bytes) -> bytes:
    files = {
        "z-first.pc": f"prefix=/x/mpi-{OTHER}".encode(),
        ".spack/spec.json": f'{{"hash": "{OTHER}"}}'.encode(),
        "lib/libgood.so.1.0": ELF,
        "lib/libtext.so": b"INPUT(-lgood)",
        **{name.replace("__", "/"): content for name, content in more.items()},
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{base}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, kind, target in (
            ("lib/libgood.so.1", tarfile.SYMTYPE, "libgood.so.1.0"),
            ("lib/libsame.so", tarfile.LNKTYPE, f"{base}/lib/libgood.so.1.0"),
            ("lib/libpipe.so", tarfile.FIFOTYPE, ""),
        ):
            member = tarfile.TarInfo(f"{base}/{name}")
            member.type, member.linkname = kind, target
            tar.addfile(member)
    return packed.getvalue()


def read(folder: Path, content: bytes) -> list[PrefixContents | Problem]:
    path = folder / "archive"
    path.write_bytes(content)
    return list(read_files(path, SPEC, "mirror"))


def only_contents(folder: Path, content: bytes) -> PrefixContents:
    [found] = read(folder, content)
    assert isinstance(found, PrefixContents)
    return found


@pytest.mark.parametrize(
    ("base", "more", "prefix"),
    [
        (PREFIX, {}, f"/{PREFIX}"),
        (NAME, {".spack__binary_distribution": BUILD_INFO}, f"/home/me/opt/linux/{NAME}"),
    ],
)
def test_paths_are_relative_to_the_prefix(
    tmp_path: Path, base: str, more: dict[str, bytes], prefix: str
) -> None:
    found = only_contents(tmp_path, pack(base, **more))
    assert found.prefix == prefix
    assert (found.kind, found.mirror, found.complete) == ("cache", "mirror", True)
    assert {each.path: each.soname for each in found.libraries} == {
        "lib/libgood.so.1.0": "libgood.so.1",
        "lib/libsame.so": "libgood.so.1",
    }
    assert found.links == {"lib/libgood.so.1": "libgood.so.1.0"}
    assert found.refused == {"lib/libtext.so": "a text", "lib/libpipe.so": "not a regular file"}
    assert found.texts == {"z-first.pc": [OTHER]}


def test_archive_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert list(read_files(tmp_path / "none", SPEC, "mirror")) == []
    assert list(read_files(None, SPEC, "mirror")) == []


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_archive_is_named_and_nothing_of_it_is_kept(tmp_path: Path, share: float) -> None:
    packed = pack(PREFIX, lib__libbig=bytes(range(256)) * 2_000)
    [problem] = read(tmp_path, packed[: int(len(packed) * share)])
    assert isinstance(problem, Problem)
    assert (problem.place, "tarball" in str(problem.error)) == (str(tmp_path / "archive"), True)


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    for content in (b"", b"text", zstandard.ZstdCompressor().compress(b"text"), ELF):
        [problem] = read(tmp_path, content)
        assert isinstance(problem, Problem)


def test_damaged_library_in_an_archive_is_named(tmp_path: Path) -> None:
    found = only_contents(tmp_path, pack(PREFIX, lib__libbad=ELF[:20]))
    assert [problem.place.rpartition("/")[2] for problem in found.problems] == ["libbad"]
    assert [each.path for each in found.libraries] == ["lib/libgood.so.1.0", "lib/libsame.so"]


def test_large_libraries_and_many_files_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarball, "MAX_MEMBER", 100)
    found = only_contents(tmp_path, pack(PREFIX))
    assert list(found.unknown) == ["lib/libgood.so.1.0"]
    monkeypatch.setattr(tarball, "MAX_FILES", 3)
    found = only_contents(tmp_path, pack(PREFIX))
    assert (found.complete, len(found.problems)) == (False, 1)


def test_an_archive_with_only_the_spec_document_says_nothing(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        member = tarfile.TarInfo(f"{PREFIX}/.spack/spec.json")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"{}"))
    assert read(tmp_path, packed.getvalue()) == []
