"""Plans are made once per statement, whatever the values of its parameters."""

import re
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher import availability
from cypher.run import Database, record_reads
from tests.documents import SPECS, SPLICED
from tests.service.answers import get, upload

pytestmark = pytest.mark.clears_plans

QUESTIONS: list[dict[str, Any]] = [
    {"q": "hdf5"},
    {"q": "hdf5@1.14: +mpi ^zlib-ng"},
    {"built_with": "mpich"},
    {"built_with": "mpich@3.4", "deployed_with": "mvapich2"},
    {"deployed_with": "zlib-ng", "spliced": "true"},
    {"built_with": "not gcc", "deployed_with": "any of (mpich, openmpi, mvapich2)"},
    {"q": "%gcc@12", "built_with": "cmake@3.20:", "deployed_with": "not openssl"},
    {"q": "^mpi"},
]


def cached_plans(database: Database) -> int:
    """Clear the server's plan caches and return the number of plans that were in them."""
    with database.driver.session() as session:
        record = session.run("CALL db.clearQueryCaches() YIELD value RETURN value").single(
            strict=True
        )
    numbers = re.findall(r"\d+", record["value"])
    return int(numbers[0]) if numbers else 0


@pytest.mark.parametrize("pair", list(pairwise(QUESTIONS)), ids=str)
def test_no_value_makes_a_statement_be_planned_again(
    client: FlaskClient,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """Questions go in pairs: after ten executions the server compiles a statement once more."""
    # Otherwise a server that plans slowly is asked whether it is there, which it plans as well.
    monkeypatch.setattr(availability, "OVERDUE_SECONDS", 86_400.0)
    upload(client, *(path.read_bytes() for path in [*SPECS, *SPLICED]))
    cached_plans(database)
    with record_reads() as asked:
        for question in pair:
            for limit in (1, 50):
                page = get(client, "/specs", limit=limit, **question)
                if page["next"]:
                    get(client, "/specs", limit=limit, cursor=page["next"], **question)
    statements = {name for name, _ in asked}
    assert any(name.startswith("find_roots") for name in statements)
    assert len(asked) > len(statements)
    assert cached_plans(database) == len(statements)
