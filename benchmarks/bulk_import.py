"""Import generated graphs into a new data directory, by Neo4j's offline import.

    python -m benchmarks.bulk_import --nodes N [--seed S] [--closure plain] DATA_DIR

The embedded server then starts on the directory as on any other. The imported graph is stored next
to the data as `graph.npz` and `packages.json`, see `rows_to_csv.Graph`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.generate import GeneratedRoot, generate
from benchmarks.rows_to_csv import (
    ARRAY_DELIMITER,
    DELIMITER,
    HEADERS,
    QUOTE,
    ClosureForm,
    CsvWriter,
    Graph,
)
from cypher.run import Database
from graph_models import schema
from loaders.store.rows import new_load_id
from service.embedded import EmbeddedNeo4j
from service.embedded import settings as conf
from service.embedded.artifacts import JarCache, cache_dir, local_repository
from service.embedded.class_archive import module_options
from service.embedded.java import find_java
from service.embedded.processes import lean_environment

ORIGIN = "benchmarks.generate"
NODE_FILES = {
    "roots": "Spec:Root",
    "others": "Spec",
    "documents": "Document",
    "virtuals": "Virtual",
}
EDGE_FILES = (
    *("depends_on", "spliced_from", "provides", "describes"),
    *("built_with", "deployed_with", "reaches"),
)
EMPTY_LISTS = """
MATCH (s:Spec)
CALL (s) {
  MATCH (s)-[edge:DEPENDS_ON]->() WHERE edge.virtuals IS NULL
  SET edge.virtuals = []
} IN TRANSACTIONS OF 5000 ROWS
"""
MARKS = """
MATCH (r:Root)
CALL (r) {
  SET r.unsealed = true
} IN TRANSACTIONS OF 5000 ROWS
"""
"""The loaders mark roots for which no postings count yet."""


@dataclass(frozen=True)
class Figures:
    """The size of an import, and its duration.

    Attributes:
        nodes: number of specs.
        edges: number of dependencies and splices.
        roots: number of roots.
        spliced_roots: number of roots that were spliced.
        closure: number of pairs of a root and a spec that it was built or is deployed with.
        rows_seconds: duration of generating and writing rows.
        import_seconds: duration of the offline import.
        finish_seconds: duration of starting the server, building indexes, setting empty lists and
            stopping the server.
        data_mib: size of the store with its indexes.

    """

    nodes: int
    edges: int
    roots: int
    spliced_roots: int
    closure: int
    rows_seconds: float
    import_seconds: float
    finish_seconds: float = 0.0
    data_mib: int = 0


def bulk_import(
    nodes: int,
    seed: int,
    data_dir: Path,
    *,
    closure: ClosureForm = "plain",
    heap_mib: int = 2048,
) -> Figures:
    """Generate a graph and import it, without indexes: `finish` adds them.

    Args:
        nodes: number of specs.
        seed: seed of the generator.
        data_dir: the folder, created if necessary, which must not contain a database.
        closure: `plain` for edges BUILT_WITH and DEPLOYED_WITH, `reaches` for REACHES with two
            properties, or `both`.
        heap_mib: heap of the import's Java, in MiB.

    Raises:
        FileExistsError: if there is a database already.
        subprocess.CalledProcessError: if the import failed; its output is in `logs`.

    """
    if (data_dir / "data" / "databases").exists():
        raise FileExistsError(f"{data_dir} contains a database")
    rows = data_dir / "rows"
    rows.mkdir(mode=0o700, parents=True, exist_ok=True)
    started = time.perf_counter()
    graph = write_rows(_report_progress(generate(nodes, seed)), rows, closure)
    graph.save(data_dir)
    written = time.perf_counter()
    run_import(data_dir, rows, heap_mib)
    shutil.rmtree(rows)
    return Figures(
        nodes=len(graph.hashes),
        edges=len(graph.edges) + len(graph.splices),
        roots=int(graph.is_root.sum()),
        spliced_roots=int(graph.is_root[graph.splices[:, 0]].sum()),
        closure=len(graph.reach),
        rows_seconds=round(written - started, 1),
        import_seconds=round(time.perf_counter() - written, 1),
    )


def write_rows(roots: Iterator[GeneratedRoot], folder: Path, closure: ClosureForm) -> Graph:
    """Write all files of the import and return the bare graph."""
    writer = CsvWriter(folder, closure, new_load_id(), ORIGIN)
    for root in roots:
        writer.add(root)
    return writer.close()


def _report_progress(roots: Iterator[GeneratedRoot]) -> Iterator[GeneratedRoot]:
    """Yield the roots, and print the progress to standard error."""
    started = time.perf_counter()
    nodes = 0
    for count, root in enumerate(roots, 1):
        nodes += len(root.new)
        yield root
        if count % 20_000 == 0:
            seconds = time.perf_counter() - started
            print(f"{count} roots, {nodes} nodes, {seconds:.0f} s", file=sys.stderr)


def run_import(data_dir: Path, rows: Path, heap_mib: int) -> None:
    """Run the offline import of the embedded server's jars.

    Raises:
        subprocess.CalledProcessError: if it failed; its output is in `logs`.

    """
    java = find_java()
    jars = JarCache(cache_dir(), maven_local=local_repository()).ensure_jars()
    conf.write_configuration(data_dir, conf.Settings(7687, 7474, page_cache_mib=512))
    (data_dir / "logs").mkdir(exist_ok=True)
    environment = lean_environment(
        {
            "CLASSPATH": os.pathsep.join(map(str, jars)),
            "NEO4J_HOME": str(data_dir),
            "NEO4J_CONF": str(data_dir / "conf"),
        }
    )
    command = [
        *(str(java.executable), *module_options(java), f"-Xmx{heap_mib}m", "-XX:+UseParallelGC"),
        *("org.neo4j.cli.AdminTool", "database", "import", "full", "neo4j"),
        f"--report-file={data_dir / 'logs' / 'import.report'}",
        *import_options(rows),
    ]
    with (data_dir / "logs" / "import.log").open("wb") as output:
        subprocess.run(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, check=True
        )


def import_options(rows: Path) -> list[str]:
    """Return the import's options for these files, without empty files of edges."""
    options = [
        *("--id-type=integer", "--bad-tolerance=0", "--max-off-heap-memory=4G"),
        f"--delimiter=U+{ord(DELIMITER):04X}",
        f"--array-delimiter=U+{ord(ARRAY_DELIMITER):04X}",
        f"--quote=U+{ord(QUOTE):04X}",
    ]
    for name, labels in NODE_FILES.items():
        header = rows / f"{name if name in HEADERS else 'specs'}-header.csv"
        options.append(f"--nodes={labels}={header},{rows / name}.csv")
    for name in EDGE_FILES:
        if (rows / f"{name}.csv").stat().st_size:
            files = f"{rows / name}-header.csv,{rows / name}.csv"
            options.append(f"--relationships={name.upper()}={files}")
    return options


