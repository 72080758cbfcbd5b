"""Pages of lists that are at hand as a whole, by the index of their next entry."""

from collections.abc import Sequence
from typing import TypeVar

from service.paging import cursors
from service.paging.cursors import CursorError

T = TypeVar("T")

_DIGITS = 30
"""Most digits of an index: two to the hundredth chains are more than anybody turns over."""


def encode(offset: int, scope: str) -> str:
    """A cursor that goes on with the entry of this index; of another query it is refused."""
    return cursors.encode({"name": "", "version_key": "", "hash": str(offset)}, scope)


def decode(cursor: str | None, scope: str) -> int:
    """The index that a cursor stands for, 0 without one.

    :raises CursorError: not a cursor, or one of another query.
    """
    if not cursor:
        return 0
    return number(cursors.decode(cursor, scope).hash)


def number(text: str) -> int:
    """A number in a cursor.

    :raises CursorError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise CursorError("this is not a cursor")
    return int(text)


def following(offset: int, shown: int, total: int, scope: str) -> str | None:
    """The cursor after `shown` entries from `offset` on, None where these were the last."""
    return encode(offset + shown, scope) if shown and offset + shown < total else None


def page(
    entries: Sequence[T], limit: int, cursor: str | None, scope: str
) -> tuple[list[T], str | None]:
    """The entries that a cursor asks for, and the cursor of those after them.

    :raises CursorError: not a cursor of this list.
    """
    offset = decode(cursor, scope)
    shown = list(entries[offset : offset + limit])
    return shown, following(offset, len(shown), len(entries), scope)
