"""Upload documents of any kind, and archives of them, by `POST /documents`."""

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders import limits
from loaders.pipeline.reports import ReportDigest
from tests.documents import DATA, named
from tests.service.answers import API, count_nodes, get, kind, problem

STAGE = "spack-stage-lab-fail-test-1.0-dyrbfqnlaiwogos4tgwu63szhjizz7aw"


def pack_folder(folder: Path, name: str | None = None) -> bytes:
    """Return a folder as a tar archive."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        tar.add(folder, name or folder.name)
    return body.getvalue()


def make_index(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a store's index with one record per node, the first one explicit."""
    records = {
        node["hash"]: {
            "spec": node,
            "path": f"/opt/{node['name']}",
            "installed": True,
            "explicit": place == 0,
            "installation_time": 1_000_000.0 + place,
        }
        for place, node in enumerate(nodes)
    }
    return {"database": {"version": "8", "installs": records}}


def send(client: FlaskClient, body: bytes, **parameters: Any) -> Any:
    response = client.post(f"{API}/documents", data=body, query_string=parameters)
    assert response.status_code in (200, 201), response.text
    return {"status": response.status_code, **response.get_json()}


def test_a_stage_is_loaded_from_an_archive(client: FlaskClient, database: Database) -> None:
    body = pack_folder(DATA / "store" / STAGE)
    answer = send(client, body, site="here")
    assert answer["status"] == 201
    (entry,) = answer["documents"]
    assert (entry["what"], entry["outcome"], entry["source"]) == (
        "build",
        "stored",
        f"files/{STAGE}",
    )
    assert entry["told"] == "lab-fail-test@1.0/dyrbfqn failed in test"
    assert answer["summary"]["counts"] == {
        "build_records": 1,
        "builds": 1,
        "failed": 1,
        "new_builds": 1,
    }
    before = count_nodes(database)
    again = send(client, body, site="here")
    assert again["status"] == 200
    assert [each["outcome"] for each in again["documents"]] == ["known"]
    assert count_nodes(database) == before
    assert get(client, "/builds")["items"][0]["site"] == "here"


def test_an_installed_package_is_loaded_from_an_archive(client: FlaskClient) -> None:
    (folder,) = (DATA / "store").glob("lab-sim-*")
    answer = send(client, pack_folder(folder))
    assert {each["what"] for each in answer["documents"]} == {"build", "spec"}
    item = get(client, "/builds", q="lab-sim")["items"][0]
    assert (item["status"], item["version"]) == ("succeeded", "2.0")
    assert get(client, f"/specs/{item['hash']}/files")["total"]["count"] > 5


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_single_file_of_any_kind_is_loaded(client: FlaskClient, pack: Any) -> None:
    document = named("xz").read_bytes()
    answer = send(client, pack(document))
    assert [(e["what"], e["outcome"], e["source"]) for e in answer["documents"]] == [
        ("spec", "stored", "document")
    ]
    report = next((DATA / "reports").rglob("junit-*.xml")).read_bytes()
    answer = send(client, pack(report))
    assert {e["what"] for e in answer["documents"]} <= {"build", "tests"}
    assert answer["documents"]


@pytest.mark.parametrize(
    ("body", "status", "fault"),
    [
        (b"", 400, "malformed"),
        (b"no document at all", 400, "malformed"),
        (b'{"some": "thing"}', 422, "unsupported-document"),
        (gzip.compress(b"x" * 100, mtime=0)[:-9], 400, "malformed"),
        (lzma.compress(b"x" * 100), 422, "unsupported-document"),
        (gzip.compress(bz2.compress(b"x" * 100), mtime=0), 422, "unsupported-document"),
    ],
)
def test_an_unusable_body_is_refused(
    client: FlaskClient, database: Database, body: bytes, status: int, fault: str
) -> None:
    found = problem(client.post(f"{API}/documents", data=body))
    assert (found["status"], kind(found)) == (status, fault)
    assert count_nodes(database) == 0


