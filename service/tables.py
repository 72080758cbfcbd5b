"""Lists of JSON objects as rows of text, for CSV and for tab-separated values."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

LISTS = ("items", "chains", "entries", "cells")
"""Names that answers give their list, in the order in which they are looked for."""

_FIRST = ("hash", "name", "version")
"""Columns that come first, because they identify a spec."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def list_of(answer: Any) -> list[Mapping[str, Any]] | None:
    """Return the list of an answer, or None if it has none."""
    if isinstance(answer, list):
        return answer
    for name in LISTS:
        if isinstance(answer, Mapping) and isinstance(answer.get(name), list):
            found: list[Mapping[str, Any]] = answer[name]
            return found
    return None


def flatten(items: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return a list of objects as names of columns and rows.

    A nested object has a column for each of its members, with a dot between the names; a nested
    spec is `name@version/hash`, with a column for each of its facts. A list is one text: values
    with blanks between.
    """
    flat = [dict(_members("", item)) for item in items]
    names = dict.fromkeys(name for row in flat for name in row)
    columns = [*(each for each in _FIRST if each in names), *(n for n in names if n not in _FIRST)]
    return columns, [[row.get(name, "") for name in columns] for row in flat]


def as_csv(items: Sequence[Mapping[str, Any]]) -> str:
    """Return a list of objects as CSV with a header (RFC 4180)."""
    columns, rows = flatten(items)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([columns, *rows] if columns else [])
    return text.getvalue()


def as_tsv(items: Sequence[Mapping[str, Any]]) -> str:
    """Return a list of objects as tab-separated values with a header; see :func:`tsv_line`."""
    columns, rows = flatten(items)
    return "".join(f"{tsv_line(row)}\n" for row in ([columns, *rows] if columns else []))


def tsv_line(cells: Sequence[str]) -> str:
    """Return cells with tabs between; tabs and ends of lines within them are escaped."""
    return "\t".join(cell.translate(_ESCAPES) for cell in cells)


def _members(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and not (name and _is_spec(value)):
        prefix = f"{name}." if name else ""
        return [each for key, part in value.items() for each in _members(f"{prefix}{key}", part)]
    facts = value.get("facts") if _is_spec(value) else None
    return [(name, _text(value)), *(_members(f"{name}.facts", facts) if facts else [])]


def _is_spec(value: Any) -> bool:
    return isinstance(value, Mapping) and "hash" in value and "name" in value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if _is_spec(value):
        version = f"@{value['version']}" if value.get("version") else ""
        return f"{value['name'] or ''}{version}/{value['hash']}"
    if isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(each, list) for each in value)
    ):
        return json.dumps(value)
    return " ".join(map(_text, value)) if isinstance(value, list) else str(value)
