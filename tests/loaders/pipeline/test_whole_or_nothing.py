"""Of a document of an unknown version nothing is stored, of a damaged one only what is whole."""

import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from loaders import source
from loaders.collections import (
    blob_manifest,
    can_splice,
    cray_schema,
    lockfile,
    mirror_entries,
    store_index,
)
from loaders.known_versions import Format
from loaders.pipeline.reports import DocumentReport, Outcome
from loaders.specs import document
from tests.documents import CASES, DATA, SPECS
from tests.graph import snapshot, value
from tests.loading import load

COLLECTIONS = DATA / "collections"
INSTALLED = DATA / "store" / "lab-sim-2.0-iw5yw6b6c6hrzcc7edw2mpvca5shfn7w"
FAILURES = DATA / "store" / "failures"
SUITE = DATA / "reports" / "test-suite"
SAVED = DATA / "ms1" / "saved"
NEWEST = CASES / "spack-1.2-1.3"
MANIFESTS = COLLECTIONS / "mirror" / "v3"
SPEC_FILE = next((COLLECTIONS / "mirror" / "build_cache").iterdir())

Change = Callable[[str], str]
_VERSION = {"new": "99"}


def new_version() -> str:
    """Return the unknown version that documents get."""
    return _VERSION["new"]


GHOSTS = """
MATCH (s:Spec)
WHERE s.standing IS NULL AND NOT EXISTS { (s)<-[:SPLICED_FROM]-(:Spec) }
  AND (EXISTS { (s)<-[:OF]-(:Installation) } OR EXISTS { (s)<-[:OFFERS]-() }
    OR EXISTS { (s)<-[:LOCKS]-() } OR EXISTS { (s)<-[:BUILT]-() } OR EXISTS { (s)<-[:TESTED]-() }
    OR s:Root)
RETURN count(s)
"""


def replaced(pattern: str, by: str) -> Change:
    """Return a change of every match in a text, of which there is at least one.

    `NEW` in the replacement stands for the unknown version.
    """

    def change(text: str) -> str:
        changed, count = re.subn(pattern, by.replace("NEW", new_version()), text)
        assert count
        return changed

    return change


SPEC_VERSION = replaced(r'("_meta":\s*\{\s*"version":\s*)\d+', r"\g<1>NEW")
INDEX_VERSION = replaced(r'("version":\s*)"[789]"(,\s*"installs")', r'\g<1>"NEW"\2')
MANIFEST_VERSION = replaced(r'"version":\s*3', '"version": NEW')
LAYOUT_VERSION = replaced(r'("buildcache_layout_version":\s*)\d+', r"\g<1>NEW")
LOCK_VERSION = replaced(r'("lockfile-version":\s*)\d+', r"\g<1>NEW")


def version_last(text: str) -> str:
    """Return an index with its version behind the records, as Spack wrote it up to 0.17."""
    members = json.loads(text)["database"]
    return json.dumps({"database": {"installs": members["installs"], "version": new_version()}})