def finish(data_dir: Path, *, heap_mib: int = 1024, page_cache_mib: int = 1024) -> float:
    """Complete an import with the embedded server and return the duration in seconds.

    Builds all indexes, and sets empty lists, which the import treats as missing values.
    """
    started = time.perf_counter()
    with (
        EmbeddedNeo4j(data_dir, heap_mib=heap_mib, page_cache_mib=page_cache_mib) as connection,
        Database.connect(connection.uri, connection.user, connection.password) as database,
    ):
        schema.install_schema(database.driver, timeout=3600)
        with database.driver.session() as session:
            session.run(EMPTY_LISTS).consume()
            session.run(MARKS).consume()
    return round(time.perf_counter() - started, 1)


def store_mib(data_dir: Path) -> int:
    """Return the size of the database's files in MiB, without its transaction logs."""
    files = (data_dir / "data" / "databases" / "neo4j").rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) >> 20


def main() -> None:
    """Import, build the indexes and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--closure", choices=("plain", "reaches", "both"), default="plain")
    parser.add_argument("data_dir", type=Path)
    arguments = parser.parse_args()
    data_dir = arguments.data_dir.absolute()
    figures = bulk_import(arguments.nodes, arguments.seed, data_dir, closure=arguments.closure)
    seconds = finish(data_dir)
    complete = {**asdict(figures), "finish_seconds": seconds, "data_mib": store_mib(data_dir)}
    print(json.dumps(complete, indent=2))


if __name__ == "__main__":
    main()
