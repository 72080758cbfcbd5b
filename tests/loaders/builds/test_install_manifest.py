import json
from pathlib import Path
from typing import Any

import pytest

from loaders.builds.install_manifest import InstallManifest, count_omitted, read_manifest
from loaders.errors import DocumentError, Fault
from loaders.evidence import InstalledFile

PREFIX = "/opt/store/linux/zlib-1.3-" + "a" * 32
SUM = "G7PMQ6BFGSHPZRIS2SBM2AS7ZWKWVFB6"


def read(entries: dict[str, Any], folder: str = "elsewhere", limit: int = 100) -> InstallManifest:
    return read_manifest(json.dumps(entries).encode(), folder, limit)


def read_one(path: str, entry: dict[str, Any]) -> InstalledFile:
    marked = {f"{PREFIX}/.spack": {"mode": 0o40755}, f"{PREFIX}/{path}": entry}
    return read(marked).files[-1]


def test_entries_of_current_releases_are_read() -> None:
    assert read_one("lib/libz.so.1", {"mode": 33261, "hash": SUM, "time": 1.5, "size": 7}) == (
        InstalledFile("lib/libz.so.1", "file", 0o755, 7, SUM)
    )
    assert read_one("lib", {"mode": 17901}) == InstalledFile("lib", "directory", 0o2755)
    assert read_one("lib/libz.so", {"mode": 41471, "dest": "libz.so.1"}) == InstalledFile(
        "lib/libz.so", "link", 0o777, target="lib/libz.so.1"
    )


def test_entries_before_0_20_have_the_mode_of_the_link_target() -> None:
    assert read_one("bin", {"mode": 16877, "type": "dir"}) == InstalledFile(
        "bin", "directory", 0o755
    )
    assert read_one("a", {"mode": 33188, "type": "link", "dest": "b"}) == InstalledFile(
        "a", "link", None, target="b"
    )
    assert read_one("b", {"mode": 33188, "type": "file", "hash": SUM, "size": 0}) == InstalledFile(
        "b", "file", 0o644, 0, SUM
    )


TARGETS = [
    ("lib/a.so", "a.so.1", "lib/a.so.1"),
    ("lib/a.so", "../lib64/./a.so", "lib64/a.so"),
    ("lib/a.so", f"{PREFIX}/lib/a.so.1", "lib/a.so.1"),
    ("lib/a.so", "/usr/lib/a.so", "/usr/lib/a.so"),
    ("lib/a.so", f"{PREFIX}-more/a.so", f"{PREFIX}-more/a.so"),
    ("lib/a.so", "../../other/a.so", "../../other/a.so"),
    ("lib64", "lib", "lib"),
    ("here", ".", "."),
]


@pytest.mark.parametrize(("path", "target", "expected"), TARGETS)
def test_links_within_the_prefix_are_relative_to_it(path: str, target: str, expected: str) -> None:
    assert read_one(path, {"mode": 41471, "dest": target}).target == expected


def test_omitted_entries_are_counted() -> None:
    entries: dict[str, Any] = {
        f"{PREFIX}/.spack": {"mode": 0o40755},
        PREFIX: {"mode": 0o40755},
        "/usr/bin/ls": {"mode": 0o100755},
        f"{PREFIX}/../other": {"mode": 0o100755},
        f"{PREFIX}-2/file": {"mode": 0o100755},
        f"{PREFIX}/gone": {},
        f"{PREFIX}/pipe": {"mode": 0o10644},
        f"{PREFIX}/odd": 7,
        f"{PREFIX}/one": {"mode": 0o100644},
        f"{PREFIX}/two": {"mode": 0o100644},
    }
    manifest = read(entries, limit=2)
    assert [file.path for file in manifest.files] == [".spack", "one"]
    assert dict(count_omitted(manifest)) == {
        "files_outside": 3,
        "files_unknown": 3,
        "files_left_out": 1,
    }


def test_the_outermost_metadata_folder_marks_the_prefix() -> None:
    entries = {f"{PREFIX}/share/copy/.spack": {"mode": 16877}, f"{PREFIX}/.spack": {"mode": 16877}}
    assert [file.path for file in read(entries).files] == ["share/copy/.spack", ".spack"]


def test_without_metadata_folder_the_prefix_is_found_by_its_name() -> None:
    folder = PREFIX.rpartition("/")[2]
    assert [f.path for f in read({f"{PREFIX}/a/b": {"mode": 33188}}, folder).files] == ["a/b"]
    assert read({}, folder) == InstallManifest(())
    with pytest.raises(DocumentError) as caught:
        read({f"{PREFIX}/a/b": {"mode": 33188}}, "elsewhere")
    assert caught.value.fault is Fault.INVALID


def test_names_that_are_not_utf8_are_escaped() -> None:
    file = read_one("caf\udce9", {"mode": 41471, "dest": "\udcff"})
    assert (file.path, file.target) == ("caf\\udce9", "\\udcff")


ODD = [
    {"mode": 33188, "size": -1, "hash": "not one"},
    {"mode": 33188, "size": 1.5, "hash": 7},
    {"mode": 33188, "size": 1 << 70, "hash": "x" * 10_000},
    {"mode": 33188, "size": True, "hash": None},
]


@pytest.mark.parametrize("entry", ODD)
def test_invalid_values_are_dropped(entry: dict[str, Any]) -> None:
    assert read_one("a", entry) == InstalledFile("a", "file", 0o644)


@pytest.mark.parametrize("mode", [-1, 1 << 40, "33188", None, 1e30])
def test_an_entry_with_an_invalid_mode_has_no_kind(mode: object) -> None:
    assert dict(count_omitted(read({f"{PREFIX}/.spack": {"mode": mode}}))) == {"files_unknown": 1}


def test_manifests_of_spack_0_17_and_0_18_are_read(corpus: Path) -> None:
    kinds: dict[str, int] = {}
    manifests = 0
    for line in (corpus / "ms1" / "transcript.jsonl").read_text().splitlines():
        body = json.loads(line)["request_body"]
        metadata = body.get("metadata") if isinstance(body, dict) else None
        entries = metadata.get("install_files") if isinstance(metadata, dict) else None
        if not entries:
            continue
        manifest = read(entries)
        manifests += 1
        assert dict(count_omitted(manifest)) == {}
        assert len(manifest.files) == len(entries) - 1
        for file in manifest.files:
            kinds[file.kind] = kinds.get(file.kind, 0) + 1
            assert (file.checksum is not None) == (file.kind == "file")
    assert manifests
    assert kinds.keys() >= {"file", "directory"}
