import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_syntax import KeyInterval, SpecSyntaxError, VersionRanges, version_key
from tests.spec_syntax.spec_oracle import VECTOR_FOLDERS, vectors

folders = pytest.mark.parametrize("folder", VECTOR_FOLDERS)

INFINITY = ["stable", "nightly", "trunk", "head", "master", "main", "develop"]
STAGES = ["alpha", "beta", "rc", "final"]
runs = st.one_of(
    st.integers(0, 30).map(str),
    st.sampled_from(["09", "10", "99", "999999999", "1000000000", "20230301"]),
    st.sampled_from([*INFINITY, *STAGES, "a", "b", "z", "Z", "az", "mai", "p", "rca"]),
)
versions = st.lists(st.tuples(runs, st.sampled_from([".", "-", "_", ""])), min_size=1, max_size=5)
version_texts = versions.map(lambda parts: "".join(run + gap for run, gap in parts).strip(".-_"))


def reference_order(text: str) -> tuple[object, object]:
    """Return a second implementation of Spack's order: nested tuples instead of a string."""
    parts = re.findall("[0-9]+|[A-Za-z]+", text)
    stage: tuple[int, ...] = (3,)
    if len(parts) > 2 and parts[-2] in STAGES and parts[-1].isdigit():
        stage = (STAGES.index(parts[-2]), int(parts[-1]))
        parts = parts[:-2]
    elif len(parts) > 1 and parts[-1] in STAGES:
        stage = (STAGES.index(parts[-1]),)
        parts = parts[:-1]
    ranked: list[tuple[int, int, str]] = []
    for part in parts:
        if part.isdigit():
            ranked.append((1, int(part), ""))
        elif part in INFINITY:
            ranked.append((2, INFINITY.index(part), ""))
        else:
            ranked.append((0, 0, part))
    return ranked, stage


@folders
def test_keys_compare_as_versions_do_in_spack(folder: Path) -> None:
    for vector in vectors(folder, "version-order"):
        a, b = version_key(vector["a"]), version_key(vector["b"])
        assert (a > b) - (a < b) == vector["order"], vector


@folders
def test_keys_sort_as_versions_do_in_spack(folder: Path) -> None:
    for vector in vectors(folder, "version-sorted"):
        assert sorted(vector["versions"], key=version_key) == vector["sorted"]


@folders
def test_ranges_hold_the_same_versions_as_in_spack(folder: Path) -> None:
    for vector in vectors(folder, "version-satisfies"):
        ranges, version = VersionRanges.parse(vector["range"]), vector["version"]
        by_key = any(version_key(version) in interval for interval in ranges.key_intervals())
        assert [ranges.satisfied_by(version), by_key] == [vector["satisfies"]] * 2, vector


@folders
def test_ranges_compare_as_in_spack(folder: Path) -> None:
    for vector in vectors(folder, "version-ranges"):
        a, b = VersionRanges.parse(vector["a"]), VersionRanges.parse(vector["b"])
        assert a.intersects(b) is vector["intersects"], vector
        assert b.intersects(a) is vector["intersects"], vector
        assert a.satisfies(b) is vector["a_satisfies_b"], vector


@given(version_texts, version_texts)
def test_key_order_is_the_order_of_versions(a: str, b: str) -> None:
    assert (version_key(a) < version_key(b)) is (reference_order(a) < reference_order(b))
    assert (version_key(a) == version_key(b)) is (reference_order(a) == reference_order(b))


@given(version_texts, st.lists(version_texts, min_size=1, max_size=3))
def test_version_is_in_a_range_if_and_only_if_its_key_is_in_an_interval(
    version: str, ends: list[str]
) -> None:
    first, last = min(ends, key=version_key), max(ends, key=version_key)
    for text in (first, f"={first}", f"{first}:", f":{last}", f"{first}:{last}", ",".join(ends)):
        ranges = VersionRanges.parse(text)
        inside = any(
            (each.low is None or each.low <= version_key(version))
            and (each.high is None or version_key(version) < each.high)
            for each in ranges.key_intervals()
        )
        assert ranges.satisfied_by(version) is inside


@given(version_texts, version_texts)
def test_prefix_range_holds_its_own_version_and_exact_range_only_equal_versions(
    a: str, b: str
) -> None:
    assert VersionRanges.parse(a).satisfied_by(a)
    assert VersionRanges.parse(f"={a}").satisfied_by(b) is (version_key(a) == version_key(b))
    assert VersionRanges.parse(f"={a}").satisfies(VersionRanges.parse(a))


