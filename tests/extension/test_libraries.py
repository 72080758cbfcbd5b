"""Programs and libraries as the extension sends them: condensed, and read like the whole files."""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cypher.run import Database
from loaders.elf.facts import ElfFacts
from loaders.elf.file import ElfError
from loaders.elf.reader import read_elf
from service.queries.libraries import read_facts, read_prefixes
from tests.documents import named
from tests.extension.running import EXTENSION, FakeSpack
from tests.graph import value
from tests.loaders.elf.writer import Library

SYSTEM = sorted(
    path
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib")
    for path in Path(folder).glob("*.so*")
    if path.is_file() and not path.is_symlink()
)[:40]
MOST = 4 << 20
"""Size of the largest library of the system that is condensed here, in bytes."""
SHAPES = [(bits, order) for bits in (32, 64) for order in "<>"]
Condense = Callable[[bytes], bytes]


@pytest.fixture
def condense(monkeypatch: pytest.MonkeyPatch) -> Condense:
    monkeypatch.syspath_prepend(EXTENSION)
    for name in [each for each in sys.modules if each.partition(".")[0] == "specgraph"]:
        monkeypatch.delitem(sys.modules, name)
    from specgraph import elf

    def condense_or_head(content: bytes) -> bytes:
        try:
            return bytes(elf.condense(content))
        except elf.DamagedError:
            return content[:64]

    return condense_or_head


def facts_of(content: bytes) -> ElfFacts | None:
    """Return the facts of a file, None if it is damaged."""
    try:
        facts = read_elf(content)
    except ElfError:
        return None
    return None if facts.is_truncated else facts


@pytest.mark.parametrize(("bits", "order"), SHAPES)
def test_a_condensed_file_is_read_as_the_whole_one(
    condense: Condense, bits: int, order: str
) -> None:
    content = Library(bits=bits, order=order).content()
    assert facts_of(condense(content)) == facts_of(content)


@pytest.mark.skipif(not SYSTEM, reason="no libraries of the system in the usual folders")
def test_libraries_of_the_system_become_small_and_are_read_alike(condense: Condense) -> None:
    whole = small = 0
    for path in SYSTEM:
        content = path.read_bytes()
        if content.startswith(b"\x7fELF") and len(content) <= MOST:
            condensed = condense(content)
            assert facts_of(condensed) == facts_of(content), path
            whole, small = whole + len(content), small + len(condensed)
    assert small < whole / 2


@pytest.mark.parametrize(("bits", "order"), SHAPES)
def test_a_damaged_file_is_damaged_when_condensed(
    condense: Condense, bits: int, order: str
) -> None:
    content = Library(bits=bits, order=order).content()
    chosen = random.Random(5)
    for size in range(0, len(content), 3):
        assert facts_of(condense(content[:size])) == facts_of(content[:size]), size
    for _ in range(300):
        place, value = chosen.randrange(len(content)), chosen.randrange(256)
        changed = content[:place] + bytes([value]) + content[place + 1 :]
        facts = facts_of(condense(changed))
        assert facts is None or facts == facts_of(changed), (place, value)


def test_builds_option_sends_what_the_loader_reads(spack: FakeSpack, database: Database) -> None:
    document = named("xz-5.6.3")
    spack.add_installed(document)
    folder = spack.root / "opt" / document.stem
    content = Library(soname="liblzma.so.5").content()
    for name in ("lib", "bin", "share"):
        (folder / name).mkdir()
    (folder / "lib" / "liblzma.so.5.6").write_bytes(content + bytes(1 << 20))
    (folder / "lib" / "liblzma.so.5").symlink_to("liblzma.so.5.6")
    (folder / "lib" / "libtext.so").write_text("INPUT ( liblzma.so.5 )")
    (folder / "lib" / "liblzma.so.old").write_text("no longer a library")
    (folder / "bin" / "xzless").write_text("#!/bin/sh\n" + "x" * 1000)
    (folder / "bin" / "xzless").chmod(0o755)
    (folder / "share" / "secret").write_text("not sent")
    done = spack.run("specgraph", "upload", "xz", "--builds", "--no-libraries")
    assert (done.returncode, "program" in done.stdout) == (0, False), done.stderr
    done = spack.run("specgraph", "upload", "xz", "--builds")
    assert done.returncode == 0, done.stderr
    assert "1 program or library, 1 new\n" in done.stdout
    uid = value(database, "MATCH (s:Spec {name: 'xz'}) RETURN s.uid")
    (found,) = read_prefixes(database, [uid])[uid]
    assert list(found.libraries) == ["lib/liblzma.so.5.6"]
    assert sorted(found.refused) == ["lib/liblzma.so.old", "lib/libtext.so"]
    (facts,) = read_facts(database, found.libraries.values()).values()
    assert facts == read_elf(content)
    assert not found.complete
