"""Names of symbols in C++ and Fortran, against those that compilers make."""

import pytest

from loaders.elf.facts import Export
from loaders.elf.names import fortran_name, mangled_starts, qualified_name, spellings_of
from loaders.elf.packing import find_symbols, pack_facts, symbol_word
from service.queries.demangling import demangle_symbol
from tests.service.test_libraries import PROVIDER

QUALIFIED = {
    "_Z3foov": "foo",
    "_Z3fooidPKc": "foo",
    "_ZN2ns3fooEi": "ns::foo",
    "_ZNK2ns1A3getEv": "ns::A::get",
    "_ZNVK2ns1A3getEv": "ns::A::get",
    "_ZN2ns1AC2Ei": "ns::A::A",
    "_ZN2ns1AD0Ev": "ns::A::~A",
    "_ZSt4cout": "std::cout",
    "_ZNSt6thread4joinEv": "std::thread::join",
    "_ZN2ns5countE": "ns::count",
}


@pytest.mark.parametrize("name", QUALIFIED)
def test_the_name_of_a_function_is_found_in_its_symbol(name: str) -> None:
    qualified = QUALIFIED[name]
    assert qualified_name(name) == qualified
    assert any(name.startswith(each) for each in mangled_starts(qualified))
    shown = demangle_symbol(name)
    assert shown is not None
    assert shown.partition("(")[0] == qualified


@pytest.mark.parametrize(
    "name",
    [
        *("", "_Z", "_ZN", "_ZNE", "foo", "_Z9foo", "_Z99999foo", "_Z0", "_ZN2ns", "_ZNK", "_ZNKr"),
        *(
            "_ZN2H57convertIiEEvT_",
            "_Z3fooIiEvv",
            "_ZplRK1AS1_",
            "_ZTV1A",
            "_ZN1AplERKS_",
            "_ZN1AC",
        ),
        *("_ZN1A3fooB5cxx11Ev", "_Z3fooB5cxx11v", "_ZZ4mainE1x", "_ZNSt", "_ZSt"),
    ],
)
def test_other_names_are_left_alone(name: str) -> None:
    assert qualified_name(name) is None


def test_fortran() -> None:
    assert fortran_name("__hdf5_MOD_h5open_f") == "hdf5::h5open_f"
    assert fortran_name("__hdf5_MOD_") is None
    assert fortran_name("h5open_f_") is None
    assert spellings_of("HDF5::H5Open_f") == ["HDF5::H5Open_f", "__hdf5_MOD_h5open_f"]
    assert spellings_of("DGEMM") == ["DGEMM", "dgemm_"]
    assert spellings_of("dgemm_") == ["dgemm_"]
    assert spellings_of("a::b::c") == ["a::b::c"]


def test_names_with_empty_parts_start_no_symbol() -> None:
    for name in ("a::", "::a", "std::", "::", "a::::b"):
        assert mangled_starts(name) == []


def test_packed_sets_are_searched_by_both_names() -> None:
    packed = pack_facts(PROVIDER).exports
    assert packed is not None
    assert symbol_word("H5::H5File::openFile") in packed.words.split()
    found = find_symbols(packed.data, ["h5fopen_"], ["_ZN2H56H5File", "_ZN2H5"])
    assert [each.name for each in found] == sorted(
        each.name for each in PROVIDER.exports if each.name.startswith(("_ZN2H5", "h5fopen_"))
    )
    assert all(isinstance(each, Export) for each in found)


def test_a_short_name_of_a_huge_one_is_not_expanded() -> None:
    numbers = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    doubled = [f"S_IS{each}_S{each}_E" for each in numbers]
    few = demangle_symbol("_Z1f1aIiE" + "".join(doubled[:3]))
    assert few is not None
    assert few.count("int") == 1 + 2 + 4 + 8
    assert demangle_symbol("_Z1f1aIiE" + "".join(doubled)) is None
    deep = "_Z1f" + "1aI" * 1_000 + "i" + "E" * 1_000
    for name in ("_Z1f" + "P" * 3_000 + "i", deep, "_Z" * 99):
        assert len(demangle_symbol(name) or "") <= 8_192
