"""The versions of symbols that files need of the libraries of a system.

They are compared as versions, not as text: GLIBC_2.4 is older than GLIBC_2.17.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

Version = tuple[int, ...]


class Family(StrEnum):
    """Versions of symbols that are counted on from release to release of a library."""

    GLIBC = "GLIBC"
    GLIBCXX = "GLIBCXX"
    CXXABI = "CXXABI"
    GFORTRAN = "GFORTRAN"
    GCC = "GCC"


SONAMES: Mapping[str, tuple[Family, ...]] = {
    "libc.so.6": (Family.GLIBC,),
    "libstdc++.so.6": (Family.GLIBCXX, Family.CXXABI),
    "libgfortran.so.5": (Family.GFORTRAN,),
    "libgcc_s.so.1": (Family.GCC,),
}
"""The libraries of a system that define the families; libm and others are released with libc."""

_SYMBOL_VERSION = re.compile(r"(GLIBC|GLIBCXX|CXXABI|GFORTRAN|GCC)_([0-9]+(?:\.[0-9]+)*)")
_MARKERS = {"GLIBC_ABI_DT_RELR": (2, 36)}
"""Versions without a number that mark a feature of the loader, with the first that has it."""
_MOST_PARTS = 4
_LEAST_PARTS = 2
_MOST_DIGITS = 4

_GCC_OF_GLIBCXX = (
    *(((3, 4, 18), (4, 8, 0)), ((3, 4, 19), (4, 8, 3)), ((3, 4, 20), (4, 9, 0))),
    *(((3, 4, 21), (5, 1, 0)), ((3, 4, 22), (6, 1, 0)), ((3, 4, 23), (7, 1, 0))),
    *(((3, 4, 24), (7, 2, 0)), ((3, 4, 25), (8, 1, 0)), ((3, 4, 26), (9, 1, 0))),
    *(((3, 4, 27), (9, 2, 0)), ((3, 4, 28), (9, 3, 0)), ((3, 4, 29), (11, 1, 0))),
    *(((3, 4, 30), (12, 1, 0)), ((3, 4, 31), (13, 1, 0)), ((3, 4, 32), (13, 2, 0))),
    *(((3, 4, 33), (14, 1, 0)), ((3, 4, 34), (15, 1, 0))),
)
_GCC_OF_CXXABI = (
    *(((1, 3, 7), (4, 8, 0)), ((1, 3, 8), (4, 9, 0)), ((1, 3, 9), (5, 1, 0))),
    *(((1, 3, 10), (6, 1, 0)), ((1, 3, 11), (7, 1, 0)), ((1, 3, 12), (9, 1, 0))),
    *(((1, 3, 13), (11, 1, 0)), ((1, 3, 14), (13, 1, 0)), ((1, 3, 15), (14, 1, 0))),
    ((1, 3, 16), (15, 1, 0)),
)
"""The release of GCC that first has a version, from the manual of libstdc++, "ABI Policy"."""


class SystemVersion(NamedTuple):
    """A version of a family.

    Attributes:
        family: The family.
        version: Its number.
    """

    family: Family
    version: Version

    @property
    def text(self) -> str:
        """The number as text."""
        return ".".join(map(str, self.version))


def parse_symbol_version(name: str) -> SystemVersion | None:
    """Return the meaning of the name of a version of symbols, or None if it is of no family."""
    if name in _MARKERS:
        return SystemVersion(Family.GLIBC, _MARKERS[name])
    found = _SYMBOL_VERSION.fullmatch(name)
    version = parse_version(found[2]) if found else None
    return SystemVersion(Family(found[1]), version) if found and version else None


def parse_version(text: str) -> Version | None:
    """Return a version of numbers with dots, or None if the text is none."""
    parts = text.split(".")
    usual = len(parts) <= _MOST_PARTS and all(
        part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS for part in parts
    )
    return tuple(map(int, parts)) if usual else None


def newest_versions(names: Iterable[str]) -> dict[Family, Version]:
    """Return the newest version of each family among names of versions."""
    found: dict[Family, Version] = {}
    for each in filter(None, map(parse_symbol_version, names)):
        found[each.family] = max(found.get(each.family, ()), each.version)
    return found


def versions_of_glibc(version: str) -> dict[Family, Version]:
    """Return the version that a release of glibc defines; the two have the same number."""
    found = parse_version(".".join(version.split(".")[:2]))
    return {Family.GLIBC: found} if found else {}


def versions_of_gcc(version: str) -> dict[Family, Version]:
    """Return the newest versions that the libraries of a release of GCC define.

    Those of libgcc_s and libgfortran are named after releases. Of libstdc++ nothing is returned
    for releases before 4.8, and nothing at all for less than a release, such as 12.
    """
    found = parse_version(version)
    if found is None or len(found) < _LEAST_PARTS:
        return {}
    versions = {Family.GCC: found, Family.GFORTRAN: found}
    for family, table in ((Family.GLIBCXX, _GCC_OF_GLIBCXX), (Family.CXXABI, _GCC_OF_CXXABI)):
        place = bisect_right([release for _, release in table], found)
        if place:
            versions[family] = table[place - 1][0]
    return versions
