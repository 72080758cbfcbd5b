"""Compare the drawings in docs/architecture.md with the table of allowed imports."""

import re
from pathlib import Path

from tests.test_walls import MAY_IMPORT

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")

_DRAWING = re.compile(r"^```mermaid\nflowchart TD\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NODE = re.compile(r'(\w+)\["([\w/.]+)"\]')
_ARROW = re.compile(r"^  (\w+)(?:\[.*?\])? --> (\w+)", re.MULTILINE)


def drawn() -> tuple[set[str], set[tuple[str, str]]]:
    """Return the rooms and the arrows of all drawings, with the names of rooms as in the table."""
    rooms: set[str] = set()
    arrows: set[tuple[str, str]] = set()
    for drawing in _DRAWING.findall(TEXT):
        names = {
            key: path.removesuffix(".py").replace("/", ".") for key, path in _NODE.findall(drawing)
        }
        rooms.update(names.values())
        arrows.update((names[start], names[end]) for start, end in _ARROW.findall(drawing))
    return rooms, arrows


def reachable(room: str) -> set[str]:
    """Return the rooms along the arrows from a room, without the room itself."""
    targets = MAY_IMPORT[room] & MAY_IMPORT.keys()
    return targets.union(*map(reachable, targets))


def shortest_arrows() -> set[tuple[str, str]]:
    """Return the allowed imports that do not follow from others."""
    return {
        (room, target)
        for room in MAY_IMPORT
        for target in MAY_IMPORT[room] & MAY_IMPORT.keys()
        if not any(target in reachable(other) for other in MAY_IMPORT[room] & MAY_IMPORT.keys())
    }


def test_the_drawings_show_the_allowed_imports() -> None:
    rooms, arrows = drawn()
    assert rooms == MAY_IMPORT.keys()
    assert arrows == shortest_arrows()


def test_the_tables_describe_every_package_with_rooms() -> None:
    described = set(re.findall(r"^\| `([\w/.]+)` \|", TEXT, re.MULTILINE))
    folders = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for package in ("loaders", "service")
        for path in (ROOT / package).glob("*/__init__.py")
    }
    assert folders <= described
