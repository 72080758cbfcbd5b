"""Compare the recipes in CONTRIBUTING.md with the files of their examples."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cypher", "graph_models", "loaders", "service", "spec_syntax")

EXAMPLES = {
    "Add a document kind": ("console", {"loaders.reports.console"}),
    "Add a filter": ("environment|locked|place", {"service.queries.places"}),
    "Add a page": ("matrix", {"service.queries.matrix", "service.web.matrix"}),
}
"""For each recipe, a pattern of the words that name its example, and the modules of the example."""


def listed_files(recipe: str) -> list[Path]:
    """Return the files in the table of a recipe."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition(f"## {recipe}\n")[2].partition("\n## ")[0]
    return [ROOT / name for name in re.findall(r"^\| `([^`]+)` ", section, re.MULTILINE)]


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("recipe", EXAMPLES)
def test_the_listed_files_belong_to_the_example(recipe: str) -> None:
    words = re.compile(EXAMPLES[recipe][0], re.IGNORECASE)
    files = listed_files(recipe)
    assert len(files) >= 3
    other = [path for path in files if not words.search(path.name + path.read_text("utf-8"))]
    assert other == []


@pytest.mark.parametrize("recipe", EXAMPLES)
def test_no_file_that_uses_the_example_is_missing(recipe: str) -> None:
    _, modules = EXAMPLES[recipe]
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    written = [path for path in paths if "node_modules" not in path.parts]
    using = {path for path in written if modules & set(imported_modules(path))}
    example = {ROOT / f"{name.replace('.', '/')}.py" for name in modules}
    assert using | example <= set(listed_files(recipe))
