"""Facts of ELF files of every class and byte order, and files that are damaged on purpose."""

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loaders.elf import dynamic, symbols
from loaders.elf.facts import Export, Reference, Use
from loaders.elf.file import ElfError
from loaders.elf.reader import read_elf
from tests.loaders.elf.writer import ADDRESS, Library

READELF = shutil.which("readelf")
SHAPES = [(bits, order, machine) for bits, machine in ((64, 62), (32, 3)) for order in "<>"]


@pytest.mark.parametrize(("bits", "order", "machine"), SHAPES)
def test_facts_of_every_class_and_byte_order(bits: int, order: str, machine: int) -> None:
    facts = read_elf(Library(bits=bits, order=order, machine=machine).content())
    assert (facts.bits, facts.little_endian, facts.machine) == (bits, order == "<", machine)
    assert (facts.soname, facts.needed) == ("libfoo.so.1", ("libbar.so.2",))
    assert facts.exports == (Export("foo_add", "", 0, False, False, False),)
    assert facts.references == (
        Reference("bar_call", "", "", False, False, Use.PLAIN),
        Reference("bar_weak", "", "", False, True, Use.PLAIN),
    )
    assert not facts.is_truncated
    assert facts.definitions is None


def test_a_symbol_is_exported_if_others_may_bind_to_it() -> None:
    rows = (
        ("a_function", 0x12, 1, 8),
        ("a_weak_function", 0x22, 1, 8),
        ("a_unique_variable", 0xA1, 1, 8),
        ("a_local_function", 0x02, 1, 8),
        ("a_section", 0x13, 1, 8),
        ("an_absolute_zero", 0x10, 0xFFF1, 0),
        ("a_zero", 0x10, 1, 0),
        ("a_thread_local_variable", 0x16, 1, 0),
        ("an_undefined_thread_local_variable", 0x16, 0, 0),
        ("a_stub", 0x12, 0, 8),
    )
    facts = read_elf(Library(symbols=rows, relocated=()).content())
    assert {(each.name, each.thread_local, each.is_stub) for each in facts.exports} == {
        ("a_function", False, False),
        ("a_weak_function", False, False),
        ("a_unique_variable", False, False),
        ("an_absolute_zero", False, False),
        ("a_thread_local_variable", True, False),
        ("a_stub", False, True),
    }


@pytest.mark.skipif(READELF is None, reason="no readelf to compare with")
@pytest.mark.parametrize("name", ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"])
def test_facts_of_system_libraries_are_those_of_readelf(name: str) -> None:
    found = [path for path in Path("/usr/lib").glob(f"*/{name}") if path.is_file()]
    if not found:
        pytest.skip(f"no {name} here")
    facts = read_elf(found[0].read_bytes())
    printed = readelf("--dyn-syms", "--dynamic", "--notes", "-W", str(found[0]))
    exported = set()
    for line in printed.splitlines():
        row = line.split()
        if len(row) < 8 or not row[0].rstrip(":").isdigit() or row[6] == "UND":
            continue
        if row[4] in ("GLOBAL", "WEAK", "UNIQUE") and row[5] in ("DEFAULT", "PROTECTED"):
            exported.add(row[7].replace("@@", "@"))
    ours = {f"{each.name}@{each.version}" if each.version else each.name for each in facts.exports}
    # The names of versions are symbols as well; readelf prints them without a version.
    versions = {f"{name}@{name}" for name in facts.definitions or ()}
    assert ours - versions == exported - set(facts.definitions or ())
    assert list(facts.needed) == re.findall(r"\(NEEDED\).*\[(.*)\]", printed)
    assert [facts.soname] == re.findall(r"\(SONAME\).*\[(.*)\]", printed)
    assert re.findall(r"Build ID: (\w+)", printed) == [facts.build_id]


def readelf(*words: str) -> str:
    assert READELF is not None
    done = subprocess.run([READELF, *words], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "magic bytes"),
        (b"\x7fELF", "class or byte order"),
        (b"\x7fELF\x02\x01" + bytes(20), "the header is beyond its end"),
        (b"!<arch>\n", "magic bytes"),
        (b"/* GNU ld script */ INPUT(-lfoo)", "magic bytes"),
    ],
)
def test_what_is_no_elf_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ElfError, match=message):
        read_elf(content)


@pytest.mark.parametrize(
    ("library", "message"),
    [
        (Library(entries={5: 0xFFFF0000}), "the address of the string table is in no loaded"),
        (Library(entries={10: 1 << 40}), "the string table is beyond its end"),
        (Library(entries={10: 3}), "beyond the string table"),
        (Library(entries={14: 10_000}), "the soname is beyond the string table"),
        (Library(entries={6: ADDRESS + 1_000_000}), "the symbol table is in no loaded segment"),
        (Library(entries={4: ADDRESS + 0xC}), "at most 1,000,000 are read"),
        (Library(entries={8: 1 << 40}), "the relocations are beyond its end"),
        (Library(entries={0x6FFFFFF0: 0}), "the table of versions is in no loaded segment"),
        (Library(relocated=(77,)), "beyond the symbol table"),
    ],
)
def test_a_table_that_lies_is_named(library: Library, message: str) -> None:
    with pytest.raises(ElfError, match=message):
        read_elf(library.content())


@pytest.mark.parametrize(("bits", "order", "machine"), SHAPES)
def test_a_file_cut_anywhere_is_truncated_or_refused(bits: int, order: str, machine: int) -> None:
    content = Library(bits=bits, order=order, machine=machine).content()
    for length in range(len(content)):
        try:
            facts = read_elf(content[:length])
        except ElfError:
            continue
        assert facts.is_truncated


def test_a_changed_byte_never_fails_in_another_way() -> None:
    content = Library().content()
    choose = random.Random(7)
    read = 0
    for _ in range(3_000):
        changed = bytearray(content)
        for _ in range(choose.randint(1, 4)):
            changed[choose.randrange(len(changed))] = choose.choice((0, 1, 0x7F, 0x80, 0xFF))
        try:
            read_elf(bytes(changed))
        except ElfError:
            continue
        read += 1
    assert 500 < read < 2_500


def test_names_that_overlap_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamic, "MAX_NAMES", 60)
    read_elf(Library().content())
    monkeypatch.setattr(dynamic, "MAX_NAMES", 20)
    with pytest.raises(ElfError, match="more than 20 characters"):
        read_elf(Library().content())


def test_too_many_symbols_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(symbols, "MAX_SYMBOLS", 3)
    with pytest.raises(ElfError, match="it has 4 symbols"):
        read_elf(Library().content())


def test_a_name_may_have_any_characters() -> None:
    rows = (("füllen", 0x12, 1, 8),)
    assert read_elf(Library(symbols=rows, relocated=()).content()).exports[0].name == "füllen"


def test_names_of_libraries_are_at_most_as_long_as_paths() -> None:
    longest = "l" * 4_096
    facts = read_elf(Library(soname=longest, needed=(longest,)).content())
    assert (facts.soname, facts.needed) == (longest, (longest,))
    with pytest.raises(ElfError, match="the soname has more than 4,096 bytes"):
        read_elf(Library(soname=longest + "l").content())
    with pytest.raises(ElfError, match="the name of a needed library has more than 4,096 bytes"):
        read_elf(Library(needed=(longest + "l",)).content())


def test_python_itself_is_read() -> None:
    content = Path(sys.executable).resolve().read_bytes()
    facts = read_elf(content)
    assert facts.interpreter is not None
    assert "libc.so.6" in facts.needed
    assert any(need.file == "libc.so.6" for need in facts.needs)
