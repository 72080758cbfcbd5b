"""Proposals while a query is typed."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents import document, dumped, node
from tests.service.answers import API, problem

GCC = node("gcc", "12.3.0")
ZLIB = node("zlib", "1.3.1", parameters={"shared": True, "pic": False, "cflags": []})
MPICH = node("mpich", "4.2", parameters={"device": "ch4", "netmod": "ofi", "cflags": []})
C = (GCC, ["build"], ["c", "cxx"])
HDF5 = [
    node("hdf5", version, [(ZLIB, ["link"]), (MPICH, ["link"], ["mpi"]), C], parameters=parameters)
    for version, parameters in (
        ("1.9.3", {"mpi": True, "build_type": "Release", "cflags": ["-O3"]}),
        ("1.14.6", {"mpi": True, "build_type": "Debug", "cflags": []}),
        ("develop", {"mpi": False, "build_type": "Release", "cflags": []}),
    )
]


@pytest.fixture
def filled_client(client: FlaskClient) -> FlaskClient:
    for each in HDF5:
        body = dumped(document(each, ZLIB, MPICH, GCC))
        assert client.post(f"{API}/specs", data=body).status_code == 201
    return client


def completed(client: FlaskClient, text: str, **more: Any) -> dict[str, Any]:
    answer = client.get(f"{API}/complete", query_string={"text": text, **more})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    return body


def texts(client: FlaskClient, text: str, kind: str | None = None) -> list[str]:
    items = completed(client, text)["items"]
    return [item["text"] for item in items if kind in (None, item["kind"])]


def test_an_answer_says_which_characters_it_replaces(filled_client: FlaskClient) -> None:
    assert completed(filled_client, "zlib or hd5", at=10) == {
        "start": 8,
        "end": 11,
        "items": [{"text": "hdf5", "kind": "package", "count": 3}],
    }


def test_names_are_packages_and_virtuals_most_frequent_first(filled_client: FlaskClient) -> None:
    assert texts(filled_client, "")[0] == "hdf5"
    assert texts(filled_client, "mp") == ["mpi", "mpich"]
    assert texts(filled_client, "hdf5 ^MP") == ["mpi", "mpich"]
    assert texts(filled_client, "hdf5") == ["hdf5"]


def test_versions_are_of_the_package_newest_first(filled_client: FlaskClient) -> None:
    assert texts(filled_client, "hdf5@") == ["develop", "1.14.6", "1.9.3"]
    assert texts(filled_client, "hdf5@1.9:1.") == ["1.14.6", "1.9.3"]
    assert texts(filled_client, "hdf5 ^mpich@") == ["4.2"]
    assert texts(filled_client, "nobody-has-this@") == []
    assert texts(filled_client, "@1.") == []


def test_variants_are_of_the_package(filled_client: FlaskClient) -> None:
    assert completed(filled_client, "hdf5+")["items"] == [
        {"text": "+mpi", "kind": "variant", "count": 2}
    ]
    assert texts(filled_client, "hdf5 ~") == ["~mpi"]
    assert texts(filled_client, "hdf5 ^mpich ne") == ["netmod=ofi"]
    assert texts(filled_client, "hdf5 mp") == ["+mpi", "~mpi"]
    assert texts(filled_client, "+sha") == ["+shared"]


def test_values_are_those_in_the_graph(filled_client: FlaskClient) -> None:
    assert texts(filled_client, "hdf5 build_type=") == ["Release", "Debug"]
    assert texts(filled_client, "target=x86") == ["x86_64_v3"]
    assert texts(filled_client, "hdf5 os=") == ["debian12"]
    assert texts(filled_client, "^[virtuals=") == ["c", "cxx", "mpi"]
    assert texts(filled_client, "^[deptypes=") == ["build", "link", "run", "test"]


def test_compilers_come_first_after_a_percent_sign(filled_client: FlaskClient) -> None:
    assert completed(filled_client, "hdf5 %")["items"] == [
        {"text": "gcc", "kind": "compiler", "count": 1}
    ]
    assert texts(filled_client, "hdf5 %gcc@") == ["12.3.0"]


def test_hashes_name_their_spec(filled_client: FlaskClient) -> None:
    hash_ = ZLIB["hash"]
    item = {"text": hash_[:7], "kind": "hash", "count": None, "note": "zlib@1.3.1"}
    assert completed(filled_client, f"/{hash_[:4]}")["items"] == [item]
    assert texts(filled_client, f"hdf5/{hash_[:4]}") == []
    assert texts(filled_client, "/a") == []


def test_words_are_proposed_if_they_may_follow(filled_client: FlaskClient) -> None:
    assert texts(filled_client, "n", "word") == ["not"]
    assert texts(filled_client, "an", "word") == ["any of ("]
    sides = ["built_with", "deployed_with", "spliced_from"]
    assert texts(filled_client, "hdf5 ", "word") == ["and", "or", "not", *sides]
    assert texts(filled_client, "hdf5 ^", "word") == []


def test_nothing_is_proposed_inside_quotes(filled_client: FlaskClient) -> None:
    assert completed(filled_client, 'hdf5 cflags="-O') == {"start": 15, "end": 15, "items": []}


def test_a_text_too_long_and_a_negative_place_are_refused(client: FlaskClient) -> None:
    for query in ({"text": "a" * 10_001}, {"text": "a", "at": -1}):
        answer = client.get(f"{API}/complete", query_string=query)
        assert problem(answer)["status"] == 422
