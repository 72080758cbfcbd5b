"""`specgraph schema`."""

from typing import Any

import click

from service.cli.connection import database_options, open_database, take_target
from service.cli.output import format_options, note, show_for_programs, table


@click.command()
@click.option("--docs", is_flag=True, help="Print the schema as Markdown; needs no database.")
@click.option("--statements", is_flag=True, help="Print every Cypher statement, includes resolved.")
@format_options
@database_options
def schema(docs: bool, statements: bool, **options: Any) -> None:
    """Create the constraints and indexes that are missing, and list them all."""
    import cypher
    from graph_models import schema as graph_schema

    target = take_target(options)
    if statements:
        for name in cypher.statement_names():
            found = cypher.statement(name)
            click.echo(f"// {found.folder}/{name}\n{found.text}")
        return
    if docs:
        click.echo(graph_schema.schema_markdown(), nl=False)
        return
    with open_database(target) as database:
        present = graph_schema.installed_names(database.driver, database.name)
    elements = graph_schema.schema_elements()
    rows = [
        {"name": e.name, "statement": e.statement, "installed": e.name in present} for e in elements
    ]
    if show_for_programs(rows):
        return
    table(
        "Constraints and indexes",
        ["name", "installed", "statement"],
        [[e.name, "yes" if e.name in present else "no", e.statement] for e in elements],
    )
    note(f"{len(elements)} total")
