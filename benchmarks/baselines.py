"""Measure how fast other forms of the same graph answer the same questions.

    python -m benchmarks.baselines DATA_DIR [--repeat 7]

DATA_DIR was created by `benchmarks.bulk_import`. SQLite answers by recursive queries or from a
closure table; sparse matrices in memory are searched breadth first. The first run creates
`graph.sqlite` in DATA_DIR.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import baseline_sqlite
from benchmarks.baseline_csr import Csr
from benchmarks.baseline_sqlite import Sqlite
from benchmarks.questions import Answers, Match, Question
from benchmarks.rows_to_csv import Graph

QUESTIONS: Mapping[str, Question] = {
    "T1 deployed with xz@5.6.0:5.6.1": Question(deployed=Match.of("xz@5.6.0:5.6.1")),
    "T1 deployed with zlib": Question(deployed=Match.of("zlib")),
    "T1 depends on xz@5.6.0:5.6.1": Question(depends_on=Match.of("xz@5.6.0:5.6.1")),
    "T2 built with mpich@3.4, deployed with mvapich2": Question(
        built=Match.of("mpich@3.4"), deployed=Match.of("mvapich2")
    ),
    "T2 built with zlib, deployed with mpich": Question(
        built=Match.of("zlib"), deployed=Match.of("mpich")
    ),
    "T2 narrow, built with mpich@=4.3.2, deployed with mvapich2@=2.3.7-1": Question(
        built=Match.of("mpich@=4.3.2"), deployed=Match.of("mvapich2@=2.3.7-1")
    ),
}


def median_ms(action: Callable[[], object], repeat: int) -> float:
    """Return the median duration of an action in ms, after a first run that is not counted."""
    action()
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 3)


def open_sqlite(data_dir: Path, graph: Graph) -> Path:
    """Return the path of the SQLite database of a graph, creating it if necessary."""
    path = data_dir / "graph.sqlite"
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        baseline_sqlite.create(part, graph)
        part.replace(path)
    return path


def measure(forms: Mapping[str, Answers], root: int, repeat: int) -> dict[str, Any]:
    """Return the medians in ms of all questions and forms, for all roots and for first pages.

    Args:
        forms: the forms by name; those named `closure` answer no question with `depends_on`.
        root: number of the root whose whole DAG is requested.
        repeat: number of measurements of each.

    Raises:
        ValueError: if two forms give different answers.

    """
    figures: dict[str, Any] = {}
    for title, question in QUESTIONS.items():
        names = [name for name in forms if question.depends_on is None or "closure" not in name]
        answers = [forms[name].roots(question) for name in names]
        if not all(np.array_equal(answers[0], other) for other in answers):
            raise ValueError(f"different answers: {title}")
        figures[title] = {"roots": len(answers[0])}
        for name in names:
            form = forms[name]
            figures[title][name] = {
                "all": median_ms(lambda f=form, q=question: f.roots(q), repeat),  # type: ignore[misc]
                "page": median_ms(lambda f=form, q=question: f.page(q), repeat),  # type: ignore[misc]
            }
    dag = {name: form for name, form in forms.items() if "closure" not in name}
    figures["one DAG"] = {
        "specs": len(next(iter(dag.values())).dag(root).specs),
        **{name: median_ms(lambda f=form: f.dag(root), repeat) for name, form in dag.items()},  # type: ignore[misc]
    }
    return figures


def main() -> None:
    """Measure and print the medians as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    graph = Graph.load(arguments.data_dir)
    started = time.perf_counter()
    path = open_sqlite(arguments.data_dir, graph)
    made = time.perf_counter()
    csr = Csr(graph)
    built = time.perf_counter()
    forms: dict[str, Answers] = {
        "sqlite walk": Sqlite(path, "walk"),
        "sqlite closure": Sqlite(path, "closure"),
        "csr": csr,
    }
    root = int(np.flatnonzero(graph.is_root)[-1])
    figures = {
        "sqlite_create_seconds": round(made - started, 1),
        "sqlite_mib": path.stat().st_size >> 20,
        "csr_build_seconds": round(built - made, 2),
        **measure(forms, root, arguments.repeat),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
