"""The versions of symbols that the systems of a site define."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cypher.run import Database
from service.abi.system_versions import (
    SONAMES,
    Family,
    Version,
    newest_versions,
    versions_of_gcc,
    versions_of_glibc,
)
from service.queries.libraries import read_facts

LIBRARIES, SPECS = "libraries", "specs"
"""Evidence for versions: libraries that were read at the site, or external specs there."""
_RELEASES = {"glibc": versions_of_glibc, "gcc": versions_of_gcc}


@dataclass(frozen=True, slots=True)
class SiteVersions:
    """The newest versions of a family at a site, of which the systems may differ.

    Attributes:
        versions: One for each library or external spec, sorted.
        source: `libraries`, `specs`, or `given`.
    """

    versions: tuple[Version, ...]
    source: str


def find_site_versions(database: Database, site: str) -> dict[Family, SiteVersions]:
    """Return the known versions of the systems of a site, by family.

    That is what libraries of the system define that were read there. Of families of which no
    library was read, it follows from the releases of the external glibc and gcc there.

    Args:
        database: The graph.
        site: Name of the site.
    """
    rows = database.read("versions_at_site", names=list(_RELEASES), site=site)
    releases = [
        _RELEASES[row["name"]](version) for row in rows for version in row["versions"] if version
    ]
    libraries = _defined_by_libraries(database, site)
    return {**_collect(releases, SPECS), **_collect(libraries, LIBRARIES)}


def _defined_by_libraries(database: Database, site: str) -> list[Mapping[Family, Version]]:
    rows = database.read("system_libraries_at_site", sonames=list(SONAMES), site=site)
    facts = read_facts(database, {row["library"] for row in rows}, symbols=False)
    defined: list[Mapping[Family, Version]] = []
    for row in rows:
        versions = newest_versions(facts[row["library"]].definitions or ())
        families = SONAMES[row["soname"]]
        defined.append({family: versions[family] for family in families if family in versions})
    return defined


def _collect(found: Iterable[Mapping[Family, Version]], source: str) -> dict[Family, SiteVersions]:
    by_family: dict[Family, set[Version]] = {}
    for versions in found:
        for family, version in versions.items():
            by_family.setdefault(family, set()).add(version)
    return {
        family: SiteVersions(tuple(sorted(versions)), source)
        for family, versions in by_family.items()
    }
