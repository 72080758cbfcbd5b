"""Measure how fast pictures are drawn in a real Chromium, and how long the page is blocked.

    python -m benchmarks.pictures [--repeat 5] [--also DOCUMENT]

Starts an embedded server and a service over the sample stacks. Times are from the start of the
navigation until the picture is complete. The page is blocked by tasks of its main thread, which are
measured by the clock and by their processor time, which does not depend on other load. Each picture
has a budget for that time, as a multiple of a fixed computation in the same browser; the command
fails if one exceeds it. Requires a Chromium on the path, or at `SPECGRAPH_CHROMIUM`.
"""

import argparse
import json
import logging
import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from cypher.run import Database
from graph_models import schema
from loaders.pipeline.discovery import discover
from loaders.pipeline.loader import Loader, document_store
from service.app import create_app
from service.embedded import EmbeddedNeo4j
from tests.serving import served
from tools.chromium import find_chromium, launch_chromium

SAMPLES = Path(__file__).parents[1] / "service" / "samples" / "stacks.jsonl.zst"
TRACED = ("toplevel", "devtools.timeline", "__metadata")
UNIT = """() => {
  const times = [];
  for (let run = 0; run < 25; run++) {
    const start = performance.now();
    const table = new Map();
    for (let i = 0; i < 200_000; i++) table.set(`node ${i % 5_000}`, Math.sqrt(i));
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}"""
"""The computation that budgets are multiples of; it returns its least duration in milliseconds,
which other load affects least."""


@dataclass(frozen=True)
class Budget:
    """A picture, and what it may cost.

    Attributes:
        path: Its page.
        units: Most processor time of one task, in units; None if the picture has no budget.
    """

    path: str
    units: float | None = None


PICTURES = {
    "mfem, 49 specs": Budget("/spec/q6xesjs/dag", 6),
    "hdf5, 134 specs": Budget("/spec/zeawwop/dag", 9),
    "the same, all that fits": Budget("/spec/zeawwop/dag?most=150", 13),
    "slepc with build specs, helpers too": Budget(
        "/spec/sfrbdz7/dag?build_specs=show&hubs=show&most=150", 16
    ),
    "the same, every edge": Budget(
        "/spec/sfrbdz7/dag?build_specs=show&hubs=show&most=150&reduce=no", 36
    ),
    "splice with kept specs": Budget("/spec/lx3p57l/splice?kept=all", 9),
    "splice with 21 relinked, folded": Budget("/spec/r3k5jpb/splice", 7),
    "the same, all of them": Budget("/spec/r3k5jpb/splice?relinked=all", 9),
    "comparison": Budget("/diff?a=/lx3p57l&b=/hbtaopj", 7),
    "impact of xz": Budget("/impact?dependency=xz", 7),
    "chains to xz": Budget("/spec/lx3p57l/why?dependency=xz", 6),
}
"""Pages by the content of their picture, including the largest DAG of the samples."""
_MARK = "document.addEventListener('drawn', () => { window.drawnAt ??= performance.now(); }, true);"
_READ = """() => {
  const picture = JSON.parse(document.querySelector('[data-picture] script').textContent);
  return [window.drawnAt, picture.nodes.length, picture.edges.length];
}"""


@dataclass(frozen=True)
class Drawn:
    """One drawing, with times in milliseconds.

    Attributes:
        nodes: number of nodes drawn.
        edges: number of edges drawn.
        ready: time until the picture was complete.
        task: duration of the longest task of the main thread.
        busy: processor time of the task that used most.

    """

    nodes: int
    edges: int
    ready: float
    task: float
    busy: float


def draw(browser: Browser, address: str) -> Drawn:
    """Open a page in a fresh profile and wait for its picture."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(_MARK)
    browser.start_tracing(page=page, categories=list(TRACED))
    page.goto(address)
    page.wait_for_selector("[data-drawn]", timeout=60_000)
    page.wait_for_timeout(500)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    ready, nodes, edges = page.evaluate(_READ)
    context.close()
    tasks = list(main_tasks(events))
    return Drawn(nodes, edges, ready, max(t for t, _ in tasks), max(b for _, b in tasks))


def main_tasks(events: list[dict[str, Any]]) -> Iterator[tuple[float, float]]:
    """Yield the duration and the processor time of the main thread's tasks in a trace, in ms."""
    main = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    for each in events:
        if (each["pid"], each["tid"]) in main and each["name"].endswith("RunTask"):
            yield each.get("dur", 0) / 1000, each.get("tdur", 0) / 1000


@contextmanager
def serve_samples(folder: Path, also: Sequence[Path]) -> Iterator[str]:
    """Serve the samples and further documents, and yield the address of the service."""
    with (
        EmbeddedNeo4j(folder) as neo4j,
        Database.connect(neo4j.uri, neo4j.user, neo4j.password) as database,
    ):
        schema.install_schema(database.driver)
        Loader(document_store(database)).run(discover([SAMPLES, *also]))
        with served(create_app(database)) as address:
            yield address


def measure(address: str, repeat: int, pictures: Mapping[str, Budget]) -> list[str]:
    """Print a table of medians in milliseconds, with the maximum in brackets.

    Returns:
        The pictures that exceed their budget.
    """
    print(
        "| picture | nodes | edges | drawn after | longest task | processor time | units | budget |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    exceeded = []
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        unit = browser.new_page().evaluate(UNIT)
        for name, budget in pictures.items():
            draw(browser, address + budget.path)
            drawings = [draw(browser, address + budget.path) for _ in range(repeat)]
            times = [
                f"{statistics.median(values):.0f} ({max(values):.0f})"
                for values in (
                    [each.ready for each in drawings],
                    [each.task for each in drawings],
                    [each.busy for each in drawings],
                )
            ]
            # The least is what the picture costs; all else is other load.
            units = min(each.busy for each in drawings) / unit
            size = f"{drawings[0].nodes} | {drawings[0].edges}"
            cost = f"{units:.1f} | {budget.units or 'none'}"
            print(f"| {name} | {size} | {' | '.join(times)} | {cost} |")
            if budget.units is not None and units > budget.units:
                exceeded.append(name)
        browser.close()
    print(f"a unit took {unit:.1f} ms")
    return exceeded


def _picture_of(document: Path) -> tuple[str, Budget]:
    """Return the title and the page of the picture of a document's root."""
    nodes = json.loads(document.read_bytes())["spec"]["nodes"]
    return f"{nodes[0]['name']}, {len(nodes)} specs", Budget(f"/spec/{nodes[0]['hash']}/dag")


def main() -> None:
    """Measure, print and compare with the budgets."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--also", type=Path, help="a spec document whose DAG is also drawn")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    if find_chromium() is None:
        raise SystemExit("no Chromium: install it, or set SPECGRAPH_CHROMIUM to its path")
    also = [arguments.also] if arguments.also else []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_samples(Path(folder, "neo4j"), also) as address,
    ):
        pictures = PICTURES | dict(map(_picture_of, also))
        exceeded = measure(address, arguments.repeat, pictures)
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if exceeded:
        raise SystemExit(f"over budget: {'; '.join(exceeded)}")


if __name__ == "__main__":
    main()
