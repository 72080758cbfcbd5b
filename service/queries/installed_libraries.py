"""Programs and libraries by name: which specs have them, and which need them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from cypher.run import Database
from loaders.elf.packing import unpack_facts
from service.dags.labels import SpecLabel
from service.queries.errors import InvalidQuestionError
from service.queries.libraries import FileItem, file_item
from service.queries.listing import MOST_COUNTED, Listing, capped_listing
from service.queries.suggestions import MOST_KNOWN, Suggestion

ADVICE = "narrow it: name a spec or a site"
"""How to narrow a question about libraries that takes too long."""
MOST_NEEDING = 1_000
"""Specs that need a library are counted exactly up to this many."""
FIRST_NEEDING = 10
"""Specs that are named of those that need a library."""


class SpecsThatNeed(TypedDict):
    """The specs with a file that needs a library of some name.

    `count` is their number, `exact` is false if counting stopped there, and `specs` are the first
    of those that were counted.
    """

    name: str
    count: int
    exact: bool
    specs: list[SpecLabel]


class LibraryItem(FileItem):
    """A program or library.

    `versions` are those of its symbols that it defines, `needed` the names of the libraries that it
    needs, in order, `exports` and `imports` the numbers of its symbols. `needed_by` are the specs
    that need a library of its name.
    """

    build_id: str | None
    versions: list[str]
    needed: list[str]
    exports: int
    imports: int
    needed_by: SpecsThatNeed


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """Which programs and libraries to list; at least one of the first three is given.

    Attributes:
        name: Those with this SONAME, file name or end of a path.
        needs: Those that need a library of this name.
        spec: Those of the spec with this identity.
        site: Those that were read at this site.
    """

    name: str | None = None
    needs: str | None = None
    spec: str | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        """Refuse a filter that would list everything.

        Raises:
            InvalidQuestionError: None of the first three is given.
        """
        if not (self.name or self.needs or self.spec):
            raise InvalidQuestionError("soname: empty; give soname, needs or spec")

    @property
    def statement(self) -> str:
        """The statement that reads the fewest files."""
        if self.spec:
            return "libraries_of_spec"
        return "libraries_by_name" if self.name else "libraries_that_need"


def find_libraries(
    database: Database, criteria: LibraryFilter, after: str, limit: int
) -> Listing[LibraryItem]:
    """Return a part of the programs and libraries that meet some criteria, by spec.

    Of more than `MOST_COUNTED`, so many are listed, and the number is not exact.

    Args:
        database: The graph.
        criteria: Which files.
        after: Sort key of the last file of the part before, empty at the start.
        limit: Most files.
    """
    found = database.read(
        criteria.statement,
        name=criteria.name or None,
        needs=criteria.needs or None,
        spec=criteria.spec,
        site=criteria.site,
        after=after,
        limit=limit,
        most=MOST_COUNTED + 1,
    )[0]
    rows: Sequence[Mapping[str, Any]] = found["items"]
    needing = find_specs_that_need(database, map(_needed_name, rows), criteria.site)
    items = [_library_item(row, needing[_needed_name(row)]) for row in rows]
    return capped_listing(items, found["total"])


def _needed_name(row: Mapping[str, Any]) -> str:
    """Return the name by which others need a file: its SONAME, which linkers copy, or its own."""
    return str(row["soname"] or row["path"].rpartition("/")[2])


def _library_item(row: Mapping[str, Any], needed_by: SpecsThatNeed) -> LibraryItem:
    facts = unpack_facts(row["facts"])
    return {
        **file_item(row),
        "build_id": row["build_id"],
        "versions": list(facts.definitions or ()),
        "needed": list(facts.needed),
        "exports": row["exports"],
        "imports": row["imports"],
        "needed_by": needed_by,
    }


def find_specs_that_need(
    database: Database, names: Iterable[str], site: str | None = None
) -> dict[str, SpecsThatNeed]:
    """Return the specs with files that need libraries of some names, by name.

    Args:
        database: The graph.
        names: SONAMEs or file names.
        site: Only files that were read at this site.
    """
    records = database.read(
        "specs_that_need",
        names=sorted(set(names)),
        site=site,
        most=MOST_NEEDING + 1,
        limit=FIRST_NEEDING,
    )
    return {
        record["name"]: SpecsThatNeed(
            name=record["name"],
            count=min(record["total"], MOST_NEEDING),
            exact=record["total"] <= MOST_NEEDING,
            specs=record["specs"],
        )
        for record in records
    }


def suggest_names(database: Database, asked: str) -> list[Suggestion]:
    """Return names of libraries that start as one that nothing has, as a suggestion."""
    start = asked.partition(".so")[0].rpartition("/")[2]
    records = database.read("sonames_from", start=start, limit=MOST_KNOWN + 1) if start else []
    names = [record["name"] for record in records if record["name"] != asked]
    if not names:
        return []
    more = ", ..." if len(names) > MOST_KNOWN else ""
    known = names[:MOST_KNOWN]
    there = f"there {'is' if len(names) == 1 else 'are'} {', '.join(known)}{more}"
    return [
        Suggestion(
            kind="library",
            asked=asked,
            package=None,
            known=known,
            message=f"no library is named {asked}; {there}",
        )
    ]