def copied(folder: Path, original: Path) -> Path:
    """Copy a file or folder."""
    target = folder / original.name
    if original.is_dir():
        shutil.copytree(original, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(original, target)
    return target


def change_files(root: Path, pattern: str, change: Change) -> None:
    """Change the files at or below a path whose names match."""
    files = [root] if root.is_file() else sorted(root.rglob(pattern))
    assert files
    for file in files:
        file.write_text(change(file.read_text()))


def new_spec_in_blob(mirror: Path) -> None:
    """Give the spec that a manifest names by checksum an unknown version."""
    (manifest,) = (mirror / "v3").rglob("*.manifest.json")
    (blob,) = (path for path in (mirror / "blobs").rglob("*") if path.is_file())
    with blob.open("rb") as file:
        text = SPEC_VERSION(source.read_bounded(source.open_decompressed(file)).decode())
    raw = text.encode()
    digest = hashlib.sha256(raw).hexdigest()
    target = mirror / "blobs" / "sha256" / digest[:2] / digest
    target.parent.mkdir(parents=True)
    target.write_bytes(raw)
    value_ = json.loads(manifest.read_text())
    for entry in value_["data"]:
        if ".spec." in entry["mediaType"]:
            entry |= {"checksum": digest, "contentLength": len(raw)}
    manifest.write_text(json.dumps(value_))


def new_layout(mirror: Path) -> None:
    """Give the layout of a mirror an unknown version."""
    (mirror / "v3" / "layout.json").write_text(
        json.dumps({"version": int(new_version()), "signing": "gpg"})
    )


def on_files(pattern: str, change: Change) -> Callable[[Path], None]:
    return lambda root: change_files(root, pattern, change)


UNKNOWN: dict[str, tuple[Path, Callable[[Path], None], Format | None]] = {
    **{
        f"spec {path.name[:22]}": (path, on_files("*", SPEC_VERSION), document.FORMAT)
        for path in SPECS
    },
    **{
        f"{path.name}, {name}": (path, on_files("*", change), store_index.FORMAT)
        for path in [
            COLLECTIONS / "store-index-0.23.0.json",
            COLLECTIONS / "store-index-1.1.0.json",
            COLLECTIONS / "build-cache-index-0.23.0.json",
        ]
        for name, change in {"version first": INDEX_VERSION, "version last": version_last}.items()
    },
    "store index 9": (
        NEWEST / "db-v9-index.json",
        on_files("*", INDEX_VERSION),
        store_index.FORMAT,
    ),
    **{
        path.name: (path, on_files("*", LOCK_VERSION), lockfile.FORMAT)
        for path in [
            COLLECTIONS / "lab-0.23.0.lock",
            NEWEST / "lock-v7-groups-spack.lock",
            NEWEST / "lock-v8-spack.lock",
        ]
    },
    "layout of a mirror": (COLLECTIONS / "mirror", new_layout, blob_manifest.FORMAT),
    "manifest": (MANIFESTS, on_files("*.manifest.json", MANIFEST_VERSION), blob_manifest.FORMAT),
    "media type of a spec": (
        MANIFESTS,
        on_files("*.manifest.json", replaced(r"spec\.v\d", "spec.vNEW")),
        None,
    ),
    "media type of an archive": (
        MANIFESTS,
        on_files("*.manifest.json", replaced(r"install\.v\d", "install.vNEW")),
        None,
    ),
    "spec file of a mirror": (SPEC_FILE, on_files("*", LAYOUT_VERSION), mirror_entries.FORMAT),
    "spec in a spec file of a mirror": (SPEC_FILE, on_files("*", SPEC_VERSION), document.FORMAT),
    "export of can_splice": (
        COLLECTIONS / "can-splice-1.1.0.json",
        on_files("*", replaced(r'("version":\s*)1', r"\g<1>NEW")),
        can_splice.FORMAT,
    ),
    "Cray manifest": (
        COLLECTIONS / "cray-small-site.json",
        on_files("*", replaced(r'("schema-version":\s*)"[^"]*"', r'\g<1>"NEW.0"')),
        cray_schema.FORMAT,
    ),
    "installed package": (INSTALLED, on_files("spec.json", SPEC_VERSION), document.FORMAT),
    "failure markers": (FAILURES, on_files("lab-fail-*", SPEC_VERSION), document.FORMAT),
    "test suite": (SUITE, on_files("test_suite.lock", SPEC_VERSION), document.FORMAT),
    "saved by 0.17": (SAVED / "v0.17.3", on_files("spec-*.json", SPEC_VERSION), document.FORMAT),
    "saved by 0.18": (SAVED / "v0.18.1", on_files("spec-*.json", SPEC_VERSION), document.FORMAT),
}


def placed(folder: Path, original: Path) -> tuple[Path, Path]:
    """Copy a document to a place where its kind is recognized; return it and what to load."""
    if original == FAILURES:
        return copied(folder / ".spack-db", original), folder
    if original.name == "v3":
        mirror = copied(folder, COLLECTIONS / "mirror")
        shutil.rmtree(mirror / "build_cache")
        return mirror / "v3", folder
    copy = copied(folder, original)
    return copy, copy


def refusals(reports: list[DocumentReport]) -> list[str]:
    return [str(each.error) for each in reports if each.outcome is Outcome.REFUSED]


@pytest.mark.parametrize("version", ["next", "99"])
@pytest.mark.parametrize("name", UNKNOWN)
def test_nothing_is_stored_of_a_document_of_an_unknown_version(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, version: str
) -> None:
    original, change, known = UNKNOWN[name]
    if version == "next" and known is not None:
        monkeypatch.setitem(_VERSION, "new", str(int(known.known[-1]) + 1))
    copy, loaded = placed(tmp_path / "new", original)
    change(copy)
    before = snapshot(database)
    _, reports = load(database, [loaded])
    assert snapshot(database) == before == ([], [])
    assert any("docs/formats.md" in each for each in refusals(reports)), reports
    assert {each.outcome for each in reports} <= {Outcome.REFUSED, Outcome.IGNORED}


def test_a_spec_of_an_unknown_version_named_by_a_manifest_is_not_offered(
    database: Database, tmp_path: Path
) -> None:
    _, mirror = placed(tmp_path, MANIFESTS)
    new_spec_in_blob(mirror / "mirror")
    _, reports = load(database, [mirror])
    assert snapshot(database) == ([], [])
    assert any("docs/formats.md" in each for each in refusals(reports)), reports


@pytest.mark.parametrize(
    "name",
    [f"spec {SPECS[0].name[:22]}", "store-index-1.1.0.json, version first", "lab-0.23.0.lock"],
)
def test_a_graph_with_the_older_version_stays_as_it_is(
    database: Database, tmp_path: Path, name: str
) -> None:
    original, change, _ = UNKNOWN[name]
    copy, loaded = placed(tmp_path, original)
    load(database, [loaded])
    before = snapshot(database)
    change(copy)
    load(database, [loaded])
    assert snapshot(database) == before


CUT: dict[str, tuple[Path, str]] = {
    "spec": (SPECS[0], "*"),
    "store index": (COLLECTIONS / "store-index-1.1.0.json", "*"),
    "index of a build cache": (COLLECTIONS / "build-cache-index-0.23.0.json", "*"),
    "lockfile": (COLLECTIONS / "lab-0.23.0.lock", "*"),
    "lockfile with groups": (NEWEST / "lock-v7-groups-spack.lock", "*"),
    "manifest": (MANIFESTS, "*.manifest.json"),
    "spec file of a mirror": (SPEC_FILE, "*"),
    "Cray manifest": (COLLECTIONS / "cray-small-site.json", "*"),
    "installed package": (INSTALLED, "spec.json"),
    "failure markers": (FAILURES, "lab-fail-*"),
    "test suite": (SUITE, "test_suite.lock"),
    "saved messages": (SAVED / "v0.18.1", "spec-*.json"),
}


@pytest.mark.parametrize("name", CUT)
def test_of_a_cut_document_only_what_is_whole_is_stored(
    database: Database, tmp_path: Path, name: str
) -> None:
    original, pattern = CUT[name]
    choose = random.Random(name)
    for number in range(6):
        copy, loaded = placed(tmp_path / str(number), original)
        files = [copy] if copy.is_file() else sorted(copy.rglob(pattern))
        for file in files:
            raw = file.read_bytes()
            file.write_bytes(raw[: choose.randrange(len(raw))])
        _, reports = load(database, [loaded])
        assert value(database, GHOSTS) == 0, refusals(reports)


def test_a_lockfile_with_a_refused_root_stores_no_environment(
    database: Database, tmp_path: Path
) -> None:
    lock: dict[str, Any] = json.loads((CASES / "control-unsorted.lock").read_text())
    (record,) = lock["concrete_specs"].values()
    record["version"] = "9"
    file = tmp_path / "spack.lock"
    file.write_text(json.dumps(lock))
    _, reports = load(database, [file])
    assert snapshot(database) == ([], [])
    assert any("the environment is left out" in each for each in refusals(reports))
