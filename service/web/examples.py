"""Examples of what can be asked, from what is in the graph."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from service.api.request import bounded
from service.api.specs import SEARCH_ADVICE
from service.paging.cursors import Position
from service.queries.roots import Query, find
from spec_syntax import AllOf

_LOOKED_AT = 300
"""Roots that are looked at to find examples: the first ones, so that it costs little."""
_SPECS = 500
"""Specs of a package whose versions are told."""
_DEPENDENCIES = ("xz", "openssl", "zlib-ng", "zlib", "curl", "libxml2", "mpich", "openmpi", "hdf5")
"""Packages that many others need, and whose flaws are everybody's."""
_BACKDOOR = {"5.6.0", "5.6.1"}
"""The versions of xz with the backdoor of CVE-2024-3094."""

Spec = dict[str, Any]


def comparisons(most: int) -> list[tuple[Spec, Spec, str]]:
    """Pairs of specs that are worth a look, each with what they are to each other."""
    database = bounded(SEARCH_ADVICE)
    found: list[tuple[Spec, Spec, str]] = []
    spliced = find(database, Query(AllOf(()), spliced=True), Position(), _LOOKED_AT).items
    for first, *_ in list(_by_package(spliced))[: most // 2]:
        origin = database.read("spec_overview", hash=first["hash"])[0]["spliced_from"]
        if origin and not origin["stub"]:
            found.append((origin, first, "a build, and what was spliced from it"))
    roots = find(database, Query(AllOf(()), spliced=False), Position(), _LOOKED_AT).items
    pairs = [(first, others[-1]) for first, *others in _by_package(roots) if others]
    pairs.sort(key=lambda pair: pair[0]["version"] == pair[1]["version"])
    for first, last in pairs[: most - len(found)]:
        told = "one version, concretized twice"
        found.append((first, last, told if first["version"] == last["version"] else "two versions"))
    return found


def _by_package(roots: list[Spec]) -> Iterator[list[Spec]]:
    for _, specs in groupby(roots, key=lambda item: str(item["name"])):
        yield list(specs)


def dependencies(most: int) -> list[tuple[str, str]]:
    """Dependencies in spec syntax that something may be reached by, each with why."""
    database = bounded(SEARCH_ADVICE)
    packages = database.read_one("versions_of", names=list(_DEPENDENCIES), most=_SPECS)
    found: list[tuple[str, str]] = []
    for package in packages:
        versions = [each["version"] for each in package["versions"]]
        if package["name"] == "xz" and not _BACKDOOR.isdisjoint(versions):
            found.append(("xz@5.6.0:5.6.1", "the backdoor of CVE-2024-3094"))
        if len(versions) > 1:
            found.append((package["name"], f"any of {len(versions)} versions"))
        else:
            found.append((f"{package['name']}@{versions[0]}", "the only version here"))
    return found[:most]
