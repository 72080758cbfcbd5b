"""The files of a prefix as a client sends them: read as from the disk, and refused if damaged."""

import itertools
import time
from pathlib import Path

import msgspec
import pytest

from loaders.elf.packing import PackedFacts, unpack_facts, with_symbols
from loaders.errors import DocumentError
from loaders.evidence import SpecName
from loaders.prefixes.contents import LibraryFile, PrefixContents
from loaders.prefixes.folder import read_prefix
from loaders.prefixes.sent import pack_contents, read_contents
from tests.loaders.elf.writer import Library
from tests.loaders.prefixes.test_install_tree import GOOD, make_prefix

SPEC = SpecName("a" * 32, "app", "1.0")


def empty(place: Path) -> PrefixContents:
    return PrefixContents(str(place), SPEC, str(place), "store", time.time())


def facts_of(file: LibraryFile) -> object:
    packed = file.facts
    exports, imports = packed.exports, packed.imports
    facts = unpack_facts(packed.facts)
    return with_symbols(facts, exports.data if exports else None, imports.data if imports else None)


def received(content: bytes, folder: Path) -> PrefixContents:
    file = folder / "sent"
    file.write_bytes(content)
    found = empty(folder)
    read_contents(file, found)
    return found


def test_everything_is_read_as_from_the_disk(tmp_path: Path) -> None:
    prefix = make_prefix(tmp_path)
    here = empty(prefix)
    read_prefix(prefix, here)
    assert all([here.libraries, here.links, here.refused])
    assert all([here.texts, here.problems])
    there = received(pack_contents(here), tmp_path)
    assert there.prefix == str(prefix)
    assert there.listing() == here.listing()
    assert (there.complete, there.others) == (here.complete, here.others)
    assert [each.error.detail for each in there.problems] == [
        each.error.detail for each in here.problems
    ]
    assert [(each.path, each.size, facts_of(each)) for each in there.libraries] == [
        (each.path, each.size, facts_of(each)) for each in here.libraries
    ]


def test_a_false_digest_is_not_the_identity_of_a_library(tmp_path: Path) -> None:
    here = empty(tmp_path)
    here.add_elf("lib/libgood.so", GOOD)
    honest = received(pack_contents(here), tmp_path)
    here.libraries = [here.libraries[0]._replace(facts=_other_facts())]
    forged = received(pack_contents(here), tmp_path)
    assert honest.libraries[0].sha256 != forged.libraries[0].sha256
    assert here.libraries[0].sha256 not in (honest.libraries[0].sha256, forged.libraries[0].sha256)


def _other_facts() -> PackedFacts:
    other = PrefixContents("/", SPEC, "/", "store", 0.0)
    other.add_elf("lib/libgood.so", Library(soname="libforged.so").content())
    return other.libraries[0].facts


def test_what_is_cut_off_or_changed_is_refused_or_read(tmp_path: Path) -> None:
    here = empty(tmp_path)
    here.add_elf("lib/libgood.so", GOOD)
    content = pack_contents(here)
    starts = _starts_of_messages(content)
    for size in range(len(content)):
        if size in starts[1:]:
            assert not received(content[:size], tmp_path).libraries
        else:
            with pytest.raises(DocumentError):
                received(content[:size], tmp_path)
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 0x5A]) + content[place + 1 :]
        try:
            found = received(changed, tmp_path)
        except DocumentError:
            continue
        assert len(found.libraries) <= 1, place


def _starts_of_messages(content: bytes) -> list[int]:
    starts, at = [], 0
    while at < len(content):
        starts.append(at)
        at += 4 + int.from_bytes(content[at : at + 4], "little")
    return starts


@pytest.mark.parametrize("path", ["", "/etc/passwd", "lib/../../x", "lib//x.so", "x" * 5000])
def test_paths_stay_in_the_prefix(path: str, tmp_path: Path) -> None:
    here = empty(tmp_path)
    here.add_elf("lib/libgood.so", GOOD)
    here.libraries = [here.libraries[0]._replace(path=path)]
    with pytest.raises(DocumentError, match="not a path in a prefix"):
        received(pack_contents(here), tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"bits": 16},
        {"machine": -1},
        {"file_type": 1 << 40},
        {"soname": "x" * 5000},
        {"build_id": "ab" * 65},
        {"needed": ["libc.so.6", "x" * 5000]},
    ],
)
def test_facts_of_no_file_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="not those of a file"):
        received(_forged(change, tmp_path), tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"exports": ["x"] * 1_000_001}, {"references": ["x"] * 4_000_001}],
)
def test_too_many_symbols_are_refused_before_they_are_read(
    change: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(DocumentError, match="Expected `array` of length <= "):
        received(_forged(change, tmp_path), tmp_path)


def _forged(change: dict[str, object], folder: Path) -> bytes:
    """Return a file of which some facts were changed."""
    here = empty(folder)
    here.add_elf("lib/libgood.so", GOOD)
    listing, message = _messages(pack_contents(here))
    value = msgspec.msgpack.decode(message)
    value["facts"] |= change
    forged = msgspec.msgpack.encode(value)
    return b"".join(len(each).to_bytes(4, "little") + each for each in (listing, forged))


def _messages(content: bytes) -> list[bytes]:
    starts = [*_starts_of_messages(content), len(content)]
    return [content[at + 4 : end] for at, end in itertools.pairwise(starts)]
