"""`POST /specs/missing`: the specs that a client still has to upload."""

import hashlib
import json

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from tests.documents import named
from tests.graph import value

API = "/api/v1"


def test_a_dependency_is_stored_but_missing_as_a_root(client: FlaskClient) -> None:
    document = named("xz-5.6.3").read_bytes()
    root, dependency = [node["hash"] for node in json.loads(document)["spec"]["nodes"]][:2]
    client.post(f"{API}/specs", data=document)
    hashes = [root, dependency, "a" * 32]

    plain = client.post(f"{API}/specs/missing", json={"hashes": hashes})
    roots = client.post(f"{API}/specs/missing", json={"hashes": hashes, "roots": True})

    assert plain.get_json() == {"missing": ["a" * 32]}
    assert roots.get_json() == {"missing": [dependency, "a" * 32]}


def asked(*documents: bytes) -> list[dict[str, str]]:
    """Return documents as a client asks for them."""
    return [
        {
            "hash": json.loads(each)["spec"]["nodes"][0]["hash"],
            "digest": hashlib.sha256(each.strip()).hexdigest(),
        }
        for each in documents
    ]


def missing(client: FlaskClient, questions: list[dict[str, str]]) -> object:
    answer = client.post(f"{API}/specs/missing", json={"documents": questions})
    assert answer.status_code == 200
    return answer.get_json()


def test_documents_are_known_by_their_bytes_and_not_by_their_hash(client: FlaskClient) -> None:
    first, second = (path.read_bytes() for path in (named("lab-suite"), named("zlib-1.3.1")))
    changed = json.loads(first)
    changed["spec"]["nodes"][0]["package_hash"] = "changed"
    other = json.dumps(changed).encode()
    client.post(f"{API}/specs", data=first)
    questions = asked(first, second, other)
    assert missing(client, questions) == {"documents": questions[1:]}

    client.post(f"{API}/specs?allow_unverified=true", data=other)
    assert missing(client, questions) == {"documents": questions[1:2]}


@pytest.mark.parametrize("batch", ["one", "list", "lines"])
def test_same_document_with_other_white_space_is_known_afterwards(
    client: FlaskClient, database: Database, batch: str
) -> None:
    document = json.loads(named("xz-5.6.3").read_bytes())
    compact = json.dumps(document, separators=(",", ":")).encode()
    spaced = json.dumps(document).encode()
    bodies = {
        "one": [compact, spaced, b"\n" + compact + b" "],
        "list": [b"[" + compact + b" ,\n " + spaced + b"\n]"],
        "lines": [compact + b"\r\n" + spaced + b"\r\n"],
    }
    for body in bodies[batch]:
        assert client.post(f"{API}/specs", data=body).status_code in (200, 201)
    questions = asked(compact, spaced)
    assert missing(client, questions) == {"documents": []}
    received = value(database, "MATCH (d:Document) RETURN d.received")
    assert sorted(received) == sorted(each["digest"] for each in questions)


def test_number_of_remembered_digests_is_bounded(client: FlaskClient, database: Database) -> None:
    document = named("zlib-1.3.1").read_bytes().strip()
    versions = [document[:1] + b" " * count + document[1:] for count in range(20)]
    for version in versions:
        client.post(f"{API}/specs", data=version)
    assert missing(client, asked(*versions)) == {"documents": asked(*versions[:4])}
    assert len(value(database, "MATCH (d:Document) RETURN d.received")) == 16


def test_document_stored_without_digest_is_missing_once(
    client: FlaskClient, database: Database
) -> None:
    document = named("zlib-1.3.1").read_bytes()
    client.post(f"{API}/specs", data=document)
    with database.driver.session() as session:
        session.run("MATCH (d:Document) REMOVE d.received").consume()
    assert missing(client, asked(document)) == {"documents": asked(document)}
    assert client.post(f"{API}/specs", data=document).status_code == 200
    assert missing(client, asked(document)) == {"documents": []}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"roots": True},
        {"documents": [{"hash": "a" * 32}]},
        {"documents": [{"hash": "a" * 32, "digest": "short"}]},
        {"documents": ["a" * 32]},
    ],
)
def test_question_without_hash_or_digest_is_refused(
    client: FlaskClient, body: dict[str, object]
) -> None:
    assert client.post(f"{API}/specs/missing", json=body).status_code == 422
