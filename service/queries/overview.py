"""An overview of the graph: its size, frequent packages, and pairs of specs to compare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypedDict

from cypher.run import Database
from service.paging.cursors import Position
from service.queries.errors import SpecLabel
from service.queries.query import Query, SpecItem
from service.queries.roots import find
from spec_syntax import AllOf

_SPECS, _SPLICES = 5_000, 500
"""Specs and splices that are looked at."""
_ROOTS = 300
"""Roots that are looked at for comparisons: the first ones, so that it costs little."""
_COUNT_SECONDS = 2.0
_SPECS_OF_PACKAGE = 500
"""Specs of a package of which the versions are read."""


class GraphSize(TypedDict):
    """Numbers of specs, roots, splices and builds."""

    specs: int
    roots: int
    splices: int
    builds: int


class PackageSample(TypedDict):
    """A package, how many roots it has in the sample, and the newest version of these."""

    name: str
    count: int
    newest: str | None


class Exchange(TypedDict):
    """A splice in general: the provider that was built with, its version, and the new provider."""

    built: str
    version: str | None
    deployed: str


class VersionCount(TypedDict):
    """A version, and how many specs have it."""

    version: str
    specs: int


class PackageVersions(TypedDict):
    """A package and its versions, newest first."""

    name: str
    versions: list[VersionCount]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two specs that are worth a comparison, and how they are related."""

    a: SpecLabel
    b: SpecLabel
    relation: str


def measure_graph(database: Database) -> GraphSize:
    """Return the size of the graph."""
    record = database.read("graph_size")[0]
    return GraphSize(
        specs=record["specs"],
        roots=record["roots"],
        splices=record["splices"],
        builds=record["builds"],
    )


def count_graph(database: Database) -> dict[str, int]:
    """Return the numbers of nodes by label, of all nodes (`all`) and of `relationships`.

    They come from the store's own statistics, so that asking costs the same for any graph.
    """
    counts: dict[str, int] = database.read("graph_counts", seconds=_COUNT_SECONDS)[0]["counts"]
    return counts


def sample_packages(database: Database, most: int) -> tuple[list[PackageSample], int]:
    """Return the packages with most roots, counted over a sample, and how many roots that has."""
    record = database.read("sample_packages", looked_at=_SPECS, limit=most)[0]
    return record["packages"], record["roots"]


def find_exchanges(database: Database, most: int) -> list[Exchange]:
    """Return which providers of a virtual splices exchanged, the most frequent first."""
    found: list[Exchange] = database.read_one("exchanged_providers", looked_at=_SPLICES, limit=most)
    return found


def find_versions(database: Database, names: Sequence[str]) -> list[PackageVersions]:
    """Return the versions of those of some packages that the graph has, in the given order."""
    found: list[PackageVersions] = database.read_one(
        "package_versions", names=names, most=_SPECS_OF_PACKAGE
    )
    return found


def find_comparisons(database: Database, most: int) -> list[Comparison]:
    """Return pairs of specs that are worth a comparison."""
    spliced = find(database, Query(AllOf(()), spliced=True), Position(), _ROOTS).items
    first_of_each = [first for first, *_ in _by_package(spliced)][: most // 2]
    uids = [each["uid"] for each in first_of_each]
    build_specs = {
        each["uid"]: each["build_spec"] for each in database.read_one("build_specs", uids=uids)
    }
    found = [
        Comparison(build_specs[each["uid"]], each, "a build, and what was spliced from it")
        for each in first_of_each
        if each["uid"] in build_specs
    ]
    roots = find(database, Query(AllOf(()), spliced=False), Position(), _ROOTS).items
    pairs = [(first, others[-1]) for first, *others in _by_package(roots) if others]
    pairs.sort(key=lambda pair: pair[0]["version"] == pair[1]["version"])
    for first, last in pairs[: most - len(found)]:
        same = first["version"] == last["version"]
        relation = "one version, concretized twice" if same else "two versions"
        found.append(Comparison(first, last, relation))
    return found


def _by_package(roots: Sequence[SpecItem]) -> Iterator[list[SpecItem]]:
    for _, specs in groupby(roots, key=lambda item: item["name"]):
        yield list(specs)
