"""The commands of the README, on the graph of the demonstration."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cypher.run import Database
from service.app import create_app
from tests import serving
from tests.cli.commands import Commands

README = Path(__file__).parents[2] / "README.md"
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OTHER_LINES = "..."


def shown_commands() -> list[tuple[str, list[str]]]:
    """Return the commands of the README that are shown with their output, and its lines."""
    shown: list[tuple[str, list[str]]] = []
    for block in _CONSOLE.findall(README.read_text("utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                shown.append((line.removeprefix("$ "), []))
            elif line:
                shown[-1][1].append(line)
    return shown


@pytest.fixture
def commands(demonstration: Database) -> Iterator[Commands]:
    """The commands on a service with the samples of the demonstration, for tests that only read."""
    with serving.served(create_app(demonstration)) as address:
        yield Commands("--url", address)


def matches(expected: list[str], printed: list[str]) -> bool:
    """Return whether lines are those expected, in order; `...` stands for any others.

    An expected line that ends with `...` is the beginning of a line.
    """
    if not expected:
        return not printed
    first, rest = expected[0], expected[1:]
    if first == _OTHER_LINES:
        return any(matches(rest, printed[skipped:]) for skipped in range(len(printed) + 1))
    if not printed:
        return False
    if first.endswith(_OTHER_LINES):
        same = printed[0].startswith(first.removesuffix(_OTHER_LINES).rstrip())
    else:
        same = printed[0].rstrip() == first
    return same and matches(rest, printed[1:])


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (["a", "b"], ["a", "b  "], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        (["a", "..."], ["a", "b", "c"], True),
        (["...", "c"], ["a", "b", "c"], True),
        (["...", "c"], ["a", "c", "b"], False),
        (["a ..."], ["a b c"], True),
        (["b ..."], ["a b c"], False),
    ],
)
def test_the_comparison_of_lines(expected: list[str], printed: list[str], same: bool) -> None:
    assert matches(expected, printed) is same


def test_the_readme_shows_ten_commands() -> None:
    shown = shown_commands()
    assert len(shown) == 10
    assert all(lines for _, lines in shown)


@pytest.mark.parametrize(("command", "lines"), shown_commands())
def test_a_command_of_the_readme_prints_what_it_shows(
    commands: Commands, command: str, lines: list[str]
) -> None:
    words = shlex.split(command, comments=True)
    assert words[0] == "specgraph"
    # In a pipe, as here, commands print for programs.
    result = commands.run(*words[1:], "--format", "table")
    printed = [line for line in result.output.splitlines() if line.strip()]
    assert printed
    assert matches(lines, printed), "\n".join(printed)


def test_owners_of_a_file_never_read_the_same(commands: Commands) -> None:
    lines = commands.run("owns", "lib/libstencil.so.1").stdout.splitlines()
    items = commands.json("owns", "lib/libstencil.so.1")["items"]
    assert len(lines) == len(items) > 1
    assert len({re.sub(r"/[a-z2-7]{32}", "", line) for line in lines}) == len(lines)
    read = {(each["spec"], each["version"], str(each["facts"])) for each in items}
    assert len(read) == len(items)
