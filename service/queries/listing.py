"""Parts of lists, with the number of items in the whole list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar

MOST_COUNTED = 10_000
"""Lists whose items have to be counted one by one are counted exactly up to this many."""


class Dated(TypedDict):
    """An item of a list ordered by time.

    `sort_key` is a string whose order is that of the times, and then of the items' identities.
    """

    sort_key: str


Item = TypeVar("Item", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """Part of a list.

    Attributes:
        items: The part.
        total: Number of items in the whole list.
        exact: Whether `total` counts all of them, or counting stopped there.
    """

    items: Sequence[Item]
    total: int
    exact: bool = True


def capped_listing(items: Sequence[Item], counted: int) -> Listing[Item]:
    """Return a part of a list whose items were counted no further than one above `MOST_COUNTED`."""
    # Counting one item too many is how the statement says that it stopped.
    return Listing(items, min(counted, MOST_COUNTED), counted <= MOST_COUNTED)
