"""The libraries of a prefix that Spack did not install."""

from pathlib import Path

import pytest

from loaders import limits
from loaders.errors import DocumentError
from loaders.prefixes.contents import PrefixContents
from loaders.prefixes.external import read_external
from tests.loaders.elf.writer import Library

ELF = Library(soname="libgood.so.1").content()


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Return a prefix like `/usr` of Debian."""
    for folder in ("lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3", "share", "opt/lib", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    debian = tmp_path / "lib/x86_64-linux-gnu"
    for path in (
        *("lib/libown.so.2", "opt/lib/libopt.so", "share/libdata.so", "bin/tool"),
        *("lib/x86_64-linux-gnu/libgood.so.1.2", "lib/x86_64-linux-gnu/object.o"),
        "lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libgood.so.1",
    ):
        (tmp_path / path).write_bytes(ELF)
    (debian / "libgood.so.1").symlink_to("libgood.so.1.2")
    (debian / "libcut.so").write_bytes(ELF[:40])
    (debian / "libscript.so").write_text("GROUP ( libgood.so.1 )")
    (tmp_path / "lib64").symlink_to("lib")
    return tmp_path


def paths(found: PrefixContents) -> list[str]:
    return sorted(each.path for each in found.libraries)


def test_only_libraries_in_the_usual_folders_are_read(prefix: Path) -> None:
    found = read_external(prefix)
    debian = "lib/x86_64-linux-gnu"
    assert paths(found) == [
        "lib/libown.so.2",
        f"{debian}/glibc-hwcaps/x86-64-v3/libgood.so.1",
        f"{debian}/libgood.so.1.2",
    ]
    assert found.links == {"lib64": "lib", f"{debian}/libgood.so.1": "libgood.so.1.2"}
    assert sorted(found.refused) == [f"{debian}/libcut.so", f"{debian}/libscript.so"]
    assert [each.place for each in found.problems] == [f"{prefix}/{debian}/libcut.so"]
    assert (found.kind, found.prefix, found.complete) == ("external", str(prefix), False)


def test_folders_can_be_chosen_by_either_path(prefix: Path) -> None:
    assert paths(read_external(prefix, ["opt/lib"])) == ["opt/lib/libopt.so"]
    chosen = [str(prefix / "share"), "opt/lib"]
    assert paths(read_external(prefix, chosen)) == ["opt/lib/libopt.so", "share/libdata.so"]


@pytest.mark.parametrize("folder", ["../elsewhere", "/", "nothing", "bin/tool"])
def test_a_folder_that_is_not_in_the_prefix_is_refused(prefix: Path, folder: str) -> None:
    with pytest.raises(DocumentError, match="is not a folder in"):
        read_external(prefix, [folder])


def test_reading_ends_after_so_many_files(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.prefixes.folder.MAX_FILES", 1)
    with limits.budget():
        found = read_external(prefix)
    assert paths(found) == ["lib/libown.so.2"]
    assert [each.error.detail for each in found.problems] == [
        "more than 1 files; the rest is not read"
    ]
