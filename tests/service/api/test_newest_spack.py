"""Documents of Spack 1.2 and of the development version after it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.load_options import LoadOptions
from loaders.specs.document import parse_document
from tests.documents import CASES
from tests.graph import snapshot, value
from tests.loading import load

NEWEST = CASES / "spack-1.2-1.3"
SPEC = NEWEST / "v6-spec.json"
ROOT = "4lyjc5bxp2izpwggmzfuzpodyow46cdr"


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_every_node_of_format_6_proves_its_hash() -> None:
    parsed = parse_document(SPEC.read_bytes())
    assert parsed.spec_format == 6
    assert parsed.unverified_nodes == ()
    provided = {node.name: node.provides for node in parsed.nodes if node.provides}
    assert provided == {
        "zlib": ("zlib-api",),
        "gcc": ("c", "cxx", "fortran"),
        "glibc": ("libc",),
    }


def test_a_provider_is_found_by_what_it_could_provide(client: FlaskClient) -> None:
    assert client.post("/api/v1/specs", data=SPEC.read_bytes()).status_code == 201
    for virtual, name in (("zlib-api", "zlib"), ("fortran", "gcc"), ("libc", "glibc")):
        found = get(client, f"/specs?q={virtual}&scope=all")
        assert [item["name"] for item in found["items"]] == [name]
    assert get(client, f"/specs/{ROOT}/spec.json") == json.loads(SPEC.read_bytes())


def test_an_index_of_version_9_is_loaded(client: FlaskClient) -> None:
    body = (NEWEST / "db-v9-index.json").read_bytes()
    answer = client.post("/api/v1/documents?name=store", data=body)
    assert answer.status_code == 201
    assert answer.get_json()["summary"]["counts"]["new_installations"] == 6
    found = get(client, "/installations")["items"]
    assert {item["version"] for item in found} >= {"1.3.1", "14.2.0"}
    assert None not in {item["version"] for item in found}


@pytest.mark.parametrize(
    ("name", "version", "group"),
    [("lock-v7-groups-spack.lock", 7, "gpu"), ("lock-v8-spack.lock", 8, None)],
)
def test_a_lockfile_is_loaded_with_the_groups_of_its_roots(
    client: FlaskClient, name: str, version: int, group: str | None
) -> None:
    body = (NEWEST / name).read_bytes()
    assert client.post("/api/v1/documents?name=mine", data=body).status_code == 201
    (environment,) = get(client, "/environments")["items"]
    assert environment["lockfile_version"] == version
    (root,) = environment["roots"]
    assert (root["abstract"], root["version"], root["group"]) == ("zlib", "1.3.1", group)
    page = client.get("/environments").text
    assert "<h2" in page
    assert (f">{group}<" in page) == (group is not None)


def test_a_root_may_be_in_several_groups(client: FlaskClient) -> None:
    lock = json.loads((NEWEST / "lock-v7-groups-spack.lock").read_text())
    lock["roots"].append({**lock["roots"][0], "group": "cpu"})
    client.post("/api/v1/documents?name=mine", data=json.dumps(lock))
    (environment,) = get(client, "/environments")["items"]
    assert [root["group"] for root in environment["roots"]] == ["cpu", "gpu"]


def add_blob(mirror: Path, media_type: str, raw: bytes) -> dict[str, Any]:
    """Add a blob to a mirror, and return the entry of a manifest that names it."""
    digest = hashlib.sha256(raw).hexdigest()
    path = mirror / "blobs" / "sha256" / digest[:2] / digest
    path.parent.mkdir(parents=True)
    path.write_bytes(raw)
    return {
        "contentLength": len(raw),
        "mediaType": media_type,
        "compression": "none",
        "checksumAlgorithm": "sha256",
        "checksum": digest,
    }


def put_manifest(mirror: Path, path: str, *entries: dict[str, Any]) -> None:
    manifest = mirror / "v3" / "manifests" / path
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"version": 3, "data": entries}))


def offered_index(name: str, version: str) -> bytes:
    """Return the index of a build cache that offers every spec of a store's index."""
    index = json.loads((CASES / name).read_text())
    for record in index["database"]["installs"].values():
        record["in_buildcache"] = True
    index["database"]["version"] = version
    return json.dumps(index).encode()


def test_all_known_indexes_of_a_manifest_are_read(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    db = "application/vnd.spack.db.v{}+json"
    entries = [
        add_blob(tmp_path, db.format(8), offered_index("store-a.json", "8")),
        add_blob(tmp_path, db.format(9), offered_index("spack-1.2-1.3/db-v9-index.json", "9")),
        add_blob(tmp_path, db.format(99), offered_index("store-b.json", "99")),
    ]
    put_manifest(tmp_path, "index/index.manifest.json", *entries)
    _, reports = load(database, [tmp_path], LoadOptions(name="cache"))
    assert value(database, "MATCH (:Mirror)-[o:OFFERS]->() RETURN count(o)") == 7
    assert sum("docs/formats.md" in str(each.error) for each in reports) == 1
    assert {item["name"] for item in get(client, "/specs?scope=all")["items"]} >= {"alpha", "zlib"}


def test_a_spec_of_format_6_in_a_build_cache_is_offered(database: Database, tmp_path: Path) -> None:
    spec = add_blob(tmp_path, "application/vnd.spack.spec.v6+json", SPEC.read_bytes())
    archive = {
        **spec,
        "mediaType": "application/vnd.spack.install.v2.tar+gzip",
        "checksum": "a" * 64,
    }
    path = f"spec/zlib/zlib-1.3.1-{ROOT}.spec.manifest.json"
    put_manifest(tmp_path, path, archive, spec)
    load(database, [tmp_path], LoadOptions(name="cache"))
    assert value(database, "MATCH (:Mirror)-[o:OFFERS]->(s:Root) RETURN collect(s.hash)") == [ROOT]
    put_manifest(
        tmp_path, path, archive, {**spec, "mediaType": "application/vnd.spack.spec.v7+json"}
    )
    before = snapshot(database)
    load(database, [tmp_path], LoadOptions(name="cache"))
    assert snapshot(database) == before
