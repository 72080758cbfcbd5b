"""The least versions of the system that a deployment needs, and whether a site has them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.abi.system_versions import (
    SONAMES,
    Family,
    SystemVersion,
    parse_symbol_version,
    parse_version,
    versions_of_gcc,
)
from service.dags.dag import Dag
from service.dags.labels import SpecLabel
from service.queries.abi import RUNTIMES, Coverage, FileOfSpec, Labels, Sides, StoredFiles
from service.queries.errors import InvalidQuestionError
from service.queries.libraries import read_facts
from service.queries.site_versions import SiteVersions, find_site_versions

ADVICE = "name a spec with fewer dependencies"
"""How to narrow a question that took too long."""
MOST_SYMBOLS = 5
"""Most symbols that are named of those that a file needs in a version."""
GIVEN = "given"
"""Source of versions that the question names."""
_SYSTEM = "glibc"
"""Package whose files are those of the system."""
_RUNTIME = "gcc-runtime"
_LIBC = "libc.so.6"

Needed = dict[tuple[Family, str], tuple[SystemVersion, str, str, str]]
"""By family and library: the version, its name, and identity and path of the file that needs it."""


class SystemNeed(TypedDict):
    """The newest version of a family that some file of a deployment needs.

    Attributes:
        family: `GLIBC`, `GLIBCXX`, `CXXABI`, `GFORTRAN` or `GCC`.
        library: Name of the library that defines it.
        version: The number of the version.
        symbol_version: The name of the version, as it is in files.
        needed_by: A file that needs it, of the root if possible.
        symbols: Some of the symbols that the file needs in that version.
        provided_by: The file of a deployed spec that defines it, so that the system need not.
        there: The versions that the systems asked about have, in order.
        source: How these are known: `given`, `libraries`, `specs`, or None.
        starts: `yes`, `no` or `unknown`; None if no system was asked about.
    """

    family: str
    library: str
    version: str
    symbol_version: str
    needed_by: FileOfSpec
    symbols: list[str]
    provided_by: FileOfSpec | None
    there: list[str]
    source: str | None
    starts: str | None


@dataclass(frozen=True)
class SystemNeeds:
    """Versions of the system's libraries that a deployment needs.

    Attributes:
        root: The spec.
        needs: The newest needed version of each family.
        starts: Whether the system asked about has all of them: `yes`, `no` or `unknown`.
        site: The site asked about.
        coverage: How many of the deployed specs have files; externals that are a part of the
            system do not count.
        missing: The deployed specs without files.
    """

    root: SpecLabel
    needs: Sequence[SystemNeed]
    starts: str | None
    site: str | None
    coverage: Coverage
    missing: Sequence[SpecLabel]


def parse_system(text: str | None) -> dict[Family, SiteVersions]:
    """Return the versions in a text such as `GLIBC=2.28,GLIBCXX=3.4.25`.

    Raises:
        InvalidQuestionError: It is no such text.
    """
    found: dict[Family, SiteVersions] = {}
    for part in filter(None, (text or "").split(",")):
        name, _, number = part.strip().partition("=")
        version = parse_version(number)
        if name.upper() not in Family.__members__ or version is None:
            known = ", ".join(Family)
            raise InvalidQuestionError(
                f"on: {part[:40]!r} is not a version such as GLIBC=2.28; there are {known}"
            )
        found[Family(name.upper())] = SiteVersions((version,), GIVEN)
    return found


def find_needs(
    database: Database,
    dag: Dag,
    on: Mapping[Family, SiteVersions],
    site: str | None = None,
    *,
    symbols: bool = True,
) -> SystemNeeds:
    """Return the needs of a spec for the system's libraries, by the versions of symbols.

    Args:
        database: The graph.
        dag: The spec.
        on: Versions of a system that is asked about.
        site: A site that is asked about; its own files count, if they were read.
        symbols: Whether symbols are named that files need in the versions.
    """
    sides = Sides.of_dag(dag)
    files = StoredFiles(database)
    labels = Labels(sides.names)
    own = [uid for uid in sides.deployed if sides.packages.get(hash_of(uid)) != _SYSTEM]
    files.add(own, site)
    missing = [
        uid
        for uid in own
        if uid not in files.specs and sides.packages.get(hash_of(uid)) not in RUNTIMES
    ]
    there = {**(find_site_versions(database, site) if site else {}), **on}
    describer = _Describer(files, labels, own, there if there or site else None, symbols)
    order = list(Family)
    newest = sorted(_newest(own, files).items(), key=lambda need: (order.index(need[0][0]), need))
    needs = [describer.describe(*need) for need in newest]
    return SystemNeeds(
        sides.root,
        needs,
        _starts_with_all(needs, missing) if there or site else None,
        site,
        Coverage(specs=len(own), without_files=len(missing)),
        [labels.label(hash_of(uid)) for uid in missing],
    )


def _newest(own: Iterable[str], files: StoredFiles) -> Needed:
    """Return the newest needed versions, each with the first file that needs it."""
    found: Needed = {}
    for uid, path, needed in _needed_versions(own, files):
        for file, name in needed:
            if each := parse_symbol_version(name):
                key = each.family, _LIBC if each.family is Family.GLIBC else file
                if key not in found or found[key][0].version < each.version:
                    found[key] = each, name, uid, path
    return found


def _needed_versions(
    own: Iterable[str], files: StoredFiles
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    for uid in own:
        spec = files.specs.get(uid)
        for path, facts in sorted(spec.files.items()) if spec else ():
            # The loader only warns of a missing version that is weakly needed.
            yield uid, path, [(need.file, need.name) for need in facts.needs if not need.weak]


@dataclass(frozen=True)
class _Describer:
    """How needed versions are described in the answer.

    Attributes:
        files: The files of the deployed specs.
        labels: How they are named.
        own: The deployed specs but those of the system.
        there: The versions of the system asked about; None if there is no such system.
        symbols: Whether symbols are named.
    """

    files: StoredFiles
    labels: Labels
    own: Sequence[str]
    there: Mapping[Family, SiteVersions] | None
    symbols: bool

    def describe(
        self, key: tuple[Family, str], need: tuple[SystemVersion, str, str, str]
    ) -> SystemNeed:
        """Return one needed version."""
        (family, library), (version, name, uid, path) = key, need
        provided_by = self._provider(library, version, name)
        known = self.there.get(family) if self.there else None
        there = known if family in SONAMES.get(library, ()) else None
        return SystemNeed(
            family=family,
            library=library,
            version=version.text,
            symbol_version=name,
            needed_by=self.labels.file(f"/{hash_of(uid)}/{path}"),
            symbols=self._symbols(uid, path, name) if self.symbols else [],
            provided_by=provided_by,
            there=[".".join(map(str, each)) for each in there.versions] if there else [],
            source=there.source if there else None,
            starts=None if self.there is None else _starts(version, provided_by, there),
        )

    def _provider(self, library: str, version: SystemVersion, name: str) -> FileOfSpec | None:
        """Return the deployed file that defines a version."""
        for uid in self.own:
            spec = self.files.specs.get(uid)
            if spec is None and self._is_in_runtime(uid, library, version):
                return self.labels.file(f"/{hash_of(uid)}/lib/{library}")
            for path, facts in sorted(spec.files.items()) if spec else ():
                if facts.soname == library and name in (facts.definitions or ()):
                    return self.labels.file(f"/{hash_of(uid)}/{path}")
        return None

    def _is_in_runtime(self, uid: str, library: str, version: SystemVersion) -> bool:
        """Return whether a spec is a runtime of a GCC of which the library has the version."""
        label = self.labels.label(hash_of(uid))
        if label["name"] != _RUNTIME or version.family not in SONAMES.get(library, ()):
            return False
        return versions_of_gcc(label["version"] or "").get(version.family, ()) >= version.version

    def _symbols(self, uid: str, path: str, name: str) -> list[str]:
        """Return some of the symbols that a file needs in a version."""
        (facts,) = read_facts(self.files.database, [self.files.library_at(uid, path)]).values()
        names = {each.name for each in facts.references if each.version == name}
        return sorted(names)[:MOST_SYMBOLS]


def _starts(need: SystemVersion, provided_by: FileOfSpec | None, there: SiteVersions | None) -> str:
    if provided_by is not None:
        return "yes"
    if there is None:
        return "unknown"
    enough = {version >= need.version for version in there.versions}
    return "unknown" if len(enough) > 1 else "yes" if True in enough else "no"


def _starts_with_all(needs: Iterable[SystemNeed], missing: Sequence[str]) -> str:
    answers = {each["starts"] for each in needs}
    if "no" in answers:
        return "no"
    return "unknown" if missing or "unknown" in answers else "yes"
