import pytest

from spec_syntax import Place, Typed, typed_at


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("", Typed(Place.NAME, "", 0, 0)),
        ("hd", Typed(Place.NAME, "hd", 0, 2)),
        ("builtin.hd", Typed(Place.NAME, "hd", 8, 10)),
        ("hdf5 ", Typed(Place.ATTRIBUTE, "", 5, 5, "hdf5")),
        ("hdf5 bui", Typed(Place.ATTRIBUTE, "bui", 5, 8, "hdf5")),
        ("hdf5@", Typed(Place.VERSION, "", 5, 5, "hdf5")),
        ("hdf5@=1.", Typed(Place.VERSION, "1.", 6, 8, "hdf5")),
        ("hdf5@1.12:1.", Typed(Place.VERSION, "1.", 10, 12, "hdf5")),
        ("hdf5@1.12, 1.", Typed(Place.VERSION, "1.", 11, 13, "hdf5")),
        ("hdf5+", Typed(Place.SWITCH, "", 4, 5, "hdf5", key="+")),
        ("hdf5 ~sh", Typed(Place.SWITCH, "sh", 5, 8, "hdf5", key="~")),
        ("hdf5 ++sh", Typed(Place.SWITCH, "sh", 5, 9, "hdf5", key="++")),
        ("hdf5 languages=c,cx", Typed(Place.VALUE, "cx", 17, 19, "hdf5", key="languages")),
        ("hdf5 languages:=c", Typed(Place.VALUE, "c", 16, 17, "hdf5", key="languages")),
        ("target==ze", Typed(Place.VALUE, "ze", 8, 10, key="target")),
        ("hdf5 ^", Typed(Place.DEPENDENCY, "", 6, 6)),
        ("hdf5 ^mpich@3 ro", Typed(Place.ATTRIBUTE, "ro", 14, 16, "mpich")),
        ("hdf5 %g", Typed(Place.DIRECT, "g", 6, 7, direct=True)),
        ("hdf5 %gcc@", Typed(Place.VERSION, "", 10, 10, "gcc", direct=True)),
        ("%c=gc", Typed(Place.DIRECT, "gc", 3, 5)),
        ("^[vir", Typed(Place.EDGE, "vir", 2, 5)),
        ("^[virtuals=m", Typed(Place.VALUE, "m", 11, 12, key="virtuals")),
        ("^[virtuals=mpi] m", Typed(Place.DEPENDENCY, "m", 16, 17)),
        ("hdf5/2f", Typed(Place.HASH, "2f", 5, 7, "hdf5")),
        ("hdf5 not ^z", Typed(Place.DEPENDENCY, "z", 10, 11)),
        ("hdf5 built_with:mp", Typed(Place.NAME, "mp", 16, 18)),
        ("any of (mpich@3, op", Typed(Place.NAME, "op", 17, 19)),
    ],
)
def test_what_is_typed_at_the_end_of_a_query(text: str, typed: Typed) -> None:
    assert typed_at(text, len(text)) == typed


def test_what_is_typed_goes_on_behind_the_cursor_up_to_the_end_of_the_word() -> None:
    assert typed_at("hdf5+mpi", 2) == Typed(Place.NAME, "hd", 0, 4)
    assert typed_at("hdf5 +mpi ^zlib", 7) == Typed(Place.SWITCH, "m", 5, 9, "hdf5", key="+")


@pytest.mark.parametrize("text", ['hdf5 cflags="-O', "hdf5@git.ma", "hdf5 !", "a" * 10_001])
def test_nothing_is_told_of_quotes_git_refs_and_what_is_no_query(text: str) -> None:
    assert typed_at(text, len(text)) is None
