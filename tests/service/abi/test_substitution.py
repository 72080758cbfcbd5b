"""Whether the libraries of one build can stand in for those of another one."""

from typing import Any

import pytest

from loaders.elf.facts import ElfFacts, Export, Reference, Use, VersionNeed
from service.abi.deployment import SpecFiles
from service.abi.findings import Kind
from service.abi.substitution import Provider, check_client, reduce_client
from tests.files_of_specs import elf

ONE, TWO = "libone.so.1", "libtwo.so.1"


def provider(
    letter: str, files: dict[str, ElfFacts], links: dict[str, str] | None = None
) -> Provider:
    return Provider(SpecFiles(letter * 32, files, links or {}))


def export(name: str, version: str = "", **more: Any) -> Export:
    facts = {"hidden": False, "thread_local": False, "is_stub": False, **more}
    return Export(name, version, 2 if version else 1, **facts)


def library(soname: str, *exports: Export, **more: Any) -> ElfFacts:
    versions = sorted({each.version for each in exports} - {""})
    return elf(soname=soname, exports=exports, definitions=versions or None, **more)


def client(*references: Reference, needed: tuple[str, ...] = (ONE,), **more: Any) -> ElfFacts:
    return elf(needed=needed, references=references, **more)


def reference(
    name: str, version: str = "", use: Use = Use.CALL, *, weak: bool = False
) -> Reference:
    return Reference(name, version, ONE if version else "", False, weak, use)


def check(
    user: ElfFacts, old: dict[str, ElfFacts], new: dict[str, ElfFacts]
) -> list[tuple[str, str]]:
    """Return the kinds and names of what a file loses."""
    first, second = provider("a", old), provider("b", new)
    wanted = reduce_client(user, first)
    assert wanted is not None
    return [(each.kind, each.what) for each in check_client(wanted, first, second).lost]


PLAIN = {f"lib/{ONE}": library(ONE, export("f"), export("g"))}


def test_a_file_uses_what_it_refers_to_and_the_library_exports() -> None:
    first, second = provider("a", PLAIN), provider("b", {f"lib/{ONE}": library(ONE, export("f"))})
    wanted = reduce_client(client(reference("f"), reference("printf")), first)
    assert wanted is not None
    found = check_client(wanted, first, second)
    assert (found.used, found.lost, found.elsewhere) == (["f"], [], [])


def test_files_that_want_the_same_are_equal() -> None:
    first = provider("a", PLAIN)
    user = client(reference("f"), reference("printf"))
    other = client(reference("puts"), reference("f"), needed=("libc.so.6", ONE))
    assert reduce_client(user, first) == reduce_client(other, first)
    assert reduce_client(elf(needed=["libc.so.6"]), first) is None
    assert reduce_client(elf(needed=[ONE], machine=183), first) is None


@pytest.mark.parametrize("weak", [True, False])
def test_a_lost_symbol_matters_unless_the_reference_is_weak(weak: bool) -> None:
    lost = check(
        client(reference("g", weak=weak)), PLAIN, {f"lib/{ONE}": library(ONE, export("f"))}
    )
    assert lost == ([] if weak else [(Kind.UNDEFINED_SYMBOL, "g")])


def test_a_version_must_be_defined_even_without_a_symbol_of_it() -> None:
    old = {f"lib/{ONE}": library(ONE, export("f", "V_1"))}
    new = {f"lib/{ONE}": library(ONE, export("f", "V_2"))}
    need = (VersionNeed(ONE, "V_1", weak=False),)
    assert check(client(needs=need), old, new) == [(Kind.MISSING_VERSION, "V_1")]
    assert check(client(reference("f", "V_1")), old, new) == [(Kind.UNDEFINED_SYMBOL, "f@V_1")]
    assert check(client(needs=need), old, old) == []


def test_a_library_without_any_versions_is_taken_but_not_one_without_their_table() -> None:
    old = {f"lib/{ONE}": library(ONE, export("f", "V_1"))}
    user = client(reference("f", "V_1"), needs=(VersionNeed(ONE, "V_1", weak=False),))
    assert check(user, old, PLAIN) == []
    bare = {f"lib/{ONE}": library(ONE, export("f"), has_version_table=False)}
    assert check(user, old, bare) == [(Kind.MISSING_VERSION, "V_1")]


def test_a_symbol_may_move_to_a_library_that_is_loaded_too() -> None:
    moved = library(ONE, export("f"), needed=[TWO])
    new = {f"lib/{ONE}": moved, f"lib/{TWO}": library(TWO, export("g"))}
    assert check(client(reference("g")), PLAIN, new) == []
    apart = {**new, f"lib/{ONE}": library(ONE, export("f"))}
    assert check(client(reference("g")), PLAIN, apart) == [(Kind.UNDEFINED_SYMBOL, "g")]


def test_a_variable_of_the_program_and_one_of_each_thread_need_their_like() -> None:
    old = {f"lib/{ONE}": library(ONE, export("v", thread_local=True), export("w"))}
    new = {f"lib/{ONE}": library(ONE, export("v"))}
    assert check(client(reference("v", use=Use.THREAD_LOCAL)), old, new) == [
        (Kind.UNDEFINED_SYMBOL, "v")
    ]
    assert check(client(reference("w", use=Use.COPY)), old, new) == [(Kind.COPY_RELOCATION, "w")]


def test_a_library_is_found_by_file_name_through_links_in_its_folder() -> None:
    real = {"lib/libone.so.1.2": library(ONE, export("f"))}
    linked = provider("b", real, {f"lib/{ONE}": "libone.so.1.2"})
    assert [each.path for each in linked.libraries.values()] == ["lib/libone.so.1.2"]
    assert provider("b", real).libraries == {}
    assert check(client(reference("f")), PLAIN, real) == [(Kind.MISSING_LIBRARY, ONE)]
    elsewhere = provider("b", {f"lib64/{ONE}": library(ONE, export("f"))})
    wanted = reduce_client(client(reference("f")), provider("a", PLAIN))
    assert wanted is not None
    found = check_client(wanted, provider("a", PLAIN), elsewhere)
    assert (found.lost, found.elsewhere) == ([], [ONE])
