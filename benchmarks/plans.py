"""Measure how long the service takes to plan splices.

    python -m benchmarks.plans CORPUS [--bulk DOCUMENTS] [--graph DATA_DIR] [--repeat 3]
        [--spack ROOT --spack-python PYTHON]

Starts an embedded Neo4j of its own, stores the targets and the replacements of all recorded splices
of the corpus, and asks for a plan of each, one at a time. Of the roots in DOCUMENTS, and of those
in a graph that `benchmarks.bulk_import` made, first pages of many plans are asked for; of the
latter also single plans. A Spack, which needs no network, concretizes the same splices as the
service plans. Times are medians of some rounds, *best* their minimum: on a machine with other work
the latter is nearer to what an answer costs. All of that is one run, whose ratios compare.
"""

import argparse
import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.ingest import load
from benchmarks.plan_questions import GraphDraws, PairsQuestion, Question, pairs_of_documents
from benchmarks.queries import HEAP_MIB, PAGE_CACHE_MIB
from benchmarks.rows_to_csv import Graph
from benchmarks.spack_splices import SpackLab, check_same
from cypher.run import Database
from graph_models import schema
from loaders import source
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from service.app import create_app
from service.cli.api import Api, ProblemError, in_process_api
from service.dags.dag import Dag
from service.dags.splicing.plan import plan_splice
from service.embedded import EmbeddedNeo4j
from service.queries.plans import provided_virtuals, root_name
from service.queries.stored_dags import find_dag
from tools.splice_figures import read_cases

SEED = 7
WARM_UP = 100
"""Other splices that are planned before any is measured."""
DRAWN_FROM = 500
"""Documents of whose packages the questions for many plans are."""
Ask = Callable[[Any], Any]


@contextlib.contextmanager
def running(data_dir: Path, heap_mib: int, page_cache_mib: int) -> Iterator[Database]:
    """Yield the database of a server of its own."""
    with (
        EmbeddedNeo4j(data_dir, heap_mib=heap_mib, page_cache_mib=page_cache_mib) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as database,
    ):
        schema.install_schema(database.driver, timeout=3600)
        yield database


def store_inputs(database: Database, corpus: Path) -> Iterator[Question]:
    """Store the inputs of the recorded splices; yield a question for each pair not spliced yet."""
    for lines in sorted(corpus.glob("v*-spliced/*-splice-api/cases.jsonl")):
        for case in read_cases(lines):
            files = [lines.parent / case[key] for key in ("base_file", "replacement_file")]
            documents = [parse_document(file.read_bytes()) for file in files]
            if not any(document.has_splices for document in documents):
                store_documents(database, documents, origin="benchmark")
                hashes = [document.root.hash for document in documents]
                yield Question(hashes[0], hashes[1], case["transitive"])


def possible(api: Api, questions: Iterable[Question]) -> Iterator[Question]:
    """Yield the questions that the service answers with a plan."""
    for question in questions:
        try:
            api.ask("/splices/plan", **question.body)
        except ProblemError:
            continue
        yield question


@dataclass(frozen=True)
class Series:
    """The seconds of each of some questions: the medians of some rounds, and their minima."""

    medians: list[float]
    best: list[float]

    @classmethod
    def of(cls, rounds: Iterable[Sequence[float]]) -> "Series":
        """Return the series of the times of each question."""
        times = list(rounds)
        return cls([median(each) for each in times], [min(each) for each in times])


def measure(questions: Sequence[Any], repeat: int, asked: dict[str, Ask]) -> dict[str, Series]:
    """Return the times of each question in each way.

    All ways answer a question before the next one is asked.

    Args:
        questions: The questions.
        repeat: How many rounds.
        asked: The ways to answer, by name.

    """
    series: dict[str, list[list[float]]] = {name: [[] for _ in questions] for name in asked}
    for _ in range(repeat):
        for place, question in enumerate(questions):
            for name, ask in asked.items():
                start = time.perf_counter()
                ask(question)
                series[name][place].append(time.perf_counter() - start)
    return {name: Series.of(found) for name, found in series.items()}


def measure_plans(
    database: Database, questions: Sequence[Question], repeat: int
) -> dict[str, Series]:
    """Return the times of plans, and of parts of them, by name."""
    api = in_process_api(create_app(database))

    def dags(asked: Question) -> list[Dag]:
        return [find_dag(database, each) for each in (asked.target, asked.replacement)]

    def read_all(asked: Question) -> tuple[Dag, Dag, dict[str, list[str]]]:
        target, replacement = dags(asked)
        names = [root_name(target), root_name(replacement)]
        return target, replacement, provided_virtuals(database, names)

    read = {asked: read_all(asked) for asked in questions}

    def plan_alone(asked: Question) -> None:
        target, replacement, provides = read[asked]
        plan_splice(target, replacement, provides, transitive=asked.transitive)

    def plan(asked: Question) -> None:
        api.ask("/splices/plan", **asked.body)

    ways: dict[str, Ask] = {
        "`POST /splices/plan`": plan,
        "reading the two DAGs from the graph": dags,
        "planning alone": plan_alone,
    }
    return measure(questions, repeat, ways)


