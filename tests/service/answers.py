"""Calls to the service, with checks that apply to every answer."""

import json
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cypher.run import Database

API = "/api/v1"


def get(client: FlaskClient, path: str, /, **parameters: Any) -> Any:
    """Return the JSON of a GET below the API's prefix, which must succeed."""
    response = client.get(API + path, query_string=parameters)
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    return response.get_json()


def post(client: FlaskClient, body: bytes, **parameters: Any) -> TestResponse:
    """Upload a spec document and return the response."""
    return client.post(f"{API}/specs", data=body, query_string=parameters)


def upload(client: FlaskClient, *bodies: bytes, **parameters: Any) -> list[dict[str, Any]]:
    """Upload spec documents, which must succeed, and return an answer for each.

    Several go in one request, which is much quicker than a request each; their answers hold only
    `documents`.
    """
    body = b"[" + b",".join(bodies) + b"]" if len(bodies) > 1 else bodies[0]
    response = post(client, body, **parameters)
    assert response.status_code in (200, 201), response.text
    answer: dict[str, Any] = response.get_json()
    if len(bodies) == 1:
        return [answer]
    assert len(answer["documents"]) == len(bodies)
    return [{"documents": [report]} for report in answer["documents"]]


def problem(response: TestResponse) -> dict[str, Any]:
    """Return the problem document of a response after checking its form."""
    assert response.status_code >= 400, response.text
    assert response.mimetype == "application/problem+json"
    body = json.loads(response.data)
    assert isinstance(body, dict)
    assert {key: type(body[key]) for key in ("type", "title", "status", "detail", "instance")} == {
        "type": str,
        "title": str,
        "status": int,
        "detail": str,
        "instance": str,
    }
    assert body["status"] == response.status_code
    assert body["type"] == "about:blank" or body["type"].startswith("urn:specgraph:problem:")
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == response.request.path
    return body


def kind(body: dict[str, Any]) -> str:
    """Return the last word of a problem's type."""
    return str(body["type"]).rpartition(":")[2]


def count_nodes(database: Database) -> int:
    """Return the number of nodes of any label, without the audit."""
    with database.driver.session() as session:
        found = session.run("MATCH (n) WHERE NOT n:AuditEntry RETURN count(n)")
        return int(found.single(strict=True)[0])


def hashes(page: dict[str, Any]) -> list[str]:
    """Return the hashes of a page's items, in order."""
    return [item["hash"] for item in page["items"]]
