"""Measure how fast questions are answered, compared with other forms of the same graphs.

    python -m benchmarks.queries DIR [DIR ...] [--repeat 30] [--json OUT] [--svg OUT]
    python -m benchmarks.queries --make 10000 [--make ...] --into PARENT

Each DIR was created by `benchmarks.bulk_import`; `--make` creates some in PARENT. Requests go
through the service's application in this process; Neo4j is a separate process. SQLite, from a file,
and sparse matrices in memory answer in this process, alternating with the service. The answers are
compared; a wrong one ends the run. Times are p50 / p95 / p99 in ms.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import query_plot, query_report
from benchmarks.baselines import open_sqlite
from benchmarks.bulk_import import bulk_import, finish
from benchmarks.query_forms import (
    COUNT,
    CountingCsr,
    CountingSqlite,
    Service,
    check_counts,
    percentiles,
    versions,
)
from benchmarks.query_mix import Draws, SidesQuestion
from benchmarks.rows_to_csv import Graph
from cypher.run import Database
from graph_models import schema
from service.app import create_app
from service.embedded import EmbeddedNeo4j

HEAP_MIB, PAGE_CACHE_MIB = 2048, 1536
WARM_UP_SECONDS = 25.0
SERIES_SECONDS = 8.0
"""A form that takes longer for all repeats of a question gets fewer repeats."""
MIN_REPEATS = 5
MIX = 200
MIX_ROUNDS = 3
MIX_STEP = 5
"""The SQLite forms, which are slow, answer only every fifth question of the mix."""
NARROW = 1000
"""A question with fewer roots than this is narrow."""
SEED = 7

FIXED: Mapping[str, SidesQuestion] = {
    "T1": SidesQuestion(deployed="xz@5.6.0:5.6.1"),
    "T2 wide": SidesQuestion(built="zlib", deployed="mpich"),
    "T2 headline": SidesQuestion(built="mpich@3.4", deployed="mvapich2"),
    "T2 narrow": SidesQuestion(built="mpich@=4.3.2", deployed="mvapich2@=2.3.7-1"),
    "unknown name": SidesQuestion(deployed="no-such-package"),
}

Action = Callable[[], object]
Times = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Forms:
    """The forms of one graph."""

    service: Service
    walk: CountingSqlite
    closure: CountingSqlite
    csr: CountingCsr
    graph: Graph

    def hash(self, number: int) -> str:
        """Return the hash of the spec with this number."""
        return bytes(self.graph.hashes[number]).decode()

    @property
    def others(self) -> dict[str, CountingSqlite | CountingCsr]:
        """The forms other than the service, by name."""
        return {"sqlite walk": self.walk, "sqlite closure": self.closure, "csr": self.csr}


def timed(action: Action) -> float:
    """Return the duration of an action in seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def fixed_actions(forms: Forms) -> dict[tuple[str, str], Action]:
    """Return actions for counts and first pages of the fixed questions, after checking answers."""
    actions: dict[tuple[str, str], Action] = {}
    for name, asked in FIXED.items():
        question = asked.question
        count, page = f"{name} count", f"{name} page"
        counts = {form: other.count(question) for form, other in forms.others.items()}
        counts["specgraph"] = forms.service.count(asked)
        actions[count, "specgraph"] = _get(forms, "/specs", {**asked.arguments, **COUNT})
        if asked.built is None:
            counts["statement"] = forms.service.plain_count(asked)
            actions[count, "statement"] = lambda a=asked: forms.service.plain_count(a)  # type: ignore[misc]
        check_counts(asked, counts)
        forms.service.check_page(asked, forms.csr.page(question))
        actions[page, "specgraph"] = _get(forms, "/specs", asked.arguments)
        for form, other in forms.others.items():
            actions[count, form] = lambda o=other, q=question: o.count(q)  # type: ignore[misc]
            actions[page, form] = lambda o=other, q=question: o.page(q)  # type: ignore[misc]
    return actions


def _get(forms: Forms, path: str, arguments: Mapping[str, str]) -> Action:
    return lambda: forms.service.raw(path, arguments)


