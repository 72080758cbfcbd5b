"""Forced recovery of the embedded database, as `specgraph doctor --force-recovery`."""

from typing import TYPE_CHECKING

import click

from service.cli.connection import Target, Unavailable, check_version, connect
from service.cli.screen import download_progress, err, out, show_status

if TYPE_CHECKING:
    from service.embedded import Connection
    from service.queries.overview import GraphSize


def recover_by_force(target: Target) -> None:
    """Exchange the embedded database for a recovered copy, and say how much it holds.

    Raises:
        UsageError: The options name another database.
        Unavailable: The database cannot be recovered, and is as it was.
    """
    from service.embedded import EmbeddedError, force_recovery

    if target.neo4j_uri:
        raise click.UsageError(
            "--force-recovery works on the embedded database, not on the one in --neo4j-uri or "
            "NEO4J_URI"
        )
    try:
        with download_progress() as on_progress:
            size, kept = force_recovery(
                target.data_dir, _measure, on_status=show_status, on_progress=on_progress
            )
    except EmbeddedError as error:
        raise Unavailable(
            f"{error.message}\n{error.advice}\nThe database was left as it was."
        ) from error
    roots, builds = size["roots"], size["builds"]
    out.print(f"Recovered {size['specs']} specs, {roots} of them roots, and {builds} builds.")
    out.print(f"The database as it was is kept in {kept}", markup=False, soft_wrap=True)
    err.print(
        "Load again what was loaded last, as its transactions may be lost, and run `specgraph "
        "doctor`. Remove the kept folder when you do not need it any more.",
        soft_wrap=True,
    )


def _measure(connection: "Connection") -> "GraphSize":
    """Return the size of a recovered database.

    Raises:
        Unavailable: It is empty, or cannot be queried.
    """
    from service.queries.overview import measure_graph

    given = (connection.uri, connection.user, connection.password)
    with connect(*given, prepare=check_version) as database:
        size = measure_graph(database)
    if not (size["specs"] or size["builds"]):
        raise Unavailable(
            "Nothing could be recovered: the copy is empty. The database was left as it was; "
            "restore a backup into another data directory."
        )
    return size
