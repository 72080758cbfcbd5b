"""The table of filters: whatever names a filter follows it."""

from pathlib import Path

import click
import pytest

from cypher.run import Database
from service.app import PREFIX, create_app
from service.cli import main
from service.queries.filters import FILTERS, FilterKind, filters_markdown

DOCS = Path(__file__).parents[3] / "docs"
ALL = [each.name for each in FILTERS]
IMPACT = [each.name for each in FILTERS if each.fits_impact]


@pytest.mark.parametrize(
    ("path", "filters"), [("/specs", ALL), ("/facets", ALL), ("/impact", IMPACT)]
)
def test_rest_takes_each_filter_with_its_help(
    session_database: Database, path: str, filters: list[str]
) -> None:
    client = create_app(session_database).test_client()
    paths = client.get("/openapi.json").get_json()["paths"]
    described = {
        each["name"]: each["description"] for each in paths[PREFIX + path]["get"]["parameters"]
    }
    for each in FILTERS:
        if each.name in filters:
            assert described[each.name].startswith(each.help)
        else:
            assert each.name not in described


@pytest.mark.parametrize(
    ("command", "filters"), [("query", ALL), ("facets", ALL), ("impact", IMPACT)]
)
def test_commands_take_each_filter_with_its_help(command: str, filters: list[str]) -> None:
    options = [each for each in main.commands[command].params if isinstance(each, click.Option)]
    helps = {name: each.help for each in options for name in each.opts}
    for each in FILTERS:
        if each.name in filters and each.name != "q":
            assert helps[each.option] == each.help
        else:
            assert each.option not in helps


def test_the_search_page_has_a_field_for_each_filter(session_database: Database) -> None:
    page = create_app(session_database).test_client().get("/?scope=all").text
    for each in FILTERS:
        assert f'name="{each.name}"' in page
        assert (f'id="{each.name}"' in page) == (each.kind is not FilterKind.FLAG)


def test_the_documentation_has_the_table() -> None:
    assert filters_markdown() in (DOCS / "queries.md").read_text("utf-8")