@given(st.text())
def test_every_text_has_a_short_printable_key(text: str) -> None:
    key = version_key(text)
    assert key.isascii()
    assert key.isprintable()
    assert len(key) <= 512
    assert version_key(text) == key


@pytest.mark.parametrize("unit", ["9", "a", "1.", "rc", "\ud800", "é"])
def test_huge_version_has_a_key_of_limited_length(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert len(version_key(text)) <= 512
    assert len(version_key(f"git.{text}=1.2")) <= 512


def test_huge_versions_are_in_their_own_range() -> None:
    huge = "9" * 9_000
    assert VersionRanges.parse(huge).satisfied_by(huge)
    assert not VersionRanges.parse(huge).satisfied_by("9")


def test_git_version_counts_as_its_assigned_version() -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    ordered = ["1.2", f"{commit}=1.2", "git.main=1.2", "1.2.0", "git.x=1.3", "develop", "git.x"]
    assert sorted(sorted(ordered), key=version_key) == ordered
    for version in ("git.main=1.2", f"{commit}=1.2"):
        assert VersionRanges.parse("1.2").satisfied_by(version)
        assert VersionRanges.parse("1.1:").satisfied_by(version)
        assert VersionRanges.parse(version).satisfied_by(version)
        assert VersionRanges.parse(version).satisfies(VersionRanges.parse("1"))
        assert not VersionRanges.parse("=1.2").satisfied_by(version)
        assert not VersionRanges.parse("1.3:").satisfied_by(version)
        assert not VersionRanges.parse(version).satisfied_by("1.2")


def test_ref_alone_matches_any_version_assigned_to_it() -> None:
    ranges = VersionRanges.parse("git.main")
    assert ranges.git_refs == ("main",)
    assert ranges.satisfied_by("git.main=2.0")
    assert ranges.satisfied_by("git.main")
    assert not ranges.satisfied_by("git.other=2.0")
    assert not ranges.satisfied_by("2.0")
    assert VersionRanges.parse("git.main=2.0").satisfies(ranges)


def test_git_version_without_an_assigned_one_is_in_no_range() -> None:
    assert VersionRanges.parse(":").satisfied_by("git.main")
    for text in ("1", "1:", ":9", "develop:"):
        assert not VersionRanges.parse(text).satisfied_by("git.main")


def test_range_that_ends_just_below_its_start_is_empty() -> None:
    ranges = VersionRanges.parse("2:1")
    assert not any(ranges.satisfied_by(version) for version in ("1", "1.9", "2", "2.0"))


@given(st.lists(version_texts, min_size=2, max_size=4), st.lists(version_texts, min_size=2))
def test_version_is_in_an_intersection_if_and_only_if_it_is_in_both(
    some: list[str], others: list[str]
) -> None:
    one = VersionRanges.parse(f":{some[0]},{','.join(some[1:])}")
    other = VersionRanges.parse(f"={others[0]},{','.join(others[1:])},main:")
    both = one.intersection(other)
    for version in (*some, *others, "1", "develop", "10.1"):
        in_both = one.satisfied_by(version) and other.satisfied_by(version)
        assert both.satisfied_by(version) is in_both
    assert both.satisfies(one)
    assert both.satisfies(other)
    assert one.intersects(other) is bool(both.intervals)


def test_adjacent_ranges_are_merged() -> None:
    assert VersionRanges.parse("3:4, 1:2") == VersionRanges.parse("1:4")
    assert VersionRanges.parse("1.2").key_intervals() == [KeyInterval("1112!3", "1113!3")]
    assert VersionRanges.parse(":").key_intervals() == [KeyInterval(None, None)]


@pytest.mark.parametrize(
    ("text", "position", "length"),
    [
        ("1.2,", 4, 1),
        ("3:1", 0, 3),
        ("1.0, 4:2", 5, 3),
        ("1+2", 0, 3),
        ("1:2:3", 0, 5),
        ("=", 0, 1),
        ("=1:2", 0, 4),
        ("git.=", 0, 5),
    ],
)
def test_error_points_at_the_wrong_range(text: str, position: int, length: int) -> None:
    with pytest.raises(SpecSyntaxError) as raised:
        VersionRanges.parse(text)
    assert (raised.value.position, raised.value.length) == (position, length)


@given(st.text("0123456789.:,=-_ agit\u00e9", max_size=30))
def test_any_range_parses_or_raises_a_syntax_error(text: str) -> None:
    with suppress(SpecSyntaxError):
        assert VersionRanges.parse(text).satisfies(VersionRanges.parse(":"))
