"""Walks over DAGs that take longer than a question may: 504, with what to ask instead."""

import pytest

from cypher.run import Database
from service.api.listing import SHARED_ADVICE
from service.app import create_app
from service.queries import dependency_chains, dependents, variations
from tests.documents import document, dumped, node
from tests.service.answers import API, problem, upload

APP = node("app", "1.0", [(node("zlib"), ["link"])])
OTHER = node("app", "2.0", [(node("zlib"), ["link"])])


@pytest.mark.parametrize(
    ("path", "question", "advice"),
    [
        (f"/specs/{APP['hash']}/why", {"dependency": "zlib"}, dependency_chains.ADVICE),
        (f"/specs/{APP['hash']}/dependents", {}, dependents.ADVICE),
        (f"/specs/{APP['hash']}/variations", {}, variations.ADVICE),
        ("/common", {"hashes": f"{APP['hash']},{OTHER['hash']}"}, SHARED_ADVICE),
    ],
)
def test_a_walk_that_takes_too_long_is_ended_with_advice(
    database: Database, path: str, question: dict[str, str], advice: str
) -> None:
    client = create_app(database, {"TESTING": True, "QUERY_SECONDS": 0.0}).test_client()
    upload(client, *(dumped(document(root, node("zlib"))) for root in (APP, OTHER)))
    body = problem(client.get(API + path, query_string=question))
    assert (body["status"], body["detail"]) == (504, advice)
