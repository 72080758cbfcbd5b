"""The figures of questions as tables, and the targets that they are compared with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORMS = {
    "specgraph": "Specgraph",
    "statement": "its statement alone",
    "sqlite walk": "SQLite recursive",
    "sqlite closure": "SQLite closure table",
    "csr": "matrices in memory",
}
Graph = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """A target, the measured value, and whether it meets the target."""

    aim: str
    measured: str
    met: bool


def targets(graphs: Sequence[Graph]) -> list[Target]:
    """Return all targets: those of the largest graph, and for the growth between the last two.

    Args:
        graphs: the figures of the graphs, from the smallest to the largest.

    """
    found = list(_single_graph_targets(graphs[-1]))
    if len(graphs) > 1:
        found += _growth_targets(graphs[-2], graphs[-1])
    return found


def _single_graph_targets(graph: Graph) -> Iterator[Target]:
    times = graph["times"]
    for question in ("T1 count", "T2 wide count"):
        own, other = (times[question][form]["p50"] for form in ("specgraph", "sqlite walk"))
        yield Target(
            f"{question} at least 5 times as fast as SQLite's recursive query",
            f"{other / own:.1f}",
            other / own >= 5,
        )
    csr = times["T1 count"]["csr"]["p50"]
    for form in ("specgraph", "statement"):
        ratio = times["T1 count"][form]["p50"] / csr
        aim = f"T1 count, {FORMS[form]}, at most 1.5 times as long as matrices in memory"
        yield Target(aim, f"{ratio:.2f}", ratio <= 1.5)
    limits = {"mix": 100, "mix narrow": 50, "why": 20, "diff": 20, "splice": 20, "spec": 20}
    for question, limit in limits.items():
        p95 = times[question]["specgraph"]["p95"]
        yield Target(f"{TITLES[question]}, p95 below {limit} ms", f"{p95:.1f} ms", p95 < limit)


TITLES = {
    "mix": "first page",
    "mix narrow": "first page, narrow",
    "why": "why",
    "diff": "diff",
    "splice": "splice",
    "spec": "spec",
}


def _growth_targets(small: Graph, large: Graph) -> Iterator[Target]:
    sizes = f"{small['nodes']:,} to {large['nodes']:,}"
    for question, percentile, limit in (
        ("T1 count", "p50", 3.0),
        ("mix", "p50", 1.5),
        ("mix", "p95", 1.5),
    ):
        before, after = (g["times"][question]["specgraph"][percentile] for g in (small, large))
        title = TITLES.get(question, question)
        aim = f"growth from {sizes} specs, {title} {percentile}, at most {limit:g} times"
        yield Target(aim, f"{after / before:.2f}", after / before <= limit)


def markdown(graphs: Sequence[Graph]) -> str:
    """Return all tables as Markdown."""
    parts = [_targets_table(targets(graphs))]
    parts += [_times_table(graph) for graph in graphs]
    return "\n\n".join(parts)


def _targets_table(found: Sequence[Target]) -> str:
    rows = [(t.aim, t.measured, "met" if t.met else "**not met**") for t in found]
    return _table(("target", "measured", ""), rows)


def _times_table(graph: Graph) -> str:
    head = (
        f"{graph['nodes']:,} specs, {graph['roots']:,} roots, {graph['edges']:,} dependencies, "
        f"load {graph['load'][0]} before and {graph['load'][1]} after:"
    )
    rows = []
    for question, forms in graph["times"].items():
        own = forms["specgraph"]["p50"]
        cells = [question, _cell(forms["specgraph"])]
        for form in tuple(FORMS)[1:]:
            cells.append(f"{_cell(forms[form], own)}" if form in forms else "")
        rows.append(cells)
    return f"{head}\n\n{_table(('', *FORMS.values()), rows)}"


def _cell(figures: Mapping[str, float], own: float | None = None) -> str:
    text = f"{_ms(figures['p50'])} / {_ms(figures['p95'])} / {_ms(figures['p99'])}"
    return text if own is None else f"{text} ({_ms(figures['p50'] / own)})"


def _ms(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
