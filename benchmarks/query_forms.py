"""The forms of a graph that are asked in turn, and counting by each of them alone."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flask.testing import FlaskClient

from benchmarks.baseline_csr import Csr
from benchmarks.baseline_sqlite import Sqlite
from benchmarks.query_mix import Asked
from benchmarks.questions import Page, Question
from cypher.run import Database
from service.app import PREFIX


class WrongAnswerError(Exception):
    """A form of the graph answers otherwise than another."""


class CountingSqlite(Sqlite):
    """SQLite that also counts without listing."""

    def count(self, question: Question) -> int:
        """How many roots there are."""
        sql, values = self._statement(question)
        row: tuple[int] = self._database.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()
        return row[0]


class CountingCsr(Csr):
    """Sparse matrices that also count without listing."""

    def count(self, question: Question) -> int:
        """How many roots there are."""
        return int(np.count_nonzero(self._roots(question)))


class Service:
    """The REST API in this process, over a database that is a process of its own."""

    def __init__(self, client: FlaskClient, database: Database) -> None:
        self._client = client
        self._database = database

    def get(self, path: str, **arguments: str) -> Any:
        """The answer to a request.

        :raises WrongAnswerError: it is an error.
        """
        response = self._client.get(f"{PREFIX}{path}", query_string=arguments)
        if response.status_code != 200:
            raise WrongAnswerError(f"{response.status_code} for {path} {arguments}")
        return response.get_json()

    def raw(self, path: str, arguments: Mapping[str, str]) -> bytes:
        """The answer to a request, not decoded: what is timed."""
        return self._client.get(f"{PREFIX}{path}", query_string=arguments).get_data()

    def count(self, asked: Asked) -> int:
        """How many roots there are, exactly."""
        found = self.get("/specs", **asked.arguments, **COUNT)
        if found["total"]["type"] != "EXACT":
            raise WrongAnswerError(f"not counted exactly: {asked}")
        return int(found["total"]["count"])

    def plain_count(self, asked: Asked) -> int:
        """How many roots one side has, by the statement alone."""
        question = asked.question
        match = question.deployed or question.built
        if match is None or (question.deployed and question.built):
            raise ValueError("one side only")
        statement = "count_roots_deployed_with" if question.deployed else "count_roots_built_with"
        intervals = [{"low": low, "high": high} for low, high in match.intervals]
        return int(self._database.read_one(statement, name=match.name, intervals=intervals))

    def check_page(self, asked: Asked, expected: Page) -> str:
        """Compare a first page with another form's; returns the type of its total.

        :raises WrongAnswerError: they differ.
        """
        found = self.get("/specs", **asked.arguments)
        hashes = [item["hash"] for item in found["items"]]
        total = found["total"]
        exact = total["type"] == "EXACT"
        right = total["count"] == expected.total if exact else total["count"] <= expected.total
        if hashes != list(expected.hashes) or not right:
            raise WrongAnswerError(
                f"{asked}: {total} and {len(hashes)} hashes, expected {expected.total}"
            )
        return str(total["type"])


COUNT = {"count": "exact", "limit": "1"}


def check_counts(asked: Asked, counts: Mapping[str, int]) -> int:
    """The one number that all forms give.

    :raises WrongAnswerError: they give several.
    """
    if len(set(counts.values())) != 1:
        raise WrongAnswerError(f"{asked}: {dict(counts)}")
    return next(iter(counts.values()))


def versions(database: Database) -> dict[str, str]:
    """Of what is measured."""
    with database.driver.session() as session:
        record = session.run("CALL dbms.components() YIELD versions RETURN versions[0]").single()
    import platform

    import scipy

    return {
        "Neo4j": str(record[0]) if record else "",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def percentiles(times: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 of some seconds, in ms."""
    found = np.percentile(np.array(times) * 1000, [50, 95, 99])
    return {f"p{p}": round(float(v), 3) for p, v in zip((50, 95, 99), found, strict=True)}
