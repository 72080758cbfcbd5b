"""Pages of lists that are in memory as a whole, by the index of the next entry."""

from collections.abc import Sequence
from typing import TypeVar

from service.paging import cursors
from service.paging.cursors import CursorError

T = TypeVar("T")

_DIGITS = 30
"""Most digits of an index: nobody pages through two to the power of a hundred chains."""


def encode(offset: int, scope: str) -> str:
    """Return a cursor that continues with the entry at an index; see :func:`cursors.encode`."""
    return cursors.encode({"name": "", "version_key": "", "hash": str(offset)}, scope)


def decode(cursor: str | None, scope: str) -> int:
    """Return the index that a cursor stands for, 0 without one.

    Raises:
        CursorError: It is not a cursor, or one of another query.
    """
    if not cursor:
        return 0
    return parse_number(cursors.decode(cursor, scope).uid)


def parse_number(text: str) -> int:
    """Return a number in a cursor.

    Raises:
        CursorError: It is not a number.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise CursorError("this is not a cursor")
    return int(text)


def next_cursor(offset: int, shown: int, total: int, scope: str) -> str | None:
    """Return the cursor after `shown` entries from `offset` on, None if these are the last."""
    return encode(offset + shown, scope) if shown and offset + shown < total else None


def cut_page(
    entries: Sequence[T], limit: int, cursor: str | None, scope: str
) -> tuple[list[T], str | None]:
    """Return the entries of a page, and the cursor of the next page.

    Raises:
        CursorError: It is not a cursor of this list.
    """
    offset = decode(cursor, scope)
    shown = list(entries[offset : offset + limit])
    return shown, next_cursor(offset, len(shown), len(entries), scope)
