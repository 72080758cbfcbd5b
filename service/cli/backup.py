"""`specgraph backup` and `specgraph restore`."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service import DISTRIBUTION
from service.cli import exits
from service.cli.commands import record_command
from service.cli.connection import (
    Target,
    Unavailable,
    database_errors,
    database_options,
    open_database,
    take_target,
)
from service.cli.screen import byte_progress, count_progress, download_progress, err, out, show_json

if TYPE_CHECKING:
    from cypher.run import Database
    from loaders.backup.archive import Backup

_STDIO = Path("-")
_COPY_BYTES = 1 << 20


class Refused(click.ClickException):
    """A file is not a backup that can be restored; ends the command with exit code 1."""

    exit_code = exits.NOTHING


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option("--check", is_flag=True, help="Check a backup instead of writing one.")
@click.option("--json", "as_json", is_flag=True, help="Print what it contains as JSON.")
@database_options
def backup(file: Path, check: bool, as_json: bool, **options: Any) -> None:
    """Back up the whole graph to FILE, or to standard output if that is `-`.

    The service may run and take uploads meanwhile. The file does not depend on the version of
    Neo4j; `specgraph restore` reads it. It contains everything that was uploaded, logs included,
    and the digests of tokens: keep it private. It gets its name once it is complete.

    \b
      specgraph backup /backups/specgraph.zst
      specgraph backup --check /backups/specgraph.zst
    """
    target = take_target(options)
    if check:
        with _readable(file) as path:
            _show_contents(check_backup(path), as_json=as_json)
        return
    with open_database(target, migrate=False) as database, database_errors():
        if file != _STDIO:
            write_to_file(database, file)
            if as_json:
                _show_contents(check_backup(file), as_json=True)
            return
        with tempfile.NamedTemporaryFile(prefix="specgraph-backup-") as spooled:
            _write(database, Path(spooled.name))
            with Path(spooled.name).open("rb") as finished:
                shutil.copyfileobj(finished, sys.stdout.buffer, _COPY_BYTES)


@click.command()
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True)
)
@click.option("--json", "as_json", is_flag=True, help="Print the number of new nodes as JSON.")
@database_options
def restore(file: Path, as_json: bool, **options: Any) -> None:
    """Restore the backup in FILE, or in standard input if that is `-`.

    If the embedded database does not exist yet, Neo4j's offline import creates it, which is many
    times as fast as transactions. The graph may have content: it is kept, and the better record of
    a spec or document on an attempt counts, whichever side has it. The file is checked first; a
    damaged one stores nothing. An interrupted restore is completed by running it again.
    """
    target = take_target(options)
    with _readable(file) as path:
        checked = check_backup(path)
        created = _import_offline(checked, target) or _restore_online(checked, target)
    if as_json:
        show_json({"created": created})
    else:
        out.print(f"restored: {_sum_up(created) or 'nothing that is new'}", markup=False)


def _restore_online(checked: "Backup", target: Target) -> dict[str, int]:
    """Restore a backup by transactions; return the numbers of new nodes."""
    from loaders.backup.archive import BackupError
    from loaders.backup.restore import restore_backup

    with (
        open_database(target) as database,
        database_errors(),
        byte_progress("Restoring", 2 * checked.path.stat().st_size) as on_bytes,
    ):
        record_command(database, "restore")
        try:
            return restore_backup(database, checked, on_bytes)
        except BackupError as error:
            raise Refused(f"{checked.path} cannot be restored: {error}") from error


def _import_offline(checked: "Backup", target: Target) -> dict[str, int] | None:
    """Restore a backup by the offline import, if the embedded database does not exist yet.

    Returns:
        The numbers of nodes; None if it was not done.

    Raises:
        Unavailable: The import failed.
    """
    from loaders.backup.import_files import NotImportableError, finish_import, write_import_files
    from service.embedded import EmbeddedError, has_database, import_graph

    if target.neo4j_uri or has_database(target.data_dir):
        return None
    target.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="import-", dir=target.data_dir) as folder:
        try:
            with byte_progress("Preparing the import", checked.path.stat().st_size) as on_bytes:
                files = write_import_files(checked, Path(folder), on_bytes)
            with err.status("Importing"), download_progress() as on_progress:
                import_graph(target.data_dir, files.options, on_progress)
        except NotImportableError as error:
            err.print(f"The faster import is not possible: {error}.", markup=False)
            return None
        except EmbeddedError as error:
            raise Unavailable(str(error)) from error
    with (
        err.status("Creating indexes"),
        open_database(target) as database,
        database_errors(),
    ):
        finish_import(database, files)
        record_command(database, "restore")
    return dict(checked.manifest.nodes)


def check_backup(path: Path) -> "Backup":
    """Read and check a whole backup, with a progress bar.

    Raises:
        Refused: It cannot be restored; the message says why.
    """
    from loaders.backup.archive import BackupError, read_backup
    from loaders.store.migrations import SCHEMA_VERSION

    try:
        with byte_progress("Checking", path.stat().st_size) as on_bytes:
            return read_backup(path, SCHEMA_VERSION, on_bytes)
    except BackupError as error:
        raise Refused(f"{path} cannot be restored: {error}") from error
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror or error}") from error


def write_to_file(database: "Database", file: Path) -> None:
    """Write a backup to a temporary file next to `file`, then rename it.

    Raises:
        Unavailable: The file cannot be written, or the graph changes too fast.
    """
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        # Only for its owner: it contains logs, and the digests of tokens.
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            _write(database, partial)
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror or error}") from error


def _write(database: "Database", path: Path) -> None:
    from loaders.backup.dump import OutdatedGraphError, UnsettledGraphError, write_backup

    with count_progress("Backing up") as on_units:
        try:
            written = write_backup(database, path, program=version(DISTRIBUTION), on_units=on_units)
        except (OutdatedGraphError, UnsettledGraphError) as error:
            raise Unavailable(str(error)) from error
    err.print(f"backed up: {_sum_up(written.nodes)}", markup=False, soft_wrap=True)
    if written.missing:
        err.print(
            f"{len(written.missing)} records that documents refer to are missing in the graph; "
            "run `specgraph doctor`",
            markup=False,
        )


@contextlib.contextmanager
def _readable(file: Path) -> Iterator[Path]:
    """Yield the path of a file that can be read several times."""
    if file != _STDIO:
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="specgraph-backup-") as spooled:
        shutil.copyfileobj(sys.stdin.buffer, spooled, _COPY_BYTES)
        spooled.flush()
        yield Path(spooled.name)


def _show_contents(found: "Backup", *, as_json: bool) -> None:
    header, manifest = found.header, found.manifest
    if as_json:
        show_json(
            {
                "format": header.version,
                "schema": header.schema,
                "created": header.created,
                "specgraph": header.program,
                "nodes": manifest.nodes,
                "relationships": manifest.relationships,
                "sha256": manifest.sha256,
            }
        )
        return
    out.print(f"complete: {_sum_up(manifest.nodes)}", markup=False)


def _sum_up(nodes: dict[str, int]) -> str:
    """Return the numbers of nodes that people ask for first, and the number of all."""
    if not nodes:
        return "nothing, as the graph is empty"
    asked = ("Document", "Spec", "Build", "Installation")
    counts = [f"{nodes[kind]} {kind}" for kind in asked if nodes.get(kind)]
    return ", ".join([*counts, f"{sum(nodes.values())} nodes in all"])
