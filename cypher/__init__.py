"""Every Cypher statement that Specgraph sends, one file per statement.

Statements lie in one folder per subject, and their names are unique over all folders. A file starts
with comment lines: its purpose, then `// parameters:`, `// columns:` and `// used by:`, and
`// owns up to:` if its plan holds an operator that the tests would otherwise refuse.

A statement takes its values from one map parameter, `$p`: Neo4j caches a plan by the types and
sizes of the top-level parameters, so a statement with a parameter for each value would be planned
anew whenever a list grows or a cursor gets longer. The content of a map never matters.

A line `// include: NAME` stands for the body of `includes/NAME.cypher`, indented as that line is.
`specgraph schema --statements` prints every statement resolved, ready for Neo4j Browser once
`$p` is set. An included file may have includes of its own, but not in its first column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

_NOT_STATEMENTS = ("browser", "drawing_queries", "includes")
_SUFFIX = ".cypher"
_INCLUDE = "// include:"
_FIELDS = ("parameters", "columns", "owns up to", "used by")


@dataclass(frozen=True)
class Statement:
    """One Cypher file.

    Attributes:
        name: Name of the file without its suffix.
        folder: Name of the folder that the file is in.
        text: The whole file, with its includes resolved.
        summary: What it asks or does, from its header.
        parameters: Names of the entries of `$p`.
        columns: Names of the columns that it returns.
        owns_up_to: Plan operators that it admits to.
        used_by: Modules that run it, as paths from the root of the project.
    """

    name: str
    folder: str
    text: str
    summary: str
    parameters: tuple[str, ...]
    columns: tuple[str, ...]
    owns_up_to: tuple[str, ...]
    used_by: tuple[str, ...]


def texts_in(folder: str) -> dict[str, str]:
    """Return the texts of the files in a folder of other queries than statements, by name."""
    return {
        entry.name.removesuffix(_SUFFIX): entry.read_text(encoding="utf-8")
        for entry in sorted((files(__name__) / folder).iterdir(), key=lambda each: each.name)
        if entry.name.endswith(_SUFFIX)
    }


@cache
def _statement_paths() -> Mapping[str, tuple[str, Traversable]]:
    """Map the name of each statement to its folder and file."""
    found: dict[str, tuple[str, Traversable]] = {}
    for folder in files(__name__).iterdir():
        if folder.name in _NOT_STATEMENTS or not folder.is_dir():
            continue
        for entry in folder.iterdir():
            if entry.name.endswith(_SUFFIX):
                name = entry.name.removesuffix(_SUFFIX)
                # Statements are run by name alone, so a name is unique over all folders.
                assert name not in found, f"two statements are called {name}"
                found[name] = (folder.name, entry)
    return found


def statement_names() -> list[str]:
    """Return the names of all statements, sorted."""
    return sorted(_statement_paths())


@cache
def statement(name: str) -> Statement:
    """Return the statement with a name.

    Raises:
        KeyError: There is no such statement.
    """
    folder, path = _statement_paths()[name]
    text = path.read_text(encoding="utf-8")
    fields: dict[str, tuple[str, ...]] = {}
    summary = []
    for line in _header_lines(text):
        key, colon, value = line.partition(":")
        if colon and key in _FIELDS:
            fields[key] = tuple(part.strip() for part in value.split(",") if part.strip())
        else:
            summary.append(line)
    return Statement(
        name=name,
        folder=folder,
        text=_resolve_includes(text),
        summary=" ".join(summary),
        parameters=fields.get("parameters", ()),
        columns=fields.get("columns", ()),
        owns_up_to=fields.get("owns up to", ()),
        used_by=fields.get("used by", ()),
    )


def query_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters under which a statement is run: one map, `$p`."""
    return {"p": dict(values)}


def _header_lines(text: str) -> list[str]:
    """Return the comment lines at the start of a file, without their slashes."""
    header = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        header.append(line[2:].strip())
    return header


def _resolve_includes(text: str) -> str:
    """Replace each include line by the body of the file that it names."""
    resolved = []
    for line in text.splitlines():
        stripped = line.lstrip()
        if stripped.startswith(_INCLUDE):
            # Indented as its include line, so that the resolved statement reads as one text.
            indent = line[: len(line) - len(stripped)]
            name = stripped.removeprefix(_INCLUDE).strip()
            resolved += [f"{indent}{each}" for each in _included_lines(name)]
        else:
            resolved.append(line)
    return "\n".join(resolved) + "\n"


@cache
def _included_lines(name: str) -> tuple[str, ...]:
    path = files(__name__) / "includes" / f"{name}{_SUFFIX}"
    lines = path.read_text(encoding="utf-8").splitlines()
    # Without the comments at its start, which describe the included file and not the statement.
    body = "\n".join(line for line in lines if not line.startswith("//"))
    return tuple(_resolve_includes(body).splitlines())