def drawn_actions(forms: Forms, draws: Draws, count: int) -> dict[tuple[str, str], list[Action]]:
    """Return actions for requests about single specs, for drawn roots; every request is tried."""
    roots = draws.roots(count)
    requests: dict[str, list[tuple[str, dict[str, str]]]] = {
        "why": [
            (f"/specs/{forms.hash(root)}/why", {"dependency": name})
            for root, name in draws.dependencies(count, forms.csr)
        ],
        "diff": [
            ("/diff", {"a": forms.hash(a), "b": forms.hash(b)}) for a, b in draws.pairs(count)
        ],
        "splice": [(f"/specs/{forms.hash(root)}/splice", {}) for root in draws.spliced(count)],
        "spec": [(f"/specs/{forms.hash(root)}", {}) for root in roots],
        "whole DAG": [(f"/specs/{forms.hash(root)}/graph", {}) for root in roots],
    }
    actions: dict[tuple[str, str], list[Action]] = {}
    for name, asked in requests.items():
        for path, arguments in asked:
            forms.service.get(path, **arguments)
        actions[name, "specgraph"] = [_get(forms, *each) for each in asked]
    for form, other in (("sqlite walk", forms.walk), ("csr", forms.csr)):
        actions["whole DAG", form] = [lambda o=other, r=root: o.dag(r) for root in roots]  # type: ignore[misc]
    return actions


def warm_up(forms: Forms, draws: Draws, seconds: float) -> int:
    """Repeat other questions of the same kinds until the time is over, and return their number."""
    actions: list[Action] = [_get(forms, "/specs", each.arguments) for each in draws.questions(100)]
    for (_, form), drawn in drawn_actions(forms, draws, 40).items():
        if form == "specgraph":
            actions += drawn
    for asked in FIXED.values():
        actions += [
            _get(forms, "/specs", asked.arguments),
            _get(forms, "/specs", {**asked.arguments, **COUNT}),
        ] * 5
        if asked.built is None:
            actions += [lambda a=asked: forms.service.plain_count(a)] * 5  # type: ignore[misc]
    end = time.perf_counter() + seconds
    done = 0
    while True:
        for action in actions:
            action()
        done += len(actions)
        if time.perf_counter() >= end:
            return done


def measure_repeated(forms: Forms, draws: Draws, repeat: int) -> Times:
    """Return the times of the fixed questions and those about single specs, asked in turn."""
    fixed = fixed_actions(forms)
    drawn = drawn_actions(forms, draws, repeat)
    times: Times = defaultdict(lambda: defaultdict(list))
    for turn in range(repeat):
        each_turn = {**fixed, **{key: actions[turn] for key, actions in drawn.items()}}
        for (question, form), action in each_turn.items():
            series = times[question][form]
            if sum(series) < SERIES_SECONDS or len(series) < min(MIN_REPEATS, repeat):
                series.append(timed(action))
    return times


