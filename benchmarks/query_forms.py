"""The forms of a graph that answer in turn, each with a way to count only."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flask.testing import FlaskClient

from benchmarks.baseline_csr import Csr
from benchmarks.baseline_sqlite import Sqlite
from benchmarks.query_mix import SidesQuestion
from benchmarks.questions import Page, Question
from cypher.run import Database
from service.app import PREFIX


class WrongAnswerError(Exception):
    """A form of the graph gives another answer than the others."""


class CountingSqlite(Sqlite):
    """SQLite, with counts that list no roots."""

    def count(self, question: Question) -> int:
        """Return the number of roots that match."""
        sql, values = self._statement(question)
        row: tuple[int] = self._database.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()
        return row[0]


class CountingCsr(Csr):
    """Sparse matrices, with counts that list no roots."""

    def count(self, question: Question) -> int:
        """Return the number of roots that match."""
        return int(np.count_nonzero(self._matching_roots(question)))


class Service:
    """The REST API in this process, over a database in a separate process."""

    def __init__(self, client: FlaskClient, database: Database) -> None:
        self._client = client
        self._database = database

    def get(self, path: str, **arguments: str) -> Any:
        """Return the JSON answer to a request.

        Raises:
            WrongAnswerError: if the status is not 200.

        """
        response = self._client.get(f"{PREFIX}{path}", query_string=arguments)
        if response.status_code != 200:
            raise WrongAnswerError(f"{response.status_code} for {path} {arguments}")
        return response.get_json()

    def raw(self, path: str, arguments: Mapping[str, str]) -> bytes:
        """Return the answer to a request without decoding it, for measurements."""
        return self._client.get(f"{PREFIX}{path}", query_string=arguments).get_data()

    def count(self, asked: SidesQuestion) -> int:
        """Return the exact number of roots that match.

        Raises:
            WrongAnswerError: if the service does not count exactly.

        """
        answer = self.get("/specs", **asked.arguments, **COUNT)
        if answer["total"]["type"] != "EXACT":
            raise WrongAnswerError(f"not counted exactly: {asked}")
        return int(answer["total"]["count"])

    def plain_count(self, asked: SidesQuestion) -> int:
        """Return the number of roots for one side, by the statement alone.

        Raises:
            ValueError: if the question is not about exactly one side.

        """
        question = asked.question
        match = question.deployed or question.built
        if match is None or (question.deployed and question.built):
            raise ValueError("the question must be about one side")
        statement = "count_roots_deployed_with" if question.deployed else "count_roots_built_with"
        intervals = [{"low": low, "high": high} for low, high in match.intervals]
        return int(self._database.read_one(statement, name=match.name, intervals=intervals))

    def check_page(self, asked: SidesQuestion, expected: Page) -> str:
        """Compare a first page with that of another form, and return the type of its total.

        Raises:
            WrongAnswerError: if they differ.

        """
        answer = self.get("/specs", **asked.arguments)
        hashes = [item["hash"] for item in answer["items"]]
        total = answer["total"]
        exact = total["type"] == "EXACT"
        right = total["count"] == expected.total if exact else total["count"] <= expected.total
        if hashes != list(expected.hashes) or not right:
            raise WrongAnswerError(
                f"{asked}: {total} and {len(hashes)} hashes, expected {expected.total}"
            )
        return str(total["type"])


COUNT = {"count": "exact", "limit": "1"}


def check_counts(asked: SidesQuestion, counts: Mapping[str, int]) -> int:
    """Return the count on which all forms agree.

    Raises:
        WrongAnswerError: if they differ.

    """
    if len(set(counts.values())) != 1:
        raise WrongAnswerError(f"{asked}: {dict(counts)}")
    return next(iter(counts.values()))


def versions(database: Database) -> dict[str, str]:
    """Return the versions of the measured programs and libraries."""
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
    """Return p50, p95 and p99 of some times in seconds, in ms."""
    values = np.percentile(np.array(times) * 1000, [50, 95, 99])
    return {f"p{p}": round(float(v), 3) for p, v in zip((50, 95, 99), values, strict=True)}
