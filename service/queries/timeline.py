"""Pages of lists ordered by time, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar

MOST_COUNTED = 10_000
"""Lists that no index counts are counted exactly up to this many items."""


class Dated(TypedDict):
    """An item of a list ordered by time.

    `sort_key` is a string whose order is that of the times, and then of the items' identities.
    """

    sort_key: str


Item = TypeVar("Item", bound=Dated)


@dataclass(frozen=True, slots=True)
class Timeline(Generic[Item]):
    """Part of a list ordered by time, newest first.

    Attributes:
        items: The part.
        total: Number of items in the whole list.
        exact: Whether `total` counts all of them, or counting stopped there.
    """

    items: Sequence[Item]
    total: int
    exact: bool = True


def capped_timeline(items: Sequence[Item], counted: int) -> Timeline[Item]:
    """Return a timeline whose items were counted no further than one above `MOST_COUNTED`."""
    return Timeline(items, min(counted, MOST_COUNTED), counted <= MOST_COUNTED)