def test_one_bad_document_does_not_stop_the_rest(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(named("xz").read_bytes())
    (tmp_path / "bad.json").write_bytes(named("xz").read_bytes()[:-20])
    (tmp_path / "other.txt").write_text("nothing")
    answer = send(client, pack_folder(tmp_path, "x"))
    outcomes = {Path(e["source"]).name: e["outcome"] for e in answer["documents"]}
    assert outcomes == {"good.json": "stored", "bad.json": "refused", "other.txt": "ignored"}


def test_an_archive_cannot_write_outside_its_folder(client: FlaskClient, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    for name, link in ((f"../../../../../../{outside}", None), ("link", str(outside))):
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w") as tar:
            member = tarfile.TarInfo(name)
            member.size = 0 if link else 2
            if link:
                member.type, member.linkname = tarfile.SYMTYPE, link
            tar.addfile(member, io.BytesIO(b"{}"))
        response = client.post(f"{API}/documents", data=body.getvalue())
        assert response.status_code == 422
        assert not outside.exists()


def test_an_upload_beyond_a_limit_is_refused(app: Flask, client: FlaskClient) -> None:
    app.config["MAX_UNPACKED_BYTES"] = 10_000
    bomb = gzip.compress(b" " * 1_000_000)
    assert problem(client.post(f"{API}/documents", data=bomb))["status"] == 413
    app.config["MAX_ARCHIVE_BYTES"] = 1_000
    response = client.post(f"{API}/documents", data=b" " * 2_000)
    found = problem(response)
    assert (found["status"], "larger than 1000 bytes;" in found["detail"]) == (413, True)


def test_an_upload_that_unpacks_to_too_many_times_its_size_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb, plain = gzip.compress(b" " * 1_000_000), gzip.compress(os.urandom(1_000_000), mtime=0)
    monkeypatch.setattr(limits, "RATIO_BYTES", 10_000)
    assert problem(client.post(f"{API}/documents", data=bomb))["status"] == 413
    assert kind(problem(client.post(f"{API}/documents", data=plain))) != "too-large"


def test_a_refusal_names_the_limit_of_its_route(app: Flask, client: FlaskClient) -> None:
    app.config["MAX_ARCHIVE_BYTES"] = 3 << 20
    app.config["MAX_CONTENT_LENGTH"] = 2 << 20
    body = b" " * (4 << 20)
    for route, limit in (("documents", "3 MiB"), ("specs", "2 MiB")):
        found = problem(client.post(f"{API}/{route}", data=body))
        assert (found["status"], kind(found)) == (413, "too-large")
        assert f"larger than {limit};" in found["detail"]


def test_an_index_sets_the_time_of_its_store(client: FlaskClient, database: Database) -> None:
    root = named("lab-mpich").read_bytes()
    nodes = json.loads(root)["spec"]["nodes"]
    index = make_index(nodes)
    records = dict(index["database"]["installs"])
    first = send(client, json.dumps(index).encode(), site="here", name="store", as_of="2026-01-01")
    assert first["summary"]["counts"]["new_installations"] == len(nodes)
    last = nodes[-1]["hash"]
    leaf = next(node["hash"] for node in nodes if not node.get("dependencies"))
    kept = {k: v for k, v in records.items() if k == leaf}
    index["database"]["installs"] = kept
    send(client, json.dumps(index).encode(), site="here", name="store", as_of="2026-02-01")
    now = get(client, "/installations", site="here")
    assert {item["hash"] for item in now["items"]} == {leaf}
    then = get(client, "/installations", on="2025-12-31")
    assert then["total"] == {"count": len(nodes), "type": "EXACT"}
    assert get(client, "/installations", on="2026-01-15")["total"]["count"] == 1
    assert get(client, "/installations", on="1970-01-02")["items"] == []
    ever = get(client, "/installations", gone="true")["items"]
    assert {item["hash"]: item["present"] for item in ever}[last] is (last == leaf)
    assert [item["explicit"] for item in ever].count(True) == 1
    page = get(client, "/installations", gone="true", limit=2)
    rest = get(client, "/installations", gone="true", limit=1000, cursor=page["next"])
    assert [*page["items"], *rest["items"]] == ever
    (site,) = get(client, "/sites")["items"]
    assert (site["name"], site["stores"][0]["name"]) == ("here", "store")
    spec = get(client, "/installations", q=f"/{leaf}")
    assert [item["hash"] for item in spec["items"]] == [leaf]


def test_a_corrupt_record_is_refused_and_the_rest_is_loaded(
    client: FlaskClient, database: Database
) -> None:
    nodes = json.loads(named("lab-mpich").read_bytes())["spec"]["nodes"]
    index = make_index(nodes)
    send(client, json.dumps(index).encode(), name="store", as_of="2026-01-01")
    leaf = next(node["hash"] for node in nodes if not node.get("dependencies"))
    index["database"]["installs"][leaf] = {"spec": [], "installed": "perhaps"}
    answer = send(client, json.dumps(index).encode(), name="store", as_of="2026-02-01")
    refused = [each for each in answer["documents"] if each["outcome"] == "refused"]
    assert any(leaf in each["pointer"] for each in refused)
    assert answer["summary"]["counts"]["installations"] == len(nodes) - 1
    # The unreadable record may be of an installed spec, so the store keeps its time and its specs.
    installed = get(client, "/installations")["items"]
    assert {item["hash"] for item in installed} == {node["hash"] for node in nodes}
    (site,) = get(client, "/sites")["items"]
    assert site["stores"][0]["as_of"] == 1_767_225_600.0


def test_the_readable_part_of_a_truncated_index_is_loaded(client: FlaskClient) -> None:
    nodes = json.loads(named("lab-mpich").read_bytes())["spec"]["nodes"]
    body = json.dumps(make_index(nodes)).encode()
    answer = send(client, body[: len(body) * 2 // 3], name="store", as_of="2026-01-01")
    assert [
        e for e in answer["documents"] if e["outcome"] == "refused" and e["fault"] == "malformed"
    ]
    found = answer["summary"]["counts"]["installations"]
    assert 0 < found < len(nodes)
    assert get(client, "/installations")["total"]["count"] == found


@pytest.mark.parametrize("folder", ["tree/.spack-db", ".spack-db", None])
def test_repeated_uploads_without_a_name_make_one_store(
    client: FlaskClient, database: Database, tmp_path: Path, folder: str | None
) -> None:
    nodes = json.loads(named("lab-mpich").read_bytes())["spec"]["nodes"]
    body = json.dumps(make_index(nodes)).encode()
    if folder is not None:
        index = tmp_path / "packed" / folder / "index.json"
        index.parent.mkdir(parents=True)
        index.write_bytes(body)
        body = pack_folder(tmp_path / "packed", ".")
    first = send(client, body, as_of="2026-01-01")
    assert first["status"] == 201
    before = count_nodes(database)
    again = send(client, body, as_of="2026-01-01")
    assert (again["status"], count_nodes(database)) == (200, before)
    (site,) = get(client, "/sites")["items"]
    (store,) = site["stores"]
    assert store["name"].startswith("opt-")
    assert get(client, "/installations")["total"]["count"] == len(nodes)


def test_names_that_are_not_utf_8_are_escaped(client: FlaskClient) -> None:
    body = io.BytesIO()
    documents = {"good\udce9.json": named("xz").read_bytes(), "bad\udce9.json": b'{"spec": 1}'}
    with tarfile.open(fileobj=body, mode="w") as tar:
        for name, document in documents.items():
            member = tarfile.TarInfo(name)
            member.size = len(document)
            tar.addfile(member, io.BytesIO(document))
    answer = send(client, body.getvalue())
    assert {each["source"]: each["outcome"] for each in answer["documents"]} == {
        "files/good\\xe9.json": "stored",
        "files/bad\\xe9.json": "refused",
    }


def test_the_answer_to_a_large_upload_is_bounded(client: FlaskClient) -> None:
    lines = b'{"spec":{}}\n' * 20_000
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        for name, document in (("lines.json", lines), ("xz.json", named("xz").read_bytes())):
            member = tarfile.TarInfo(name)
            member.size = len(document)
            tar.addfile(member, io.BytesIO(document))
    answer = send(client, body.getvalue())
    assert len(answer["documents"]) == ReportDigest.MOST + 2
    assert answer["summary"]["documents"] == {
        "stored": 1,
        "known": 0,
        "refused": 20_000,
        "ignored": 0,
    }
