"""Queries: `not`, `any of` and sides around specs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_syntax import (
    AllOf,
    AnyOf,
    Atom,
    Expression,
    Not,
    Side,
    SpecSyntaxError,
    iter_atoms,
    parse_query,
    parse_spec,
)

SELF, BUILT, DEPLOYED, SPLICED = Side


def atom(text: str, side: Side = SELF) -> Atom:
    return Atom(side, parse_spec(text), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hdf5 +mpi", atom("hdf5 +mpi")),
        ("hdf5 not ^openssl@:1.1", AllOf((atom("hdf5"), Not(atom("^openssl@:1.1"))))),
        ("not not zlib", Not(Not(atom("zlib")))),
        ("a or b and c", AnyOf((atom("a"), AllOf((atom("b"), atom("c")))))),
        ("a | b", AnyOf((atom("a"), atom("b")))),
        (
            "any of (mpich@3.4, openmpi@4)",
            AnyOf((atom("mpich@3.4"), atom("openmpi@4"))),
        ),
        ("any of a | b", AnyOf((atom("a"), atom("b")))),
        ("any of (a@1,2, b)", AnyOf((atom("a@1,2"), atom("b")))),
        ("hdf5@1.2, 1.4", atom("hdf5@1.2, 1.4")),
        ("built_with mpich", atom("mpich", BUILT)),
        ("built-with:mpich", atom("mpich", BUILT)),
        ("deployed_with=mvapich2@2", atom("mvapich2@2", DEPLOYED)),
        ("spliced_from (a | b)", AnyOf((atom("a", SPLICED), atom("b", SPLICED)))),
        ("built_with not xz", Not(atom("xz", BUILT))),
        (
            "hdf5 built_with mpich not deployed_with mpich",
            AllOf((atom("hdf5"), atom("mpich", BUILT), Not(atom("mpich", DEPLOYED)))),
        ),
        ("(a or b) c", AllOf((AnyOf((atom("a"), atom("b"))), atom("c")))),
        ("""hdf5 cflags="-O3 (not) | x, y" """.strip(), atom('hdf5 cflags="-O3 (not) | x, y"')),
        ("hdf5 ^[when='+mpi' virtuals=mpi] mpich", atom("hdf5 ^[when='+mpi' virtuals=mpi] mpich")),
        ("any", atom("any")),
    ],
)
def test_query_parses_to_expression(text: str, expected: Expression) -> None:
    assert parse_query(text) == expected


def test_side_in_the_query_overrides_the_default_side() -> None:
    found = parse_query("not xz spliced_from hdf5", DEPLOYED)
    assert found == AllOf((Not(atom("xz", DEPLOYED)), atom("hdf5", SPLICED)))
    assert [each.text for each in iter_atoms(found)] == ["xz", "hdf5"]


@pytest.mark.parametrize(
    ("text", "position", "length", "word"),
    [
        ("", 0, 1, "empty"),
        ("hdf5 not", 8, 1, "missing"),
        ("a or", 4, 1, "missing"),
        ("or a", 0, 2, "missing"),
        ("hdf5 | | a", 7, 1, "missing"),
        ("(a", 0, 1, "not closed"),
        ("a) b", 1, 1, "no bracket is open"),
        ("()", 1, 1, "missing"),
        ("hdf5 netcdf", 5, 6, "only one spec"),
        ("hdf5 not zlib@", 13, 1, "unexpected"),
        ("any of (hdf5+mpi, hdf5@1@2)", 24, 2, "twice"),
        ("built_with", 10, 1, "missing"),
    ],
)
def test_error_points_at_the_character(text: str, position: int, length: int, word: str) -> None:
    with pytest.raises(SpecSyntaxError, match=word) as caught:
        parse_query(text)
    assert (caught.value.position, caught.value.length) == (position, length)
    assert caught.value.text == text


def test_oversized_queries_are_rejected() -> None:
    with pytest.raises(SpecSyntaxError, match="more than 50 specs"):
        parse_query(" or ".join("a" * 1 for _ in range(51)))
    with pytest.raises(SpecSyntaxError, match="nested too deeply"):
        parse_query("(" * 30 + "a" + ")" * 30)
    with pytest.raises(SpecSyntaxError, match="10000 characters"):
        parse_query("a" * 10_001)


@given(st.text(alphabet="ab@:,|()[]'\"\\ not=+~^%/.1", max_size=60))
def test_any_text_parses_or_raises_a_syntax_error_within_the_text(text: str) -> None:
    syntax_error = None
    try:
        assert list(iter_atoms(parse_query(text)))
    except SpecSyntaxError as error:
        syntax_error = error
    if syntax_error is not None:
        assert 0 <= syntax_error.position <= len(text)
        assert syntax_error.length >= 1
