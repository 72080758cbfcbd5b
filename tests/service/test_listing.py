"""Pages of lists: cursors, and totals that no page contradicts."""

from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask

from service.api.listing import page_by_rank, page_by_time, uncounted_page_by_key
from service.paging.cursors import CursorError
from service.queries.listing import MOST_COUNTED, Dated, Listing, capped_listing

ITEMS: list[Dated] = [{"sort_key": f"{number:02}"} for number in range(9, 0, -1)]


def arguments(limit: int, cursor: str | None = None, **others: Any) -> dict[str, Any]:
    return {"limit": limit, "cursor": cursor, **others}


def older(before: str, limit: int) -> Listing[Dated]:
    items = [item for item in ITEMS if not before or item["sort_key"] < before]
    return Listing(items[:limit], len(ITEMS))


def test_pages_by_time_follow_each_other() -> None:
    with Flask(__name__).test_request_context("/builds"):
        first = page_by_time(arguments(4), older)
        second = page_by_time(arguments(4, first["next"]), older)
        last = page_by_time(arguments(4, second["next"]), older)
    assert [*first["items"], *second["items"], *last["items"]] == ITEMS
    assert last["next"] is None
    assert first["total"] == second["total"] == {"count": 9, "type": "EXACT"}


def test_no_page_contradicts_its_total() -> None:
    with Flask(__name__).test_request_context("/builds"):
        for counted in (Listing(ITEMS, 0), Listing(ITEMS, 12)):
            whole = page_by_time(arguments(9), Mock(return_value=counted))
            assert (whole["next"], whole["total"]["count"]) == (None, 9)
        part = page_by_time(arguments(4), Mock(return_value=Listing(ITEMS[:5], 4)))
        assert part["next"] is not None
        assert part["total"]["count"] == 5


def test_long_lists_are_counted_up_to_a_limit() -> None:
    most = capped_listing(ITEMS, MOST_COUNTED)
    more = capped_listing(ITEMS, MOST_COUNTED + 1)
    assert (most.total, most.exact) == (MOST_COUNTED, True)
    assert (more.total, more.exact) == (MOST_COUNTED, False)


def test_ranked_pages_continue_by_the_number_of_items_before() -> None:
    def part(skip: int, limit: int) -> list[Dated]:
        return ITEMS[skip : skip + limit]

    with Flask(__name__).test_request_context("/diagnostics"):
        first = page_by_rank(arguments(6), part)
        last = page_by_rank(arguments(6, first["next"]), part)
    assert [*first["items"], *last["items"]] == ITEMS
    assert last["next"] is None


def test_a_cursor_belongs_to_one_path_and_one_question() -> None:
    def uncounted(before: str, limit: int) -> list[Dated]:
        return list(older(before, limit).items)

    with Flask(__name__).test_request_context("/owners"):
        page = uncounted_page_by_key(arguments(4, path="a"), "sort_key", uncounted)
        with pytest.raises(CursorError):
            uncounted_page_by_key(arguments(4, page["next"], path="b"), "sort_key", uncounted)
    with Flask(__name__).test_request_context("/files"), pytest.raises(CursorError):
        uncounted_page_by_key(arguments(4, page["next"], path="a"), "sort_key", uncounted)
