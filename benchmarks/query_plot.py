"""A plot of the duration of answers over the size of the graph."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LINES: Mapping[str, tuple[str, str, str, str]] = {
    "T1 count, Specgraph": ("T1 count", "specgraph", "p50", "C0o-"),
    "T1 count, SQLite recursive": ("T1 count", "sqlite walk", "p50", "C1s--"),
    "T1 count, SQLite closure table": ("T1 count", "sqlite closure", "p50", "C2^--"),
    "T1 count, matrices in memory": ("T1 count", "csr", "p50", "C3v--"),
    "first page p50, Specgraph": ("mix", "specgraph", "p50", "C4o-"),
    "first page p95, Specgraph": ("mix", "specgraph", "p95", "C4o:"),
    "why, Specgraph": ("why", "specgraph", "p50", "C5o-"),
}
"""Question, form, percentile and style of each line, by label."""


def draw(graphs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the plot as SVG, with the same bytes for the same figures."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "specgraph", "font.size": 9}
    with pyplot.rc_context(settings):
        figure, axes = pyplot.subplots(figsize=(7.5, 4.8))
        sizes = [graph["nodes"] for graph in graphs]
        for label, (question, form, percentile, style) in LINES.items():
            values = [graph["times"][question][form][percentile] for graph in graphs]
            axes.loglog(sizes, values, style, label=label, markersize=4)
        axes.set_xlabel("specs in the graph")
        axes.set_ylabel("ms")
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
        figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("".join(f"{line.rstrip()}\n" for line in lines), "utf-8")
