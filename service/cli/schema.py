"""`specgraph schema`."""

from typing import Any

import click

from service.cli.connection import database_options, open_database, take_target
from service.cli.screen import out, show_json, table


@click.command()
@click.option("--docs", is_flag=True, help="Print the schema as Markdown; needs no database.")
@click.option("--statements", is_flag=True, help="Print every Cypher statement, includes resolved.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@database_options
def schema(docs: bool, statements: bool, as_json: bool, **options: Any) -> None:
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
    if as_json:
        rows = [
            {"name": e.name, "statement": e.statement, "installed": e.name in present}
            for e in elements
        ]
        show_json(rows)
        return
    table(
        "Constraints and indexes",
        ["name", "installed", "statement"],
        [[e.name, "yes" if e.name in present else "no", e.statement] for e in elements],
    )
    out.print(f"{len(elements)} total", style="dim")
