"""Which statement evaluates the clauses of a query."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from service.queries.clauses import translate
from service.queries.known_names import KnownNames
from service.queries.lookups import Lookups
from service.queries.root_statements import RootStatement, choose_statement
from spec_syntax import parse_query
from tests.documents import named
from tests.service.answers import get, hashes, upload

NAMES = KnownNames(frozenset({"gcc", "hdf5", "mpich", "zlib"}), frozenset({"mpi"}))
PLAIN = "find_roots_of_packages"
FILTERED = "find_roots_of_filtered_packages"
ALL = "find_roots"


def chosen(text: str, drivers: Sequence[int] = (0,), **more: Any) -> RootStatement:
    """Return the statement for a query whose clauses at some places are drivers."""
    translation = translate(parse_query(text), Lookups(NAMES))
    clauses = translation.clauses
    assert clauses is not None
    driving = [clauses[index] for index in drivers]
    rest = [clause for index, clause in enumerate(clauses) if index not in drivers]
    return choose_statement(translation.sets, driving, rest, **more)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hdf5", PLAIN),
        ("built_with mpich@4: deployed_with zlib", PLAIN),
        ("hdf5@1.14 ^zlib@1.3", PLAIN),
        ("hdf5 not deployed_with mpich", PLAIN),
        ("hdf5+mpi", FILTERED),
        ("hdf5 +mpi ^zlib", FILTERED),
        ("built_with mpich+x deployed_with zlib", FILTERED),
        ("deployed_with mpich target=zen2", FILTERED),
        ("hdf5 %gcc@12", FILTERED),
        ("hdf5 %[deptypes=build] zlib", FILTERED),
        ("hdf5 ^mpi", ALL),
        ("hdf5 ^[deptypes=link] zlib", ALL),
        ("hdf5 spliced_from mpich", ALL),
    ],
)
def test_the_smallest_statement_that_can_evaluate_a_query_is_chosen(text: str, name: str) -> None:
    assert chosen(text).name == name
    assert chosen(text, many=True).name == ALL
    assert chosen(text, drivers=()).name == ALL


def test_a_driver_with_a_filter_is_also_tested() -> None:
    statement = chosen("built_with mpich+x deployed_with zlib", drivers=(0, 1))
    drivers = cast("list[list[dict[str, Any]]]", statement.parameters["drivers"])
    assert [[each["name"] for each in driver] for driver in drivers] == [["mpich"], ["zlib"]]
    tests = cast("list[list[dict[str, Any]]]", statement.parameters["clauses"])
    assert [[(each["kind"], each["filter"]["variants"]) for each in test] for test in tests] == [
        [("built_with", ["x=true"])]
    ]


STUBS = """
MATCH (r:Root {name: 'xz'})
CREATE (r)-[:BUILT_WITH]->(:Spec {uid: $first, hash: $first, stub: true, verified: false}),
  (r)-[:BUILT_WITH]->(:Spec {uid: $second, hash: $second, name: 'xz', stub: true, verified: false})
"""
"""Gives a root build specs that were never uploaded; of one not even the name is known."""


@pytest.mark.parametrize(
    "text",
    [
        "xz not built_with xz@99:",
        "xz platform=linux not built_with xz@99:",
        "not built_with xz@99:",
        "xz not built_with xz@99: not spliced_from zlib",
    ],
)
def test_specs_that_were_never_uploaded_satisfy_no_condition(
    client: FlaskClient, database: Database, text: str
) -> None:
    upload(client, named("xz").read_bytes())
    with database.driver.session() as session:
        session.run(STUBS, first="a" * 32, second="b" * 32).consume()
    [xz] = hashes(get(client, "/specs", q="xz"))
    assert hashes(get(client, "/specs", q=text)) == [xz]
