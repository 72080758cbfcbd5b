"""Measure how fast the index of a store is loaded, compared with only its spec documents.

    python -m benchmarks.store_load [--megabytes 40] [--seed 1]

Both forms run against the same embedded server with its full compiler, each on an empty graph: the
index as loaded by `specgraph load`, and a file with the documents that are assembled from it. An
index takes longer, as each record is also an installation.
"""

import argparse
import gzip
import resource
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.store_index import write_index
from cypher.run import Database
from graph_models import schema
from loaders import source
from loaders.collections.store_index import StoreIndex, read
from loaders.collections.whole_document import WholeDocument
from loaders.load_options import LoadOptions
from loaders.pipeline.discovery import discover
from loaders.pipeline.kind_loader import KindLoader
from loaders.pipeline.loader import Loader, document_store
from loaders.pipeline.reports import Outcome
from service.embedded import EmbeddedNeo4j

WARM_UP_MEGABYTES = 3.0


def write_documents(index: Path, documents: Path) -> int:
    """Write the documents of an index, one per line, and return their number."""
    count = 0
    with source.open_path(index) as stream, gzip.open(documents, "wb", 1) as file:
        for each in read([StoreIndex(str(index), stream)]):
            if isinstance(each, WholeDocument):
                file.write(each.raw + b"\n")
                count += 1
    return count


def load(database: Database, paths: Iterable[Path]) -> float:
    """Load files and return the duration in seconds."""
    loader = Loader(document_store(database), kind_loader=KindLoader(database, LoadOptions()))
    started = time.perf_counter()
    report = loader.run(discover(paths))
    if report.outcomes[Outcome.REFUSED]:
        raise SystemExit("a document was refused")
    return time.perf_counter() - started


def wipe(database: Database) -> None:
    """Empty the graph."""
    text = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
    with database.driver.session() as session:
        session.run(text).consume()


def measure(database: Database, folder: Path, megabytes: float, seed: int) -> None:
    """Print the durations of both forms."""
    index = folder / "index.json"
    with index.open("wb") as stream:
        records = write_index(stream, megabytes, seed)
    documents = folder / "documents.jsonl.gz"
    count = write_documents(index, documents)
    seconds = {}
    for name, path in (("documents", documents), ("index", index)):
        wipe(database)
        seconds[name] = load(database, [path])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{records} records, {count} documents, {megabytes} MB")
    for name, duration in seconds.items():
        print(f"{name:10} {duration:7.1f} s  {records / duration:7.0f} specs/s")
    print(f"index / documents: {seconds['index'] / seconds['documents']:.2f}; peak {peak} MiB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedNeo4j(Path(folder, "neo4j")) as server,
        Database.connect(server.uri, server.user, server.password) as database,
    ):
        schema.install_schema(database.driver)
        print("warm-up:")
        measure(database, Path(folder), WARM_UP_MEGABYTES, arguments.seed + 1)
        measure(database, Path(folder), arguments.megabytes, arguments.seed)


if __name__ == "__main__":
    main()
