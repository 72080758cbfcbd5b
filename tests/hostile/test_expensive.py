"""Small uploads that are expensive to read are answered soon, and nothing of them is stored."""

import os
import time

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.limits import Limits
from service.api.problems import MEDIA_TYPE
from tests.effort import SOAK
from tests.graph import count_by_type
from tests.hostile.expensive import EXPENSIVE, Expensive

TAKEN, REFUSED = {200, 201}, {400, 413, 422}

CASES = [
    pytest.param(case, id=case.name, marks=pytest.mark.soak if case.slow else ())
    for case in EXPENSIVE
    if os.environ.get(SOAK) or not case.slow
]


@pytest.mark.parametrize("case", CASES)
def test_an_expensive_upload_is_answered_soon(
    database: Database, client: FlaskClient, case: Expensive
) -> None:
    body = case.body()
    for route in case.routes:
        before = count_by_type(database)
        began = time.thread_time()
        send = client.put if route.startswith("/submit.php") else client.post
        answer = send(route, data=body, content_type="application/json")
        # A few steps of an upload have a budget each.
        assert time.thread_time() - began < 3 * Limits().seconds
        assert answer.status_code in (TAKEN | REFUSED if case.accepted else REFUSED)
        if answer.status_code in REFUSED:
            assert count_by_type(database) == before
            if route.startswith("/api"):
                assert answer.mimetype == MEDIA_TYPE


def test_a_refused_archive_says_how_many_documents_were_refused(client: FlaskClient) -> None:
    [case] = (each for each in EXPENSIVE if each.name == "2,000 bad documents")
    answer = client.post(case.routes[0], data=case.body())
    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["type"]) == (422, "urn:specgraph:problem:invalid")
    assert problem["detail"] == (
        "none of its 2000 files or documents can be stored; files/0.json: there are no nodes"
    )
    assert problem["summary"]["documents"]["refused"] == 2000
    assert [each["source"] for each in problem["documents"][:2]] == ["files/0.json", "files/1.json"]
    assert problem["documents"][-1]["documents"] == 1000