def measure_mix(
    forms: Forms, questions: Sequence[SidesQuestion]
) -> tuple[Times, list[dict[str, Any]], int]:
    """Measure first pages of drawn questions, each by the median of some rounds.

    Returns:
        The times, a description of each question with its number of roots and its time in ms, and
        the number of exact totals.

    """
    pages = [forms.csr.page(asked.question) for asked in questions]
    exact = 0
    for asked, page in zip(questions, pages, strict=True):
        exact += forms.service.check_page(asked, page) == "EXACT"
    own: list[list[float]] = [[] for _ in questions]
    others: dict[str, list[float]] = {form: [] for form in forms.others}
    for turn in range(MIX_ROUNDS):
        for place, asked in enumerate(questions):
            own[place].append(timed(_get(forms, "/specs", asked.arguments)))
            for form, other in forms.others.items() if turn == 0 else ():
                if form == "csr" or place % MIX_STEP == 0:
                    others[form].append(timed(lambda o=other, a=asked: o.page(a.question)))  # type: ignore[misc]
    medians = [sorted(series)[len(series) // 2] for series in own]
    csr = others.pop("csr")
    narrow = [place for place, page in enumerate(pages) if page.total < NARROW]
    times: Times = {
        "mix": {"specgraph": medians, "csr": csr},
        "mix narrow": {
            "specgraph": [medians[place] for place in narrow],
            "csr": [csr[place] for place in narrow],
        },
        f"mix, every {MIX_STEP}th": {"specgraph": medians[::MIX_STEP], **others},
    }
    described = [
        {"query": str(asked), "roots": page.total, "ms": round(seconds * 1000, 2)}
        for asked, page, seconds in zip(questions, pages, medians, strict=True)
    ]
    return times, sorted(described, key=lambda each: -each["ms"]), exact


def measure_graph(
    database: Database, graph: Graph, data_dir: Path, repeat: int, *, warm: float, mix: int
) -> dict[str, Any]:
    """Return all figures of one graph.

    Args:
        database: the graph in Neo4j.
        graph: the same graph as arrays.
        data_dir: the folder of the SQLite database.
        repeat: number of measurements of each question.
        warm: seconds of other questions before.
        mix: number of drawn questions.

    Raises:
        benchmarks.query_forms.WrongAnswerError: if two forms answer differently.

    """
    service = Service(create_app(database).test_client(), database)
    path = open_sqlite(data_dir, graph)
    walk, closure = CountingSqlite(path, "walk"), CountingSqlite(path, "closure")
    try:
        forms = Forms(service, walk, closure, CountingCsr(graph), graph)
        load = os.getloadavg()[0]
        warmed = warm_up(forms, Draws(graph, SEED + 1), warm)
        draws = Draws(graph, SEED)
        mixed, described, exact = measure_mix(forms, draws.questions(mix))
        times = {**measure_repeated(forms, draws, repeat), **mixed}
    finally:
        walk.close()
        closure.close()
    return {
        "nodes": len(graph.hashes),
        "roots": int(graph.is_root.sum()),
        "edges": len(graph.edges),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "warm_up_requests": warmed,
        "exact_totals_of_mix": exact,
        "times": _summary(times),
        "mix": described,
        "versions": versions(database),
    }


def _summary(times: Times) -> dict[str, dict[str, dict[str, float]]]:
    return {
        question: {
            form: {**percentiles(series), "repeats": len(series)}
            for form, series in by_form.items()
            if series
        }
        for question, by_form in times.items()
    }


def measure_dir(data_dir: Path, repeat: int) -> dict[str, Any]:
    """Return all figures of the graph in a data directory, with a separate server."""
    graph = Graph.load(data_dir)
    with (
        EmbeddedNeo4j(data_dir, heap_mib=HEAP_MIB, page_cache_mib=PAGE_CACHE_MIB) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as database,
    ):
        schema.install_schema(database.driver, timeout=3600)
        return measure_graph(database, graph, data_dir, repeat, warm=WARM_UP_SECONDS, mix=MIX)


def make_graphs(sizes: Iterable[int], parent: Path) -> list[Path]:
    """Import graphs of these sizes, unless they exist, and return their data directories."""
    data_dirs = []
    for nodes in sizes:
        data_dir = parent / f"graph{nodes}"
        if not (data_dir / "graph.npz").exists():
            bulk_import(nodes, 1, data_dir)
            finish(data_dir)
        data_dirs.append(data_dir)
    return data_dirs


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dirs", type=Path, nargs="*", metavar="DIR")
    parser.add_argument("--make", type=int, action="append", default=[], metavar="N")
    parser.add_argument("--into", type=Path, default=Path(), help="folder of the graphs of --make")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    dirs = [each.absolute() for each in arguments.dirs]
    dirs += make_graphs(arguments.make, arguments.into.absolute())
    if not dirs:
        parser.error("give a DIR or --make")
    graphs = []
    for data_dir in dirs:
        graphs.append(measure_dir(data_dir, arguments.repeat))
        print(f"{data_dir}: measured", file=sys.stderr, flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(graphs, indent=1) + "\n", "utf-8")
    graphs.sort(key=lambda graph: int(graph["nodes"]))
    print(query_report.markdown(graphs))
    for graph in graphs:
        print(f"\nslowest of the mix of {graph['nodes']:,} specs:")
        for each in graph["mix"][:10]:
            print(f"  {each['ms']:8.1f} ms  {each['roots']:7} roots  {each['query']}")
    if arguments.svg:
        query_plot.draw(graphs, arguments.svg)


if __name__ == "__main__":
    main()
