import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.collections import json_members
from loaders.collections.json_members import JsonMembers
from loaders.errors import DocumentError, Fault

PATH = ("database", "installs")


def members(text: bytes, path: tuple[str, ...] = PATH) -> dict[str, bytes]:
    return dict(JsonMembers(io.BytesIO(text), path))


def read_until_error(text: bytes) -> tuple[list[str], Fault, str]:
    """Return the keys before the error, and the error's fault and pointer."""
    read: list[str] = []
    found = JsonMembers(io.BytesIO(text), PATH)
    with pytest.raises(DocumentError) as caught:
        read.extend(key for key, _ in found)
    return read, caught.value.fault, caught.value.pointer


@pytest.mark.parametrize(
    "value",
    [
        b'{"b": 1.50, "a":1e5,\t"c":"\\u00e9\\/"}',
        b'{"a":"}{]\\"[\\\\"}',
        b'{"a":NaN,"b":1e999999,"c":' + b"7" * 10_000 + b"}",
        b'{"a":"\xff"}',
        b'{"a" 5 b}',
        b"[1,{}]",
        b'"text"',
        b"-12.5e3",
        b"null",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 5000 + b"]" * 5000,
    ],
)
def test_a_value_keeps_its_bytes(value: bytes) -> None:
    text = b' {"x":{"installs":{"no":{}}}, "database" : {"installs": { "h" :%b , "i":{}}}}' % value
    assert members(text) == {"h": value, "i": b"{}"}


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_chunk_size_does_not_matter(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_members, "_CHUNK", chunk)
    values = {f"h{n}": {"spec": {"name": "a" * n, "deep": [{"x": "}"}]}} for n in range(40)}
    text = json.dumps({"database": {"version": "8", "installs": values}}).encode()
    assert {key: json.loads(raw) for key, raw in members(text).items()} == values


def test_siblings_are_kept_on_either_side() -> None:
    found = JsonMembers(io.BytesIO(b'{"roots":[{}],"specs":{"a":{}},"_meta":{"v":1}}'), ("specs",))
    assert [key for key, _ in found] == ["a"]
    assert found.siblings == {"roots": b"[{}]", "_meta": b'{"v":1}'}


def test_only_the_first_object_at_the_path_counts() -> None:
    text = (
        b'{"database":{"installs":{"a":{}},"installs":{"b":{}}},"database":{"installs":{"c":{}}}}'
    )
    found = JsonMembers(io.BytesIO(text), PATH)
    assert [key for key, _ in found] == ["a"]
    assert found.siblings == {"installs": b'{"b":{}}'}


def test_a_missing_object_is_reported() -> None:
    for text in (b"{}", b'{"database":{}}', b'{"database":{"installs":[{}]}}', b'{"installs":{}}'):
        found = JsonMembers(io.BytesIO(text), PATH)
        assert list(found) == []
        assert not found.found


@pytest.mark.parametrize(
    ("text", "read", "pointer"),
    [
        (b"", [], ""),
        (b"[]", [], ""),
        (b'{"database":', [], "/database"),
        (b'{"database":{"installs":{"a":{},"b":{"c":{}', ["a"], "/database/installs/b"),
        (b'{"database":{"installs":{"a":{},"b":"c', ["a"], "/database/installs/b"),
        (b'{"database":{"installs":{"a":{},"b":12', ["a"], "/database/installs/b"),
        (b'{"database":{"installs":{"a":{} "b":{}}}}', ["a"], "/database/installs"),
        (b'{"database":{"installs":{"a":{},5:{}}}}', ["a"], "/database/installs"),
        (b'{"database":{"installs":{"a":{}]}}', ["a"], "/database/installs"),
        (b'{"database":{"installs":{"a":{}}', ["a"], "/database"),
    ],
)
def test_complete_members_before_an_error_are_read(
    text: bytes, read: list[str], pointer: str
) -> None:
    assert read_until_error(text) == (read, Fault.MALFORMED, pointer)


def test_a_member_that_is_too_large_is_refused_early() -> None:
    endless = JsonMembers(
        io.BytesIO(b'{"database":{"installs":{"h":"' + b"x" * 5_000_000), PATH, limit=2_000_000
    )
    with pytest.raises(DocumentError) as caught:
        list(endless)
    assert (caught.value.fault, caught.value.pointer) == (Fault.TOO_LARGE, "/database/installs/h")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES), st.booleans(), st.sampled_from([None, 2]))
def test_any_object_is_split_as_json_decodes_it(
    value: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps({"database": {"installs": value}}, ensure_ascii=ascii_only, indent=indent)
    read = members(text.encode())
    assert {key: json.loads(raw) for key, raw in read.items()} == value
