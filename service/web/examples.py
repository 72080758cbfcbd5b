"""Examples of questions, from the content of the graph."""

from cypher.run import Database
from service.queries.overview import find_versions

_DEPENDENCIES = ("xz", "openssl", "zlib-ng", "zlib", "curl", "libxml2", "mpich", "openmpi", "hdf5")
"""Packages that many others need."""
_BACKDOOR = {"5.6.0", "5.6.1"}
"""The versions of xz with the backdoor of CVE-2024-3094."""


def example_dependencies(database: Database, most: int) -> list[tuple[str, str]]:
    """Return dependencies in spec syntax that may affect something, each with a remark."""
    found: list[tuple[str, str]] = []
    for package in find_versions(database, _DEPENDENCIES):
        versions = [each["version"] for each in package["versions"]]
        if package["name"] == "xz" and not _BACKDOOR.isdisjoint(versions):
            found.append(("xz@5.6.0:5.6.1", "the backdoor of CVE-2024-3094"))
        if len(versions) > 1:
            found.append((package["name"], f"any of {len(versions)} versions"))
        else:
            found.append((f"{package['name']}@{versions[0]}", "the only version here"))
    return found[:most]
