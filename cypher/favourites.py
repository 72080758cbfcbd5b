"""The named queries of `cypher/browser/`, to import into Neo4j Browser as favourites.

A file starts with comment lines: its title, then a description and, as in the statements, the
operators that its plan owns up to. All values are in the query, so that it runs as it is.
"""

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cypher import texts_in

FOLDER = "Specgraph"
"""Folder of the queries among the Browser's favourites."""
_OWNS = "owns up to:"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Favourite:
    """One named query.

    Attributes:
        key: Name of its file without the suffix.
        text: The whole file.
        title: Its name in the Browser.
        about: What it returns, for people.
        query: The query with its title as the only comment.
        owns_up_to: Plan operators that it admits to.
    """

    key: str
    text: str
    title: str
    about: str
    query: str
    owns_up_to: tuple[str, ...]


@cache
def favourites() -> dict[str, Favourite]:
    """Return all named queries by the names of their files, sorted."""
    return {key: _parse_favourite(key, text) for key, text in texts_in("browser").items()}


def _parse_favourite(key: str, text: str) -> Favourite:
    lines = text.splitlines()
    header = [line[2:].strip() for line in lines if line.startswith("//")]
    owned = [line.removeprefix(_OWNS) for line in header if line.startswith(_OWNS)]
    return Favourite(
        key=key,
        text=text,
        title=header[0],
        about=" ".join(line for line in header[1:] if not line.startswith(_OWNS)),
        query="\n".join([f"// {header[0]}", *(x for x in lines if not x.startswith("//"))]),
        owns_up_to=tuple(part.strip() for line in owned for part in line.split(",")),
    )


@cache
def zip_archive() -> bytes:
    """Return all of them as a ZIP file for the Browser, which keeps its folders."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for each in favourites().values():
            entry = zipfile.ZipInfo(f"{FOLDER}/{each.key}.cypher", _EPOCH)
            packed.writestr(entry, each.text, zipfile.ZIP_DEFLATED)
    return target.getvalue()


@cache
def browser_style() -> str:
    """Return the Browser's style for this graph."""
    return (files("cypher") / "browser" / "specgraph.grass").read_text(encoding="utf-8")
