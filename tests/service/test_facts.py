"""The facts that tell the rows of a list apart, chosen from the rows at hand."""

from dataclasses import replace

from service.facts import Dependency, SpecFacts, attributes_of, choose_facts, facts_text, rows_alike

PLAIN = SpecFacts(
    "hdf5",
    "1.14",
    compilers=["gcc@12"],
    virtuals={"mpi": ["mpich@4"], "zlib-api": ["zlib@1.3"], "c": ["gcc@12"]},
    target="zen4",
    os="debian12",
    variants=["mpi=true", "shared=false", "patches=0123456789"],
    package_hash="abcdefghij",
    date="2026-11-24",
)


def test_rows_that_are_alike_have_no_columns() -> None:
    assert choose_facts({"a": PLAIN}) == {"a": {}}
    assert choose_facts({"a": PLAIN, "b": PLAIN}) == {"a": {}, "b": {}}
    assert rows_alike({"a": PLAIN, "b": PLAIN, "c": replace(PLAIN, target="zen3")}) == {"a", "b"}


def test_compiler_mpi_target_site_and_date_are_shown_if_any_rows_differ() -> None:
    other = SpecFacts(
        "zlib", "1.3", ["clang@17"], target="zen3", sites=["lab-b", "lab-a"], date="2026-11-25"
    )
    found = choose_facts({"a": PLAIN, "b": other})
    assert list(found["a"]) == ["compiler", "mpi", "target", "site", "date"]
    assert found["b"] == {
        "compiler": "clang@17",
        "mpi": "",
        "target": "zen3",
        "site": "lab-a, lab-b",
        "date": "2026-11-25",
    }


def test_variants_are_those_in_which_rows_of_a_package_differ() -> None:
    other = replace(PLAIN, variants=["mpi=true", "shared=true", "build_type=Debug"])
    assert choose_facts({"a": PLAIN, "b": other}) == {
        "a": {"variants": "~shared"},
        "b": {"variants": "build_type=Debug +shared"},
    }


def test_a_further_column_is_shown_only_if_it_tells_rows_apart() -> None:
    other = replace(PLAIN, virtuals={**PLAIN.virtuals, "zlib-api": ["zlib-ng@2"]}, os="rhel9")
    assert choose_facts({"a": PLAIN, "b": other})["b"] == {"zlib-api": "zlib-ng@2"}
    third = replace(other, os="debian12")
    found = choose_facts({"a": PLAIN, "b": other, "c": third})
    assert found["c"] == {"zlib-api": "zlib-ng@2", "os": "debian12"}
    local, cray = replace(PLAIN, namespace="local"), replace(PLAIN, platform="cray")
    assert choose_facts({"a": PLAIN, "b": local})["b"] == {"namespace": "local"}
    assert choose_facts({"a": PLAIN, "b": cray})["b"] == {"platform": "cray"}
    spliced = replace(PLAIN, build_spec="abcdefghijk")
    assert choose_facts({"a": PLAIN, "b": spliced}) == {
        "a": {"built_as": ""},
        "b": {"built_as": "/abcdefg"},
    }


def test_few_dependencies_tell_rows_apart_that_read_the_same() -> None:
    zlib, new_zlib = Dependency("zlib", "1.3", "a" * 32), Dependency("zlib", "1.3", "b" * 32)
    xz, gmake = Dependency("xz", "5.6", "c" * 32), Dependency("gmake", "4.4", "d" * 32)
    rows = {
        "a": replace(PLAIN, dependencies=[zlib, gmake, xz]),
        "b": replace(PLAIN, dependencies=[new_zlib, gmake]),
    }
    found = choose_facts(rows)
    assert found["a"]["dependencies"] == "^xz@5.6/ccccccc"
    assert found["b"]["dependencies"] == ""
    rows["c"] = replace(PLAIN, dependencies=[zlib, gmake])
    found = choose_facts(rows)
    assert len({each["dependencies"] for each in found.values()}) == 3


def test_in_the_end_the_recipe_and_the_patches_tell_rows_apart() -> None:
    other = replace(PLAIN, package_hash="zyxwvut")
    assert choose_facts({"a": PLAIN, "b": other}) == {
        "a": {"recipe": "abcdefg"},
        "b": {"recipe": "zyxwvut"},
    }
    patched = replace(PLAIN, variants=["mpi=true", "shared=false", "patches=fedcba9876"])
    assert choose_facts({"a": PLAIN, "b": patched})["b"] == {"patches": "fedcba9"}


def test_all_attributes_are_the_same_whatever_the_other_rows_are() -> None:
    assert attributes_of(PLAIN) == {
        "compiler": "gcc@12",
        "mpi": "mpich@4",
        "zlib-api": "zlib@1.3",
        "target": "zen4",
        "os": "debian12",
        "platform": "",
        "namespace": "",
        "variants": "+mpi ~shared",
        "built_as": "",
        "site": "",
        "date": "2026-11-24",
    }


def test_facts_are_written_as_in_spec_syntax() -> None:
    assert facts_text(
        {"compiler": "gcc@12, gcc@13", "mpi": "mpich@4", "blas": "", "lapack": "openblas@0.3"}
    ) == ["%gcc@12 %gcc@13", "mpi mpich@4", "lapack openblas@0.3"]
    assert facts_text(
        {"variants": "+mpi", "target": "zen4", "built_as": "/abcdefg", "dependencies": "^xz@5.6/c"}
    ) == ["+mpi", "target=zen4", "built as /abcdefg", "^xz@5.6/c"]
