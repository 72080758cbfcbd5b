"""`specgraph query` with `not`, `any of` and sides; `impact` and `facets`."""

import pytest

from cypher.run import Database
from service.app import create_app
from tests.cli.commands import Commands
from tests.documents import SPECS, named
from tests.service.answers import upload
from tests.service.reading import Reading

SPLICE = named("results--lab-sim-2.0-mscfyxf")


@pytest.fixture
def asking(database: Database, specgraph: Commands) -> Commands:
    """The commands over real documents, plain and spliced."""
    client = create_app(database).test_client()
    upload(client, *(path.read_bytes() for path in [*SPECS, SPLICE]))
    return specgraph


def names(answer: dict[str, list[dict[str, str]]]) -> set[str]:
    return {item["name"] for item in answer["items"]}


def test_query_takes_not_any_of_and_sides(asking: Commands) -> None:
    assert names(asking.json("query", "any of (cmake, hdf5@1.14:)")) == {"cmake", "hdf5"}
    without = asking.json("query", "hdf5 not ^mpich@4:")
    assert [item["version"] for item in without["items"]] == ["1.10.7"]
    same = asking.json("query", "hdf5", "--deployed-with", "not mpich@4:")
    assert same["items"] == without["items"]
    (item,) = asking.json("query", "--spliced-from", "lab-sim@2", "--count")["items"]
    assert item["hash"] == Reading(SPLICE).root
    output = asking.table("query", "--spliced-from", "lab-sim@2")
    assert "  spliced from  lab-sim@2.0/mscfyxf ~built as~> lab-sim@2.0/" in output


def test_a_syntax_error_in_a_query_is_shown_in_its_place(asking: Commands) -> None:
    output = asking.run("query", "hdf5 not (zlib", status=2).stderr
    assert output.splitlines()[-3:] == [
        "Error: this bracket is not closed",
        "hdf5 not (zlib",
        "         ^",
    ]


def test_impact_lists_the_affected_roots_and_when(asking: Commands) -> None:
    answer = asking.json("impact", "xz")
    lines = asking.table("impact", "xz").splitlines()
    times = [line.split()[0] for line in lines if line.startswith(("run ", "build "))]
    assert times == [item["when"] for item in answer["items"]]
    counts = answer["counts"]
    assert lines[-1] == f"{counts['run']} at run time, {counts['build']} at build time only"
    assert counts == {"run": times.count("run"), "build": times.count("build")}
    only = asking.json("impact", "xz", "--of", "hdf5", "--when", "run")
    assert names(only) == {"hdf5"}
    asking.run("impact", "nobody-has-this", status=1)
    asking.run("impact", "xz", "--when", "never", status=2)


def test_facets_are_listed_most_frequent_first(asking: Commands) -> None:
    answer = asking.json("facets", "hdf5")
    assert [each["value"] for each in answer["facets"]["package"]["values"]] == ["hdf5"]
    output = asking.table("facets", "hdf5", "--limit", "1")
    assert output.startswith("3 roots\n")
    assert "and 2 more" in output
    two = asking.json("facets", "--virtual", "mpi", "--virtual", "zlib-api")["facets"]
    assert list(two)[-2:] == ["mpi", "zlib-api"]
    assert {each["value"].split("@")[0] for each in two["zlib-api"]["values"]} <= {
        "zlib",
        "zlib-ng",
    }
    asking.run("facets", "nobody-has-this", status=1)


def test_a_place_that_does_not_exist_has_nothing(asking: Commands) -> None:
    for place in (("--site", "nowhere"), ("--environment", "nothing")):
        for command in (("query",), ("impact", "xz"), ("facets",)):
            asking.run(*command, *place, status=1)
