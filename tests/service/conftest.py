from collections.abc import Callable
from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from tests.graph import SharedGraph
from tests.service.answers import upload

ClientOf = Callable[..., FlaskClient]
"""Returns a client of a service with some documents."""


@pytest.fixture
def client_of(shared_graph: SharedGraph) -> ClientOf:
    """A function that returns a client of a service with these documents, in one request.

    Tests that only ask about the same documents share their graph.
    """

    def hold(*documents: bytes) -> FlaskClient:
        def fill(_: object) -> None:
            upload(new_client(), *documents)

        shared_graph.hold(sha256(b"\0".join(documents)).hexdigest(), fill)
        return new_client()

    def new_client() -> FlaskClient:
        return create_app(shared_graph.database, {"TESTING": True}).test_client()

    return hold
