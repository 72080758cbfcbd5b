"""Logs as rows: numbered, marked, and cut to the context of the marked lines."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.queries.attempt_details import Finding
from service.web.logs import (
    AROUND,
    CHUNK,
    HEAD,
    TAIL,
    WHOLE,
    Gap,
    LogLine,
    Row,
    excerpt,
    from_line,
    last_line,
    rows_of,
)


def finding(line: int, kind: str = "error", text: str = "no") -> Finding:
    return {"line": line, "kind": kind, "text": text}


def numbered(count: int) -> str:
    return "".join(f"line {number}\n" for number in range(1, count + 1))


def spans(rows: list[Row]) -> list[tuple[int, int]]:
    """Return the first and the last line of each row."""
    return [
        (row.number, row.number) if isinstance(row, LogLine) else (row.first, row.last)
        for row in rows
    ]


def test_lines_are_numbered_and_marked() -> None:
    rows = rows_of("a\nb\nc\n", [finding(2), finding(3, "warning")], 2, capped=False)
    assert rows == [LogLine(1, "a"), LogLine(2, "b", "error", True), LogLine(3, "c", "warning")]


def test_an_empty_log_has_no_rows() -> None:
    assert rows_of("", [], None, capped=False) == []
    assert last_line([]) == 0


def test_lines_left_out_keep_their_numbers_and_marked_lines() -> None:
    text = "a\nb\n[... 100 lines left out]\ny\nz"
    rows = rows_of(text, [finding(50, text="x"), finding(103)], 50, capped=True)
    assert rows == [
        LogLine(1, "a"),
        LogLine(2, "b"),
        Gap(3, 49, kept=False),
        LogLine(50, "x", "error", True),
        Gap(51, 102, kept=False),
        LogLine(103, "y", "error"),
        LogLine(104, "z"),
    ]
    assert last_line(rows) == 104


def test_a_line_that_only_looks_like_a_gap_is_a_line() -> None:
    (row,) = rows_of("[... 7 lines left out]", [], None, capped=False)
    assert row == LogLine(1, "[... 7 lines left out]")


def test_a_short_log_is_shown_whole() -> None:
    rows = rows_of(numbered(WHOLE), [], None, capped=False)
    assert excerpt(rows) == rows


def test_a_long_log_is_cut_to_the_context_of_its_marked_lines() -> None:
    rows = rows_of(numbered(1000), [finding(500)], 500, capped=False)
    shown = excerpt(rows)
    assert [row for row in shown if isinstance(row, Gap)] == [
        Gap(HEAD + 1, 500 - AROUND - 1),
        Gap(500 + AROUND + 1, 1000 - TAIL),
    ]
    assert LogLine(500, "line 500", "error", True) in shown


def test_errors_are_shown_before_warnings() -> None:
    marks = [finding(number, "warning") for number in range(100, 4000, 20)]
    rows = rows_of(numbered(5000), [*marks, finding(4500)], 4500, capped=False)
    shown = excerpt(rows)
    assert LogLine(4500, "line 4500", "error", True) in shown
    assert len(shown) < 500


@given(
    st.integers(0, 900),
    st.lists(st.integers(1, 900), max_size=60),
    st.one_of(st.none(), st.integers(1, 500)),
)
def test_every_line_is_in_one_row(count: int, marks: list[int], left_out: int | None) -> None:
    text = numbered(count)
    if left_out is not None:
        text += f"[... {left_out} lines left out]\n" + numbered(3)
        count += left_out + 3
    rows = rows_of(text, map(finding, marks), None, capped=left_out is not None)
    for each in (rows, excerpt(rows)):
        covered = spans(each)
        assert (covered[0][0], covered[-1][1]) == (1, count) if count else covered == []
        assert all(after[0] == before[1] + 1 for before, after in pairwise(covered))


def test_a_chunk_starts_at_a_line() -> None:
    rows = rows_of(numbered(2500), [], None, capped=False)
    part = from_line(rows, 1201)
    assert (part[0], len(part)) == (LogLine(1201, "line 1201"), CHUNK)
    assert from_line(rows, 2501) == []
