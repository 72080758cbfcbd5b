"""Measure how fast documents are loaded, compared with saving the same nodes by neomodel.

    python -m benchmarks.ingest DOCUMENTS [--neomodel-seconds 60]

DOCUMENTS is a file for `specgraph load`, such as a JSON-lines file of spec documents. Both forms
run one after the other against the same embedded server with its full compiler, each on an empty
graph. The neomodel form saves as many nodes, dependencies first, as it can in its time.
"""

import argparse
import json
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neomodel
import psutil

from cypher.run import Database
from graph_models import Spec, schema
from loaders import source
from loaders.document_kinds import Candidate
from loaders.pipeline.loader import Loader, document_store
from loaders.pipeline.reports import Outcome
from loaders.specs.closure import dependencies_first
from loaders.specs.document import parse_document
from loaders.specs.node import NodeRecord
from service.embedded import Connection, EmbeddedNeo4j

MIB = 1 << 20


class PeakMemory:
    """Samples the resident memory of this process's Java child.

    Attributes:
        peak: the maximum, in bytes.

    """

    def __init__(self) -> None:
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            for child in psutil.Process().children(recursive=True):
                try:
                    if "java" in child.name():
                        self.peak = max(self.peak, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def wipe(database: Database) -> None:
    """Empty the graph."""
    with database.driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 2000 ROWS").consume()


def load(database: Database, path: Path) -> dict[str, Any]:
    """Load the file as `specgraph load` does, and return figures."""
    started = time.perf_counter()
    report = Loader(document_store(database)).run(
        [Candidate(path, path.stat().st_size, named=True)]
    )
    seconds = time.perf_counter() - started
    roots = report.outcomes[Outcome.STORED]
    return {
        "seconds": round(seconds, 2),
        "nodes": report.new_specs,
        "edges": report.edges,
        "roots": roots,
        "nodes_per_second": round(report.new_specs / seconds, 1),
        "edges_per_second": round(report.edges / seconds, 1),
        "roots_per_second": round(roots / seconds, 1),
        "client_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def unique_nodes(path: Path) -> Iterator[NodeRecord]:
    """Yield each node of the file once, dependencies first."""
    seen: set[str] = set()
    with source.open_path(path) as stream:
        for line in source.read_lines(stream):
            for record in dependencies_first(parse_document(line).by_hash):
                if record.hash not in seen:
                    seen.add(record.hash)
                    yield record


def save_per_node(connection: Connection, path: Path, seconds: float) -> dict[str, Any]:
    """Save and connect node by node with neomodel until the time is over, and return figures."""
    host = connection.uri.removeprefix("bolt://")
    neomodel.get_config().database_url = f"bolt://{connection.user}:{connection.password}@{host}"
    started = time.perf_counter()
    nodes = edges = 0
    for record in unique_nodes(path):
        if time.perf_counter() - started > seconds:
            break
        spec = Spec(
            uid=record.hash,
            hash=record.hash,
            **record.properties,
            document=record.document,
            standing=record.standing_key,
            verified=record.is_verified,
        ).save()
        for edge in record.edges:
            spec.depends_on.connect(
                Spec.nodes.get(uid=edge.hash),
                {
                    "deptypes": list(edge.deptypes),
                    "virtuals": list(edge.virtuals),
                    "runtime": edge.runtime,
                },
            )
            edges += 1
        nodes += 1
    duration = time.perf_counter() - started
    neomodel.db.close_connection()
    return {
        "seconds": round(duration, 2),
        "nodes": nodes,
        "edges": edges,
        "nodes_per_second": round(nodes / duration, 1),
        "edges_per_second": round(edges / duration, 1),
    }


def main() -> None:
    """Run both forms and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("--neomodel-seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedNeo4j(Path(folder)) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as database,
    ):
        schema.install_schema(database.driver)
        plain = save_per_node(connection, arguments.documents, arguments.neomodel_seconds)
        wipe(database)
        with PeakMemory() as memory:
            first = load(database, arguments.documents)
        again = load(database, arguments.documents)
    first["database_peak_mib"] = memory.peak // MIB
    ratios = {
        f"{unit}_per_second": round(first[f"{unit}_per_second"] / plain[f"{unit}_per_second"], 1)
        for unit in ("nodes", "edges")
    }
    print(
        json.dumps(
            {
                "specgraph": first,
                "specgraph_again": {"seconds": again["seconds"], "nodes": again["nodes"]},
                "neomodel_per_node": plain,
                "ratio": ratios,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
