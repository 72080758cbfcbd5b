import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_syntax import (
    DependencyConstraint,
    FlagConstraint,
    SpecConstraint,
    SpecSyntaxError,
    VariantConstraint,
    VersionRanges,
    parse_spec,
)


def test_every_part_of_a_spec_is_parsed() -> None:
    constraint = parse_spec(
        "site.mpich@3.4:,=3.2+romio~hwloc device=ch4,ch3 fabrics:=ucx cflags='-O3 -I dir' "
        "arch=linux-debian12-zen4 /abc123"
    )
    assert constraint == SpecConstraint(
        name="mpich",
        namespace="site",
        versions=VersionRanges.parse("=3.2,3.4:"),
        variants=(
            VariantConstraint("device", ("ch3", "ch4")),
            VariantConstraint("fabrics", ("ucx",), exact=True),
            VariantConstraint("hwloc", (False,), exact=True),
            VariantConstraint("romio", (True,), exact=True),
        ),
        flags=(FlagConstraint("cflags", ("-I dir", "-O3")),),
        platform="linux",
        os="debian12",
        target="zen4",
        abstract_hash="abc123",
    )


def test_direct_dependency_belongs_to_the_transitive_one_before_it() -> None:
    gcc = SpecConstraint(name="gcc", versions=VersionRanges.parse("12"))
    cmake = SpecConstraint(name="cmake")
    hwloc = SpecConstraint(
        name="hwloc",
        dependencies=(DependencyConstraint(cmake, direct=True),),
    )
    assert parse_spec("mpich %gcc@12 ^hwloc %cmake ^zlib").dependencies == (
        DependencyConstraint(gcc, direct=True),
        DependencyConstraint(hwloc, direct=False),
        DependencyConstraint(SpecConstraint(name="zlib"), direct=False),
    )


@pytest.mark.parametrize(
    "text", ["%[virtuals=c,cxx] gcc@12", "%c,cxx=gcc@12", "%[virtuals='cxx'] c=gcc @12"]
)
def test_virtuals_of_a_direct_dependency_have_a_shorthand(text: str) -> None:
    gcc = SpecConstraint(name="gcc", versions=VersionRanges.parse("12"))
    dependency = DependencyConstraint(gcc, direct=True, virtuals=("c", "cxx"))
    assert parse_spec(text) == SpecConstraint(dependencies=(dependency,))


def test_edge_attributes_are_parsed() -> None:
    condition = SpecConstraint(variants=(VariantConstraint("mpi", (True,), exact=True),))
    assert parse_spec("^[deptypes=run,link virtuals=mpi when='+mpi'] mpich").dependencies == (
        DependencyConstraint(
            SpecConstraint(name="mpich"),
            direct=False,
            deptypes=("link", "run"),
            virtuals=("mpi",),
            when=condition,
        ),
    )


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("+x", VariantConstraint("x", (True,), exact=True)),
        ("a -x", VariantConstraint("x", (False,), exact=True)),
        ("++x", VariantConstraint("x", (True,), exact=True, propagate=True)),
        ("~~x", VariantConstraint("x", (False,), exact=True, propagate=True)),
        ("x=True", VariantConstraint("x", (True,), exact=True)),
        ("x==a", VariantConstraint("x", ("a",), propagate=True)),
        ("x:==a", VariantConstraint("x", ("a",), exact=True, propagate=True)),
        ("x=*", VariantConstraint("x", ())),
        ('x="a \\"b\\""', VariantConstraint("x", ('a "b"',))),
    ],
)
def test_variants_are_parsed(text: str, variant: VariantConstraint) -> None:
    assert parse_spec(text).variants == (variant,)


def test_dash_inside_a_name_is_part_of_the_name() -> None:
    assert parse_spec("py-numpy-x").name == "py-numpy-x"


def test_git_ref_may_contain_slashes() -> None:
    assert parse_spec("foo@git.feature/x=1.2+y").versions == VersionRanges.parse(
        "git.feature/x=1.2"
    )
    assert parse_spec("foo@git.main").versions == VersionRanges.parse("git.main")


def test_open_range_does_not_swallow_the_next_variant() -> None:
    constraint = parse_spec("hdf5@1.2: api=default")
    assert constraint.versions == VersionRanges.parse("1.2:")
    assert constraint.variants == (VariantConstraint("api", ("default",)),)


def test_direct_compiler_may_have_its_old_name() -> None:
    assert parse_spec("%clang@17") == parse_spec("%llvm@17")
    assert parse_spec("^clang").dependencies[0].spec.name == "clang"


