"""The differences from `spack find` that docs/queries.md lists."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents import CASES, document, dumped, node

PATCHED = CASES / "with-patches.json"


def names(client: FlaskClient, query: str, **arguments: Any) -> list[str]:
    answer = client.get("/api/v1/specs", query_string={"q": query, **arguments})
    assert answer.status_code == 200, answer.text
    return sorted(item["name"] for item in answer.get_json()["items"])


def refusal(client: FlaskClient, query: str) -> str:
    answer = client.get("/api/v1/specs", query_string={"q": query})
    assert answer.status_code == 400
    return str(answer.get_json()["detail"])


@pytest.fixture
def loaded(client: FlaskClient) -> FlaskClient:
    """Return a client of a graph with and without patches, namespaces and virtuals."""
    zlib = node("zlib")
    mpich = node("mpich")
    hdf5 = node("hdf5", dependencies=[(zlib, ["link"]), (mpich, ["link"], ["mpi"])])
    bodies = [path.read_bytes() for path in (CASES / "no-patches.json", PATCHED)]
    for body in [*bodies, dumped(document(hdf5, zlib, mpich))]:
        assert client.post("/api/v1/specs", data=body).status_code == 201
    return client


@pytest.mark.parametrize("scope", ["roots", "all"])
def test_any_patches_need_the_variant(loaded: FlaskClient, scope: str) -> None:
    assert names(loaded, "patches=*", scope=scope) == ["patched"]
    assert names(loaded, "plain patches=*", scope=scope) == []
    assert "plain" in names(loaded, "not patches=*", scope=scope)


def test_patches_match_by_their_beginning(loaded: FlaskClient) -> None:
    (root, *_) = json.loads(PATCHED.read_text())["spec"]["nodes"]
    first = root["parameters"]["patches"][0]
    assert names(loaded, f"patches={first[:8]}") == ["patched"]
    assert names(loaded, f"patched patches={first}") == ["patched"]
    other = "0" if first[0] != "0" else "1"
    assert names(loaded, f"patches={other}{first[1:]}") == []


def test_any_value_of_a_variant_needs_the_variant(loaded: FlaskClient) -> None:
    assert names(loaded, "hdf5 build_system=*") == ["hdf5"]
    assert names(loaded, "hdf5 languages=*") == []


def test_several_specs_are_refused_and_may_be_joined(loaded: FlaskClient) -> None:
    assert "only one spec is allowed" in refusal(loaded, "plain hdf5")
    assert names(loaded, "plain or hdf5") == ["hdf5", "plain"]


@pytest.mark.parametrize("query", ["namespace=builtin plain", "@1.0 hdf5", "+mpi hdf5"])
def test_a_spec_starts_with_its_name(loaded: FlaskClient, query: str) -> None:
    assert "a spec starts with its name" in refusal(loaded, query)


def test_a_namespace_may_follow_or_precede_the_name(loaded: FlaskClient) -> None:
    assert names(loaded, "plain namespace=builtin") == ["plain"]
    assert names(loaded, "builtin.plain") == ["plain"]
    assert names(loaded, "plain namespace=mine") == []


def test_only_roots_are_listed_by_default(loaded: FlaskClient) -> None:
    assert names(loaded, "zlib") == []
    assert names(loaded, "zlib", scope="all") == ["zlib"]


def test_the_version_of_a_virtual_is_ignored(loaded: FlaskClient) -> None:
    assert names(loaded, "hdf5 ^mpi@99") == ["hdf5"]
