"""Every Cypher statement that Specgraph sends, one file a statement.

A file starts with comment lines: what it asks or does, then `// parameters:` and
`// columns:`, and `// owns up to:` where its plan holds an operator that would otherwise be
refused by the tests. Each file runs as it is in Neo4j Browser once its parameters are set.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Statement:
    """One Cypher file.

    :ivar summary: what it asks or does, from its header.
    :ivar parameters: names of its parameters.
    :ivar owns_up_to: plan operators that it admits to.
    """

    name: str
    text: str
    summary: str
    parameters: tuple[str, ...]
    columns: tuple[str, ...]
    owns_up_to: tuple[str, ...]


def names() -> list[str]:
    """The names of all statements, sorted."""
    return sorted(
        entry.name.removesuffix(".cypher")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".cypher")
    )


@cache
def statement(name: str) -> Statement:
    """The statement in `<name>.cypher`.

    :raises FileNotFoundError: where there is none.
    """
    text = files(__name__).joinpath(f"{name}.cypher").read_text(encoding="utf-8")
    header = [line[2:].strip() for line in text.splitlines() if line.startswith("//")]
    fields: dict[str, tuple[str, ...]] = {}
    summary = []
    for line in header:
        key, colon, value = line.partition(":")
        if colon and key in ("parameters", "columns", "owns up to"):
            fields[key] = tuple(part.strip() for part in value.split(",") if part.strip())
        else:
            summary.append(line)
    return Statement(
        name=name,
        text=text,
        summary=" ".join(summary),
        parameters=fields.get("parameters", ()),
        columns=fields.get("columns", ()),
        owns_up_to=fields.get("owns up to", ()),
    )
