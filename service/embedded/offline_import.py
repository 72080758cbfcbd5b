"""Fill a new embedded database by Neo4j's offline import."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from service.embedded import settings as conf
from service.embedded.artifacts import JarCache, Progress, cache_dir, local_repository
from service.embedded.class_archive import module_options
from service.embedded.errors import EmbeddedError, file_error
from service.embedded.existing import absolute_path
from service.embedded.java import find_java
from service.embedded.lock import HOW_TO_MOVE, DataDirLock
from service.embedded.processes import lean_environment, spawn_process

_HEAP_MIB = 1024
_ANY_PORT = 0


def has_database(data_dir: Path) -> bool:
    """Return whether there is a database in a data directory."""
    return (absolute_path(data_dir) / "data" / "databases").exists()


def import_graph(
    data_dir: Path, options: Sequence[str], on_progress: Progress | None = None
) -> None:
    """Fill the database of a data directory that has none yet.

    The database is complete afterwards, but for indexes and constraints, or not there at all.

    Args:
        data_dir: The data directory, created if necessary.
        options: Options of the import that name its files.
        on_progress: Called during the download of Neo4j.

    Raises:
        EmbeddedError: There is a database, or the import failed.
    """
    data_dir = absolute_path(data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DataDirLock(data_dir)
        lock.acquire()
        try:
            if has_database(data_dir):
                raise EmbeddedError(
                    f"There is a database in {data_dir}.", "Restore into it by transactions."
                )
            _import_files(data_dir, options, on_progress)
        finally:
            lock.release()
    except OSError as error:
        raise file_error(error, data_dir, "the data directory", HOW_TO_MOVE) from error


def _import_files(data_dir: Path, options: Sequence[str], on_progress: Progress | None) -> None:
    java = find_java()
    jars = JarCache(cache_dir(), maven_local=local_repository()).ensure_jars(on_progress)
    conf.write_configuration(data_dir, conf.Settings(_ANY_PORT, _ANY_PORT, 128))
    logs = data_dir / "logs"
    logs.mkdir(exist_ok=True)
    environment = lean_environment(
        {
            "CLASSPATH": os.pathsep.join(map(str, jars)),
            "NEO4J_HOME": str(data_dir),
            "NEO4J_CONF": str(data_dir / "conf"),
        }
    )
    command = [
        *(str(java.executable), *module_options(java), f"-Xmx{_HEAP_MIB}m", "-XX:+UseParallelGC"),
        *("org.neo4j.cli.AdminTool", "database", "import", "full", "neo4j"),
        f"--report-file={logs / 'import.report'}",
        *options,
    ]
    try:
        with (logs / "import.log").open("wb") as output:
            process = spawn_process(command, environment=environment, output=output)
            try:
                code = process.wait()
            finally:
                process.kill()
        if code != 0:
            raise EmbeddedError(
                f"Neo4j's offline import failed with code {code}.",
                f"Its output is in {logs / 'import.log'}. Free some disk or memory.",
            )
    except BaseException:
        # A part of a database would look like one that can be used.
        shutil.rmtree(data_dir / "data", ignore_errors=True)
        raise
