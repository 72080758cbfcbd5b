"""`POST /specs/missing`: the specs that a client still has to upload."""

import json

from flask.testing import FlaskClient

from tests.documents import named

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
