"""Stores, build caches and environments without a name, and counts of installations."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.collections.install_root import InstallRoot
from loaders.load_options import LoadOptions
from tests.documents import CASES, DATA
from tests.graph import value
from tests.loading import load

STORES = ("store-a.json", "store-b.json")
INDEX = DATA / "collections" / "store-index-1.1.0.json"


def post(client: FlaskClient, body: bytes, **arguments: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/documents", data=body, query_string=arguments)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.get_json())


def get(client: FlaskClient, path: str) -> Any:
    return client.get(f"/api/v1{path}").get_json()


def told(answer: dict[str, Any]) -> str:
    (text,) = (each["told"] for each in answer["documents"] if each["what"] == "installations")
    return str(text)


def test_two_stores_without_a_name_are_two_stores(client: FlaskClient) -> None:
    for name in STORES:
        post(client, (CASES / name).read_bytes())
    (site,) = get(client, "/sites")["items"]
    names = [store["name"] for store in site["stores"]]
    assert [name.rpartition("-")[0] for name in names] == ["stack-a", "stack-b"]
    assert {item["name"] for item in get(client, "/installations")["items"]} == {"alpha", "beta"}


def test_a_store_is_the_same_over_rest_and_by_its_path(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    database_folder = tmp_path / "tree" / ".spack-db"
    database_folder.mkdir(parents=True)
    index = (CASES / "store-a.json").read_text().replace("/sw/stack-a", f"{tmp_path}/tree")
    (database_folder / "index.json").write_text(index)
    copy = tmp_path / "copy"
    copy.write_text(index)
    load(database, [database_folder / "index.json"])
    load(database, [copy], LoadOptions(unnamed=copy))
    post(client, index.encode())
    assert value(database, "MATCH (x:Store) RETURN count(x)") == 1


def test_a_store_that_is_replaced_is_named(client: FlaskClient) -> None:
    for number, name in enumerate(STORES):
        answer = post(
            client, (CASES / name).read_bytes(), name="mine", as_of=f"2026-01-0{number + 1}"
        )
    assert told(answer) == "1 installations; retired 1 installations of store mine"
    assert answer["summary"]["counts"]["retired_installations"] == 1


def test_environments_without_a_name_are_distinguished_by_their_content(
    client: FlaskClient,
) -> None:
    lock = json.loads((CASES / "control-unsorted.lock").read_text())
    post(client, json.dumps(lock).encode())
    lock["roots"][0]["spec"] = "top@3"
    for _ in range(2):
        post(client, json.dumps(lock).encode())
    names = {item["name"] for item in get(client, "/environments")["items"]}
    assert len(names) == 2
    assert all(name.startswith("environment-") for name in names)


def test_an_absent_installation_has_no_time_and_is_not_counted(client: FlaskClient) -> None:
    body = (CASES / "deprecated-index.json").read_bytes()
    first = post(client, body, as_of="2026-01-01")
    again = post(client, body, as_of="2026-01-01")
    later = post(client, body, as_of="2026-02-01")
    text = "1 installations, 1 no longer installed"
    assert [told(each) for each in (first, again, later)] == [text] * 3
    counted = [each["summary"]["counts"] for each in (first, again, later)]
    assert [each["installations"] for each in counted] == [1, 1, 1]
    assert [each["new_installations"] for each in counted] == [1, 0, 0]
    (site,) = get(client, "/sites")["items"]
    assert (site["installations"], site["stores"][0]["installations"]) == (1, 1)
    items = {item["present"]: item for item in get(client, "/installations?gone=true")["items"]}
    assert items[False]["last_seen"] is None
    assert "1969" not in client.get("/installations?gone=true").text


@pytest.mark.parametrize(
    ("prefixes", "root"),
    [
        (["/opt/sw/linux-debian12-x86_64/gcc-12/zlib-1.3-abc", "/opt/sw/linux-x86_64/y"], "sw"),
        (["/opt/sw/darwin-ventura-m1/zlib-1.3-abc"], "sw"),
        (["/opt/sw/zlib", "/opt/sw/deep/hdf5"], "sw"),
        (["/opt/linux-tools/sw/zlib"], "opt"),
        (["/zlib", None], "store"),
        ([None], "store"),
        (["/opt/sw/zlib", "/"], "store"),
    ],
)
def test_the_root_is_what_the_prefixes_share(prefixes: list[str | None], root: str) -> None:
    found = InstallRoot()
    for number, prefix in enumerate(prefixes):
        found.add("abc"[number] * 32, prefix)
    assert found.name.rpartition("-")[0] == root


def test_a_store_without_prefixes_is_identified_by_its_specs() -> None:
    names = set()
    for hash_ in ("a" * 32, "b" * 32):
        found = InstallRoot()
        found.add(hash_, None)
        names.add(found.name)
    assert len(names) == 2


def test_an_index_of_real_spack_names_its_root(client: FlaskClient) -> None:
    records = json.loads(INDEX.read_text())["database"]["installs"].values()
    paths = {each["path"] for each in records if not each["spec"].get("external")}
    post(client, INDEX.read_bytes())
    (site,) = get(client, "/sites")["items"]
    (store,) = site["stores"]
    folder = store["name"].rpartition("-")[0]
    assert all(f"/{folder}/" in path for path in paths)


def packed_mirror(folder: str, *names: str) -> bytes:
    """Return a tar of a build cache that offers some of the packages of an index."""
    content = mirror_index(*names)
    member = tarfile.TarInfo(f"{folder}/build_cache/index.json")
    member.size = len(content)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def mirror_index(*names: str) -> bytes:
    index = json.loads((DATA / "collections" / "build-cache-index-0.23.0.json").read_text())
    for record in index["database"]["installs"].values():
        record["in_buildcache"] = record["spec"]["name"] in names
    return json.dumps(index).encode()


def offered(client: FlaskClient) -> list[int]:
    """Return how many specs each build cache offers, after checking their names."""
    items = get(client, "/mirrors")["items"]
    assert all(item["name"].startswith("mirror-") for item in items)
    return sorted(item["specs"] for item in items)


@pytest.mark.parametrize("pack", [mirror_index, lambda *names: packed_mirror("mirror", *names)])
def test_two_build_caches_without_a_name_are_two(
    client: FlaskClient, pack: Callable[..., bytes]
) -> None:
    packages = sorted({each["spec"]["name"] for each in records_of(mirror_index())})
    first, second = pack(*packages[:1]), pack(*packages[1:])
    for body in (first, second, first):
        post(client, body)
    counts = offered(client)
    assert len(counts) == 2
    assert sum(counts) == len(records_of(mirror_index()))


def records_of(index: bytes) -> list[dict[str, Any]]:
    return list(json.loads(index)["database"]["installs"].values())


def test_a_build_cache_without_a_name_is_the_same_over_rest_and_from_a_pipe(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    body = mirror_index("gcc-runtime")
    piped = tmp_path / "copy"
    piped.write_bytes(body)
    load(database, [piped], LoadOptions(unnamed=piped))
    post(client, body)
    post(client, gzip.compress(body))
    assert offered(client) == [1]
