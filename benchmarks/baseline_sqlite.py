"""Baseline: the questions answered by SQLite, in this process and from a file.

The joins are CROSS JOINs, which SQLite evaluates from left to right. It could choose the order by
statistics, but with these it also builds a filter over whole tables for each question.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.questions import Dag, Ids, Match, Page, Question
from benchmarks.rows_to_csv import BUILD, RUNTIME, Graph

SCHEMA = """
CREATE TABLE spec (
  id INTEGER PRIMARY KEY, name TEXT, version_key TEXT, hash TEXT, is_root INTEGER,
  spliced INTEGER
);
CREATE TABLE edge (
  source INTEGER, target INTEGER, runtime INTEGER, PRIMARY KEY (source, target)
) WITHOUT ROWID;
CREATE TABLE splice (source INTEGER PRIMARY KEY, target INTEGER);
CREATE TABLE reach (
  root INTEGER, spec INTEGER, build INTEGER, runtime INTEGER, PRIMARY KEY (spec, root)
) WITHOUT ROWID;
"""
INDEXES = """
CREATE INDEX spec_name ON spec (name, version_key);
CREATE INDEX edge_up ON edge (target, runtime, source);
CREATE INDEX splice_up ON splice (target, source);
"""
CACHE_MIB = 1024

Form = Literal["walk", "closure"]
Sql = tuple[str, list[Any]]


def create(path: Path, graph: Graph) -> None:
    """Write the database.

    Raises:
        FileExistsError: if there is one already.

    """
    if path.exists():
        raise FileExistsError(path)
    database = sqlite3.connect(path)
    try:
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA}")
        database.execute(f"PRAGMA cache_size = -{CACHE_MIB << 10}")
        database.executemany("INSERT INTO spec VALUES (?, ?, ?, ?, ?, ?)", _spec_rows(graph))
        order = np.lexsort((graph.edges[:, 1], graph.edges[:, 0]))
        edges = np.column_stack((graph.edges, graph.runtime))[order]
        database.executemany("INSERT INTO edge VALUES (?, ?, ?)", map(tuple, edges.tolist()))
        database.executemany("INSERT INTO splice VALUES (?, ?)", map(tuple, graph.splices.tolist()))
        order = np.lexsort((graph.reach[:, 0], graph.reach[:, 1]))
        flags = [(graph.flags & flag != 0).astype(np.uint32) for flag in (BUILD, RUNTIME)]
        for part in np.array_split(order, max(1, len(order) // 1_000_000)):
            rows = np.column_stack((graph.reach[part], *(flag[part] for flag in flags)))
            database.executemany("INSERT INTO reach VALUES (?, ?, ?, ?)", map(tuple, rows.tolist()))
        database.commit()
        database.executescript(INDEXES)
    finally:
        database.close()


def _spec_rows(graph: Graph) -> Iterable[tuple[int, str, str, str, bool, bool]]:
    spliced = np.zeros(len(graph.hashes), dtype=np.bool_)
    spliced[graph.splices[:, 0]] = True
    columns = (graph.hashes.tolist(), graph.package.tolist(), graph.is_root.tolist())
    for number, (hash_, package, root, splice) in enumerate(
        zip(*columns, spliced.tolist(), strict=True)
    ):
        name, _, key = graph.packages[package]
        yield number, name, key, hash_.decode(), root, splice


class Sqlite:
    """Answers questions from the file that `create` wrote."""

    def __init__(self, path: Path, form: Form) -> None:
        """Open the file.

        Args:
            path: the file.
            form: `walk` climbs from matching specs by recursive queries; `closure` uses the table
                of the specs that each root was built and is deployed with. That table lacks specs
                that are only build dependencies of a spec put in by a splice, so `closure` refuses
                questions with `depends_on`.

        Raises:
            sqlite3.OperationalError: if the file does not exist.

        """
        self._form = form
        self._database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_MIB << 10}")
        self._database.execute(f"PRAGMA mmap_size = {8 << 30}")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def roots(self, question: Question) -> Ids:
        """Return the numbers of all roots that match.

        Raises:
            ValueError: if this form cannot answer the question.

        """
        sql, values = self._statement(question)
        rows = self._database.execute(sql, values)
        return np.array(sorted(number for (number,) in rows), dtype=np.int64)

    def page(self, question: Question, limit: int = 50) -> Page:
        """Return the first roots, by a single statement."""
        sql, values = self._statement(question)
        rows = self._database.execute(
            f"SELECT count(*) OVER (), hash FROM ({sql}) CROSS JOIN spec USING (id) "
            "ORDER BY name, version_key, hash LIMIT ?",
            [*values, limit],
        ).fetchall()
        return Page(rows[0][0] if rows else 0, [hash_ for _, hash_ in rows])

    def dag(self, root: int) -> Dag:
        """Return one whole DAG, by a recursive query down from its root."""
        rows = self._database.execute(
            "WITH RECURSIVE down (id) AS (VALUES (?) UNION "
            "SELECT target FROM down CROSS JOIN edge ON source = id) "
            "SELECT source, target FROM down CROSS JOIN edge ON source = id "
            "ORDER BY source, target",
            [root],
        ).fetchall()
        edges = np.array(rows, dtype=np.int64).reshape(-1, 2)
        return Dag(np.unique(np.append(edges.ravel(), root)), edges)

    def _statement(self, question: Question) -> Sql:
        parts = [
            make(match)
            for make, match in (
                (self._built, question.built),
                (self._deployed, question.deployed),
                (self._depends_on, question.depends_on),
            )
            if match is not None
        ]
        values = [value for _, own in parts for value in own]
        return " INTERSECT ".join(f"SELECT id FROM ({sql})" for sql, _ in parts), values

    def _built(self, match: Match) -> Sql:
        if self._form == "closure":
            return self._look_up("build", match)
        matching, values = _select_matching(match)
        return (
            f"WITH RECURSIVE up (id) AS ({matching} "
            "UNION SELECT source FROM up CROSS JOIN edge ON target = id "
            "UNION SELECT source FROM up CROSS JOIN splice ON target = id), "
            "compiled (id) AS (SELECT id FROM up CROSS JOIN spec USING (id) WHERE NOT spliced "
            "UNION SELECT source FROM compiled CROSS JOIN splice ON target = id) "
            "SELECT id FROM compiled CROSS JOIN spec USING (id) WHERE is_root"
        ), values

    def _deployed(self, match: Match) -> Sql:
        if self._form == "closure":
            return self._look_up("runtime", match)
        return self._climb("edge.runtime = 1", match)

    def _depends_on(self, match: Match) -> Sql:
        if self._form == "closure":
            raise ValueError("the closure table does not have all dependencies of spliced specs")
        return self._climb("1", match)

    @staticmethod
    def _climb(condition: str, match: Match) -> Sql:
        matching, values = _select_matching(match)
        return (
            f"WITH RECURSIVE up (id) AS ({matching} "
            f"UNION SELECT source FROM up CROSS JOIN edge ON target = id AND {condition}) "
            "SELECT id FROM up CROSS JOIN spec USING (id) WHERE is_root"
        ), values

    @staticmethod
    def _look_up(flag: str, match: Match) -> Sql:
        matching, values = _select_matching(match)
        sql = (
            f"SELECT DISTINCT root AS id FROM ({matching}) CROSS JOIN reach ON spec = id "
            f"WHERE {flag}"
        )
        return sql, values


def _select_matching(match: Match) -> Sql:
    ranges = " OR ".join(["(version_key >= ? AND version_key < ?)"] * len(match.intervals))
    bounds = [bound for interval in match.intervals for bound in interval]
    return f"SELECT id FROM spec WHERE name = ? AND ({ranges or '0'})", [match.name, *bounds]
