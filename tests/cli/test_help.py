"""Help, version and schema, which need no data."""

from importlib.metadata import version
from pathlib import Path

import pytest
from click import unstyle

from graph_models import schema
from service import DISTRIBUTION
from service.cli import main
from tests.cli.commands import Commands, run

COMMANDS = sorted(main.commands)
ROOT = Path(__file__).parents[2]


def test_there_are_exactly_these_commands() -> None:
    asking = ["common", "diff", "facets", "impact", "query", "splice", "variations", "why"]
    asking += ["build", "builds", "diagnostics", "matrix", "regression"]
    asking += ["environment-diff", "nearest", "plan", "plans", "fix", "abi", "needs"]
    asking += ["provides", "symbol"]
    asking += ["installed", "owns", "sites", "environments", "mirrors", "tests", "concretizations"]
    assert (
        sorted(
            [
                *asking,
                "audit",
                "backup",
                "delete",
                "demo",
                "doctor",
                "gc",
                "load",
                "prune",
                "redact",
                "restore",
                "schema",
                "serve",
                "token",
            ]
        )
        == COMMANDS
    )


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_describes_the_command_and_each_option(command: str, option: str) -> None:
    words = [command] if command else []
    output = unstyle(run(*words, option).stdout)
    assert output.startswith("Usage: ")
    found = main.commands[command] if command else main
    assert found.help is not None
    assert "\\b" not in output
    assert found.help.split(".")[0].split("\n")[0] in output
    for parameter in found.params:
        for name in parameter.opts:
            if name.startswith("--"):
                assert name in output


def test_help_lists_the_exit_codes() -> None:
    output = run("--help").stdout
    assert "Exit codes: 0 done; 1 nothing matched" in output


def test_version_is_that_of_the_distribution() -> None:
    assert run("--version").stdout == f"specgraph, version {version(DISTRIBUTION)}\n"


def test_an_unknown_command_exits_with_2() -> None:
    run("no-such-command", status=2)


def test_schema_docs_equal_the_page_of_the_project() -> None:
    output = run("schema", "--docs").stdout
    assert output == schema.schema_markdown()
    kept = ROOT / "docs" / "schema.md"
    if kept.exists():
        assert output == kept.read_text(encoding="utf-8")


def test_schema_lists_what_is_installed(specgraph: Commands) -> None:
    rows = specgraph.json("schema")
    elements = schema.schema_elements()
    assert rows == [{"name": e.name, "statement": e.statement, "installed": True} for e in elements]
    output = specgraph.table("schema")
    assert all(element.name in output for element in elements)
    assert f"{len(elements)} total" in output