def test_package_named_twice_has_to_satisfy_both_constraints() -> None:
    both = parse_spec("^gmake@4:+x target=x86_64_v3: ^gmake@=4.3 target=:x86_64_v3 libs=a,b")
    assert both == parse_spec("^gmake@=4.3+x target=x86_64_v3 libs=a,b")


@pytest.mark.parametrize(
    ("text", "position", "length", "reason"),
    [
        ("", 0, 1, "empty"),
        ("  ", 0, 1, "empty"),
        ("foo !", 4, 1, "unexpected character '!'"),
        ("foo@@1", 3, 1, "unexpected character '@'"),
        ("foo@1@2", 5, 2, "version is given twice"),
        ("foo@3:1", 4, 3, "range 3:1 is empty"),
        ("foo bar", 4, 3, "another starts"),
        ("foo+x~x", 5, 2, "variant x is given twice"),
        ("foo os=a os=b", 9, 4, "os is given twice"),
        ("foo /ab/cd", 7, 3, "hash is given twice"),
        ("foo+target", 3, 7, "needs a value"),
        ("foo target==zen4", 4, 12, "cannot be propagated"),
        ("foo ^", 4, 1, "needs a name"),
        ("foo ^[virtuals=mpi] %gcc", 18, 1, "needs a name"),
        ("foo ^[virtuals=mpi mpich", 19, 5, "closing bracket"),
        ("foo ^[virtuals=mpi", 18, 1, "closing bracket"),
        ("foo ^[colour=red] mpich", 6, 10, "only the attributes"),
        ("foo ^[deptypes=fun] mpich", 6, 12, "deptypes are"),
        ("foo ^[when='+'] mpich", 6, 8, "in this condition"),
        ("^zlib@1 ^zlib@2", 8, 1, "no version of zlib"),
        ("^zlib+x ^zlib~x", 8, 1, "both values"),
        ("^zlib os=a ^zlib os=b", 11, 1, "two values of os"),
        ("^zlib target=zen4 ^zlib target=power9", 18, 1, "no target is both"),
        ("^zlib/ab ^zlib/cd", 9, 1, "no hash starts"),
        ("^[deptypes=link] zlib ^[deptypes=run] zlib", 22, 2, "clashing deptypes"),
        ("^a" * 501, 1_000, 1, "more than 500 dependencies"),
        ("a" * 10_001, 10_000, 1, "may have at most 10000 characters"),
    ],
)
def test_error_points_at_the_wrong_characters(
    text: str, position: int, length: int, reason: str
) -> None:
    with pytest.raises(SpecSyntaxError) as raised:
        parse_spec(text)
    assert (raised.value.position, raised.value.length) == (position, length)
    assert reason in raised.value.message


def test_error_shows_the_text_with_carets_below() -> None:
    with pytest.raises(SpecSyntaxError) as raised:
        parse_spec("foo\n@1@23")
    assert str(raised.value) == "the version is given twice\nfoo @1@23\n      ^^^"


def test_error_in_a_long_text_shows_only_its_context() -> None:
    with pytest.raises(SpecSyntaxError) as raised:
        parse_spec("x" * 5_000 + " ! " + "y" * 4_000)
    shown, carets = str(raised.value).splitlines()[1:]
    assert len(shown) < 140
    assert shown[carets.index("^")] == "!"


def syntax_error_of(text: str) -> SpecSyntaxError | None:
    """Parse a text and return its syntax error, if any; other exceptions propagate."""
    try:
        parse_spec(text)
    except SpecSyntaxError as error:
        return error
    return None


@given(st.text() | st.text("ab1@:=,.+~-%^[]/*'\"\\ \tgit", max_size=40))
def test_any_text_parses_or_raises_a_syntax_error(text: str) -> None:
    error = syntax_error_of(text)
    assert error is None or 0 <= error.position <= len(text)
    assert error is None or len(str(error).split("\n")) >= 3


@pytest.mark.parametrize(
    "unit", ["^a", "%a", "[", "^[when=", "a.", "/a", "@1,", "-", "'", "x='", " +a", "\\'", ":"]
)
def test_long_repetitions_neither_overflow_the_stack_nor_take_long(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    started = time.process_time()
    error = syntax_error_of(text)
    assert error is None or error.position <= len(text)
    assert time.process_time() - started < 5


def test_deeply_nested_conditions_are_rejected() -> None:
    text = "+x"
    for _ in range(6):
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        text = f"^[when='{escaped}'] b"
    with pytest.raises(SpecSyntaxError):
        parse_spec(text)
