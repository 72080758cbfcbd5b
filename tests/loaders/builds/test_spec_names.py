import json

import pytest

from loaders.builds.spec_names import parse_folder_name, parse_marker_name, read_node_names
from loaders.errors import DocumentError
from loaders.evidence import SpecName
from loaders.specs.document import parse_document
from tests.documents import SPECS, SPLICED, document, node

HASH = "nenbxcxclbgzsye4jcs3oa2y7afyha6a"

FOLDERS = [
    ("zlib-1.3.1", None, ("zlib", "1.3.1")),
    ("lab-fail-build-1.1", None, ("lab-fail-build", "1.1")),
    ("imagemagick-7.0.2-7", None, ("imagemagick", "7.0.2-7")),
    ("py-my-tool-2.0-rc1", None, ("py-my-tool", "2.0-rc1")),
    ("py-3to2-1.1", "py-3to2", ("py-3to2", "1.1")),
    ("r-4-1", "r-4", ("r-4", "1")),
    ("trilinos-develop", None, ("trilinos", "develop")),
    ("main-tool-main", None, ("main-tool", "main")),
    ("hpx-git.abc_1.9", None, ("hpx", "git.abc_1.9")),
    ("tool-stable-v2", None, ("tool-stable", "v2")),
    ("tool-feature", None, ("tool", "feature")),
    ("tool-feature-x", "tool", ("tool", "feature-x")),
    ("7zip-19.00", None, ("7zip", "19.00")),
    ("7zip-19.00", "other", ("7zip", "19.00")),
    ("zlib", None, ("zlib", None)),
    ("zlib", "zlib", ("zlib", None)),
]


@pytest.mark.parametrize(("stem", "known", "expected"), FOLDERS)
def test_folder_names_are_parsed(
    stem: str, known: str | None, expected: tuple[str, str | None]
) -> None:
    assert parse_folder_name(f"{stem}-{HASH}", known) == SpecName(HASH, *expected)


NO_SPECS = [
    *("zlib-1.3.1", "", HASH, f"-{HASH}", f"zlib-1.3-{HASH[:7]}", f"zlib-{HASH}\n", "a" * 500),
    *(f"a b-1-{HASH}", f"{'a' * 2000}-1-{HASH}"),
]


@pytest.mark.parametrize("folder", NO_SPECS)
def test_folders_without_a_hash_are_not_parsed(folder: str) -> None:
    assert parse_folder_name(folder) is None


def test_marker_names_are_parsed() -> None:
    assert parse_marker_name(f"py-3to2-{HASH}") == SpecName(HASH, "py-3to2")
    assert parse_marker_name("prefix_failures") is None
    assert parse_marker_name(f"a b-{HASH}") is None


@pytest.mark.parametrize("path", [*SPECS, *SPLICED], ids=lambda path: path.name[:30])
def test_node_names_equal_those_of_the_parsed_document(path: object) -> None:
    assert hasattr(path, "read_bytes")
    raw = path.read_bytes()
    parsed = parse_document(raw, allow_unverified=True)
    names = read_node_names(raw)
    assert names[0].spec.hash == parsed.root.hash
    assert {each.spec.hash for each in names} == parsed.by_hash.keys()
    for each in names:
        record = parsed.by_hash[each.spec.hash]
        assert (each.spec.name, each.spec.version) == (record.name, record.version)
        if not parsed.has_splices:
            assert set(each.dependencies) == record.dependencies


def test_a_document_of_format_1_is_read() -> None:
    inner = {
        "version": "1.2.11",
        "arch": {"platform": "linux", "platform_os": "debian8", "target": "x86_64"},
        "compiler": {"name": "gcc", "version": "10.2"},
        "namespace": "builtin",
        "parameters": {},
        "hash": "x" * 32,
    }
    raw = json.dumps({"spec": [{"zlib": inner}]}).encode()
    assert read_node_names(raw)[0].spec == SpecName("x" * 32, "zlib", "1.2.11")


BAD = [
    b"",
    b"{}",
    b"[]",
    b"\xff",
    b'{"spec": 7}',
    b'{"spec": {"nodes": []}}',
    b'{"spec": {"_meta": {"version": "5"}, "nodes": []}}',
    b'{"spec": {"_meta": {"version": 5}, "nodes": []}}',
    b'{"spec": {"_meta": {"version": 5}, "nodes": [7]}}',
]


@pytest.mark.parametrize("raw", BAD)
def test_other_documents_are_refused(raw: bytes) -> None:
    with pytest.raises(DocumentError):
        read_node_names(raw)


@pytest.mark.parametrize(
    ("key", "value"),
    [("hash", "x"), ("hash", None), ("name", ""), ("name", "a\nb"), ("version", "\0"), ("name", 7)],
)
def test_an_invalid_node_is_refused_with_a_pointer(key: str, value: object) -> None:
    broken = {**node("zlib"), key: value}
    with pytest.raises(DocumentError) as caught:
        read_node_names(json.dumps(document(broken)).encode())
    assert caught.value.pointer.startswith("/spec")