def way_to_plan_many(database: Database) -> dict[str, Ask]:
    """Return the way to answer a question for many plans."""
    api = in_process_api(create_app(database))
    return {"`POST /splices/plans`": lambda asked: api.ask("/splices/plans", **asked.body)}


def show(what: str, times: dict[str, Series]) -> None:
    """Print rows of the table."""
    for name, series in times.items():
        p50, p95, longest = (1e3 * np.percentile(series.medians, p) for p in (50, 95, 100))
        best = " / ".join(f"{1e3 * np.percentile(series.best, p):.1f}" for p in (50, 95))
        cells = f"{p50:.1f} / {p95:.1f} | {best} | {longest:.1f}"
        print(f"| {what} | {name} | {cells} |", flush=True)


def measure_corpus(database: Database, corpus: Path, repeat: int, most: int) -> None:
    """Plan the recorded splices."""
    stored = list(store_inputs(database, corpus))[:most]
    questions = list(possible(in_process_api(create_app(database)), stored))
    show(f"{len(questions)} recorded", measure_plans(database, questions, repeat))


def measure_bulk(database: Database, documents: Path, repeat: int, most: int) -> None:
    """Load documents and ask for first pages of many plans."""
    load(database, documents)
    with source.open_path(documents) as stream:
        lines = itertools.islice(source.read_lines(stream), DRAWN_FROM)
        parsed = map(parse_document, lines)
        questions = pairs_of_documents(parsed, most, SEED)
    asked = way_to_plan_many(database)
    measure(questions[:10], 1, asked)
    show(f"documents, {len(questions)} first pages", measure(questions, repeat, asked))


def measure_graph(database: Database, graph: Graph, repeat: int, most: int) -> None:
    """Plan splices of a generated graph, one at a time and many at once."""
    what = f"{len(graph.hashes):,} specs"
    api = in_process_api(create_app(database))
    draws = GraphDraws(graph, SEED)
    drawn = possible(api, draws.splices())
    measure_plans(database, list(itertools.islice(drawn, WARM_UP)), 1)
    singles = list(itertools.islice(drawn, most))
    show(f"{what}, {len(singles)} drawn", measure_plans(database, singles, repeat))
    pairs: list[PairsQuestion] = draws.pairs(most)
    asked = way_to_plan_many(database)
    measure(pairs[:10], 1, asked)
    show(f"{what}, {len(pairs)} first pages", measure(pairs, repeat, asked))


def measure_spack(database: Database, lab: SpackLab, repeat: int) -> None:
    """Let Spack concretize what the service plans, in turn.

    Raises:
        ValueError: They make different splices.

    """
    store_documents(database, lab.documents(), origin="benchmark")
    api = in_process_api(create_app(database))
    splices = lab.splices()
    planned = [api.ask("/splices/plan", **each.body) for each in splices]
    numbers = range(len(splices))
    made: list[list[Any]] = [[] for _ in splices]
    own = measure(
        numbers,
        repeat,
        {
            "`POST /splices/plan`": lambda number: api.ask("/splices/plan", **splices[number].body),
            "`spack python`, start included": lambda number: made[number].append(
                lab.concretize(number)
            ),
        },
    )
    for plan, each in zip(planned, made, strict=True):
        check_same(plan, each)
    own["Spack's concretizer alone"] = Series.of([x.concretizer for x in each] for each in made)
    show(f"{len(splices)} splices of Spack's store", own)
    planning = own.pop("`POST /splices/plan`").medians
    for name, other in own.items():
        ratios = [spack / ours for ours, spack in zip(planning, other.medians, strict=True)]
        print(f"{name}: {min(ratios):.0f} to {max(ratios):.0f} times as long as planning")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--bulk", type=Path, metavar="DOCUMENTS", help="JSON lines of documents")
    parser.add_argument("--graph", type=Path, metavar="DATA_DIR", help="of benchmarks.bulk_import")
    parser.add_argument("--spack", type=Path, metavar="ROOT", help="a checkout of Spack")
    parser.add_argument("--spack-python", type=Path, metavar="PYTHON", help="one that has clingo")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--most", type=int, default=200, help="most questions of a kind")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    print("| | | p50 / p95, ms | p50 / p95 of the best | longest |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder) / "graph", 1024, 512) as database:
            measure_corpus(database, given.corpus, given.repeat, given.most)
            if given.bulk:
                measure_bulk(database, given.bulk, given.repeat, min(given.most, 50))
            if given.spack:
                lab_folder = Path(folder) / "lab"
                lab_folder.mkdir()
                lab = SpackLab(given.spack, given.spack_python, lab_folder)
                measure_spack(database, lab, given.repeat)
        if given.graph:
            with running(given.graph.absolute(), HEAP_MIB, PAGE_CACHE_MIB) as database:
                measure_graph(database, Graph.load(given.graph), given.repeat, given.most)


if __name__ == "__main__":
    main()
