"""Lists of the service as iterators and as data frames."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NotRequired, TypedDict, TypeVar, cast

if TYPE_CHECKING:
    import pandas as pd

Facts = dict[str, str]
"""Facts of a spec by their names, such as `compiler`, `mpi`, `target` and `variants`."""


class Label(TypedDict):
    """A spec by hash, name and version."""

    hash: str
    name: str | None
    version: str | None


class SpecItem(Label):
    """A spec in a list.

    Attributes:
        spliced: Whether it was spliced.
        verified: Whether its hash was recomputed and matches.
        facts: The facts of the spec: by default all of them, the same for each item.
        matches: For each side of the question, the nearest specs that matched, with their paths.
    """

    spliced: bool
    verified: bool
    facts: Facts
    matches: NotRequired[dict[str, list[dict[str, Any]]]]


Item = TypeVar("Item")
Page = Mapping[str, Any]


class Items(Generic[Item]):
    """A list of the service, which is fetched page by page while it is read.

    Each iteration starts at the first item. `total` asks for one item only.
    """

    def __init__(self, fetch: Callable[[int, str | None], Page], key: str, most: int) -> None:
        self._fetch = fetch
        self._key = key
        self._most = most

    def __iter__(self) -> Iterator[Item]:
        """Yield the items in the order of the service."""
        cursor: str | None = None
        while True:
            page = self._fetch(self._most, cursor)
            yield from page[self._key]
            cursor = page.get("next")
            if cursor is None:
                return

    @property
    def total(self) -> int | None:
        """How many items there are, at least; None if the service does not count them."""
        found = self._fetch(1, None).get("total")
        return int(found["count"]) if found else None

    def frame(self) -> "pd.DataFrame":
        """Return all items as a data frame, with a column for each member of nested objects.

        Names of nested members have a dot between them, such as `facts.mpi`.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas as pd

        rows = [cast("dict[str, Any]", item) for item in self]
        return pd.json_normalize(rows) if rows else pd.DataFrame()
