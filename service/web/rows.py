"""The columns of a list of specs on a page: sorted and filtered by the facts of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.api.request import Page, total_of
from service.paging import offsets
from service.web.views import address_of
from spec_syntax import version_key

MOST_SORTED = 500
"""Longest list that is sorted and filtered by its columns; of a longer one only a page is read."""
PREFIX = "col."
"""In front of the name of a column in the parameter that filters by it."""
_MOST_CHOICES = 30
"""A column with more values than this cannot be filtered."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    Attributes:
        name: Its name in the facts of a row.
        title: Its heading.
        sort: Address of the list sorted by it; sorted the other way if it is already.
        order: `ascending` or `descending` if the list is sorted by it, else empty.
        choices: Its values with the number of rows that have them, if there are few.
        chosen: The value of the rows that are shown, if it is filtered by.
    """

    name: str
    title: str
    sort: str | None = None
    order: str = ""
    choices: Sequence[tuple[str, int]] = ()
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class RowTable:
    """A list of specs with its columns.

    Attributes:
        columns: The columns besides that of the specs.
        by_spec: Address of the list in its own order, if it is sorted.
        kept: Parameters of the list that its filter keeps.
        sortable: Whether it is short enough to be sorted.
    """

    columns: Sequence[Column] = ()
    by_spec: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    sortable: bool = True

    @property
    def filterable(self) -> Sequence[Column]:
        """The columns by which the list can be filtered."""
        return [each for each in self.columns if each.choices]

    @property
    def is_filtered(self) -> bool:
        """Whether only some of its rows are shown."""
        return any(each.chosen for each in self.columns)


def wants_sorting(given: Mapping[str, str]) -> bool:
    """Return whether a list is to be sorted or filtered by a column."""
    return bool(given.get("sort")) or any(key.startswith(PREFIX) for key in given)


def sort_rows(page: Page, given: Mapping[str, str], limit: int) -> Page:
    """Return the page of a whole list that is sorted and filtered by columns.

    Args:
        page: All rows of the list.
        given: The parameters: `sort` is a column, with a dash in front to reverse it, `cursor` the
            page, and `col.NAME` the value that a column must have.
        limit: Most rows of a page.

    Raises:
        CursorError: The cursor is not one of this list.
    """
    wanted = {key.removeprefix(PREFIX): v for key, v in given.items() if key.startswith(PREFIX)}
    rows = [row for row in page["items"] if all(_fact(row, k) == v for k, v in wanted.items())]
    name = given.get("sort", "")
    if name:
        column = name.removeprefix("-")
        rows.sort(key=lambda row: _order(_fact(row, column)), reverse=name.startswith("-"))
    scope = str(sorted((key, value) for key, value in given.items() if key != "cursor"))
    shown, following = offsets.cut_page(rows, limit, given.get("cursor") or None, scope)
    return {"items": shown, "next": following, "total": total_of(len(rows))}


def table_of(path: str, rows: Page, given: Mapping[str, str]) -> RowTable:
    """Return the columns of a page of a list.

    Args:
        path: Path of the page.
        rows: All rows that are known, before they are filtered: those whose values can be chosen.
        given: The parameters of the page.
    """
    sortable = rows["total"]["type"] == "EXACT" and rows["total"]["count"] <= MOST_SORTED
    kept = {key: value for key, value in given.items() if value and key != "cursor"}
    names = list(rows["items"][0].get("facts", ())) if rows["items"] else []
    unsorted = {key: value for key, value in kept.items() if key != "sort"}
    columns = []
    for name in names:
        reverse = kept.get("sort") == name
        columns.append(
            Column(
                name,
                title_of(name),
                sort=address_of(path, **{**kept, "sort": f"-{name}" if reverse else name})
                if sortable
                else None,
                order={name: "ascending", f"-{name}": "descending"}.get(kept.get("sort", ""), ""),
                choices=_choices(rows["items"], name) if sortable else (),
                chosen=kept.get(PREFIX + name, ""),
            )
        )
    by_spec = address_of(path, **unsorted) if "sort" in kept else None
    others = {key: value for key, value in kept.items() if not key.startswith(PREFIX)}
    return RowTable(columns, by_spec, others, sortable)


def title_of(name: str) -> str:
    """Return the heading of a column."""
    titles = {"mpi": "MPI", "os": "OS", "blas": "BLAS", "lapack": "LAPACK", "built_as": "Built as"}
    return titles.get(name, name[:1].upper() + name[1:])


def _fact(row: Mapping[str, Any], name: str) -> str:
    return str(row.get("facts", {}).get(name, ""))


def _order(value: str) -> tuple[bool, str, str]:
    """Return the sort key of a value: rows without one last, versions in Spack's order."""
    name, _, version = value.partition("@")
    return not value, name, version_key(version) if version else ""


def _choices(rows: Sequence[Mapping[str, Any]], name: str) -> list[tuple[str, int]]:
    counts = Counter(value for row in rows if (value := _fact(row, name)))
    if not 1 < len(counts) + (counts.total() < len(rows)) <= _MOST_CHOICES:
        return []
    return sorted(counts.items(), key=lambda each: _order(each[0]))
