"""Measure how long the service takes to plan a splice.

    python -m benchmarks.plans CORPUS [--repeat 3]

Starts an embedded Neo4j of its own, stores the targets and the replacements of all recorded splices
of the corpus, and asks for a plan of each, one at a time. Ratios compare with reading the two DAGs
and with planning alone, in the same run.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from cypher.run import Database
from graph_models import schema
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from service.app import create_app
from service.cli.api import ProblemError, in_process_api
from service.dags.splicing.plan import plan_splice
from service.embedded import EmbeddedNeo4j
from service.queries.stored_dags import find_dag
from tools.splice_figures import read_cases, virtuals_in


@dataclass(frozen=True)
class Question:
    """A recorded splice: the hashes of its target and replacement, and whether it is transitive."""

    target: str
    replacement: str
    transitive: bool


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


def measure(
    questions: Sequence[Question], repeat: int, ask: Callable[[Question], Any]
) -> list[float]:
    """Return the seconds that each question took, without the first round."""
    seconds = []
    for round_ in range(repeat + 1):
        for question in questions:
            start = time.perf_counter()
            ask(question)
            if round_:
                seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--most", type=int, default=1000, help="most splices to plan")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedNeo4j(Path(folder)) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as database,
    ):
        schema.install_schema(database.driver, timeout=3600)
        stored = list(store_inputs(database, given.corpus))[: given.most]
        questions = [question for question in stored if is_possible(database, question)]
        print(f"{len(questions)} splices\n| | median, ms | p95, ms |\n|---|---|---|")
        for label, ask in questioners(database, given.corpus, questions):
            cuts = quantiles(measure(questions, given.repeat, ask), n=20)
            print(f"| {label} | {1e3 * cuts[9]:.1f} | {1e3 * cuts[18]:.1f} |", flush=True)


def is_possible(database: Database, question: Question) -> bool:
    """Return whether the graph knows enough virtuals to plan a splice."""
    try:
        in_process_api(create_app(database)).ask("/splices/plan", **vars(question))
    except ProblemError:
        return False
    return True


def questioners(
    database: Database, corpus: Path, questions: Sequence[Question]
) -> Iterator[tuple[str, Callable[[Question], Any]]]:
    """Yield what is measured, each with its name."""
    provides = virtuals_in(corpus.glob("v*-spliced/*/*/*.json"))
    api = in_process_api(create_app(database))
    dags = {
        hash_: find_dag(database, hash_)
        for question in questions
        for hash_ in (question.target, question.replacement)
    }
    yield (
        "`POST /splices/plan`",
        lambda asked: api.ask("/splices/plan", **vars(asked)),
    )
    yield (
        "reading the two DAGs from the graph",
        lambda asked: [find_dag(database, each) for each in (asked.target, asked.replacement)],
    )
    yield (
        "planning alone",
        lambda asked: plan_splice(
            dags[asked.target],
            dags[asked.replacement],
            provides,
            transitive=asked.transitive,
        ),
    )


if __name__ == "__main__":
    main()
