import pytest

from spec_syntax import CompletionContext as Context
from spec_syntax import CompletionKind as Kind
from spec_syntax import completion_context


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Context(Kind.NAME, "", 0, 0)),
        ("hd", Context(Kind.NAME, "hd", 0, 2)),
        ("builtin.hd", Context(Kind.NAME, "hd", 8, 10)),
        ("hdf5 ", Context(Kind.ATTRIBUTE, "", 5, 5, "hdf5")),
        ("hdf5 bui", Context(Kind.ATTRIBUTE, "bui", 5, 8, "hdf5")),
        ("hdf5@", Context(Kind.VERSION, "", 5, 5, "hdf5")),
        ("hdf5@=1.", Context(Kind.VERSION, "1.", 6, 8, "hdf5")),
        ("hdf5@1.12:1.", Context(Kind.VERSION, "1.", 10, 12, "hdf5")),
        ("hdf5@1.12, 1.", Context(Kind.VERSION, "1.", 11, 13, "hdf5")),
        ("hdf5+", Context(Kind.SWITCH, "", 4, 5, "hdf5", key="+")),
        ("hdf5 ~sh", Context(Kind.SWITCH, "sh", 5, 8, "hdf5", key="~")),
        ("hdf5 ++sh", Context(Kind.SWITCH, "sh", 5, 9, "hdf5", key="++")),
        ("hdf5 languages=c,cx", Context(Kind.VALUE, "cx", 17, 19, "hdf5", key="languages")),
        ("hdf5 languages:=c", Context(Kind.VALUE, "c", 16, 17, "hdf5", key="languages")),
        ("target==ze", Context(Kind.VALUE, "ze", 8, 10, key="target")),
        ("hdf5 ^", Context(Kind.DEPENDENCY, "", 6, 6)),
        ("hdf5 ^mpich@3 ro", Context(Kind.ATTRIBUTE, "ro", 14, 16, "mpich")),
        ("hdf5 %g", Context(Kind.DIRECT, "g", 6, 7, direct=True)),
        ("hdf5 %gcc@", Context(Kind.VERSION, "", 10, 10, "gcc", direct=True)),
        ("%c=gc", Context(Kind.DIRECT, "gc", 3, 5)),
        ("^[vir", Context(Kind.EDGE, "vir", 2, 5)),
        ("^[virtuals=m", Context(Kind.VALUE, "m", 11, 12, key="virtuals")),
        ("^[virtuals=mpi] m", Context(Kind.DEPENDENCY, "m", 16, 17)),
        ("hdf5/2f", Context(Kind.HASH, "2f", 5, 7, "hdf5")),
        ("hdf5 not ^z", Context(Kind.DEPENDENCY, "z", 10, 11)),
        ("hdf5 built_with:mp", Context(Kind.NAME, "mp", 16, 18)),
        ("any of (mpich@3, op", Context(Kind.NAME, "op", 17, 19)),
    ],
)
def test_context_at_the_end_of_a_query(text: str, expected: Context) -> None:
    assert completion_context(text, len(text)) == expected


def test_context_includes_the_rest_of_the_word_behind_the_cursor() -> None:
    assert completion_context("hdf5+mpi", 2) == Context(Kind.NAME, "hd", 0, 4)
    assert completion_context("hdf5 +mpi ^zlib", 7) == Context(
        Kind.SWITCH, "m", 5, 9, "hdf5", key="+"
    )


@pytest.mark.parametrize("text", ['hdf5 cflags="-O', "hdf5@git.ma", "hdf5 !", "a" * 10_001])
def test_no_context_in_quotes_git_refs_and_invalid_queries(text: str) -> None:
    assert completion_context(text, len(text)) is None
