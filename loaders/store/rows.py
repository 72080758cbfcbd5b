"""Rows: the maps that a merge statement takes, one for each node or relationship to write."""

import datetime
import secrets
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

Row = dict[str, object]
Rows = list[Row]
T = TypeVar("T")

REMOVALS = "removals"
"""Name of the counter of the transactions that deleted anything."""


def drop_missing(values: Mapping[str, object]) -> Row:
    """Return the values that are not None, since a property cannot be None."""
    return {key: value for key, value in values.items() if value is not None}


def chunks_of(size: int, rows: Iterable[T]) -> Iterator[list[T]]:
    """Yield rows in lists of at most `size`."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def new_load_id() -> str:
    """Return an identifier for one load, which new nodes carry: sortable by time, and unique."""
    return f"{load_id_before(0.0)}-{secrets.token_hex(6)}"


def load_id_before(seconds: float) -> str:
    """Return a string that sorts after the identifiers of all loads that began so long ago."""
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    # Microseconds keep the order of loads that begin in the same second.
    return f"{then:%Y%m%dT%H%M%S.%fZ}"
