"""A picture of specs as data: what the script of the page draws, and nothing about how.

`frontend/src/picture.ts` has the same shapes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from loaders.specs.node import NodeRecord

ROLES = (
    "plain",
    "root",
    "kept",
    "relinked",
    "put-in",
    "taken-out",
    "ghost",
    "fold",
    "path",
    "build-only",
    "changed",
)
"""What a node is in its picture; each has a look of its own, told by more than its colour."""


@dataclass(frozen=True)
class PictureNode:
    """One node of a picture.

    :ivar id: unique in the picture.
    :ivar label: its first line: a package, or what is folded.
    :ivar note: its second line: version and hash.
    :ivar role: one of `ROLES`.
    :ivar slot: nodes of the same slot have the same place, each in its lane; its `id` by default.
    :ivar lane: which copy of the layout it is in, by index into the picture's lanes.
    :ivar badges: short words below the lines.
    :ivar hidden: how many nodes below it are not drawn.
    :ivar href: where activating it leads, if anywhere.
    :ivar card: the address of what is told of it beside the picture.
    :ivar more: the address of the page with more drawn below it, or with less again.
    """

    id: str
    label: str
    note: str = ""
    role: str = "plain"
    slot: str = ""
    lane: int = 0
    badges: Sequence[str] = ()
    hidden: int = 0
    href: str | None = None
    card: str | None = None
    more: str | None = None


@dataclass(frozen=True)
class PictureEdge:
    """One edge, from a dependent to its dependency or from a spec to its build spec.

    :ivar kind: `DEPENDS_ON` or `SPLICED_FROM`.
    :ivar label: its deptypes and virtuals.
    :ivar role: one of `ROLES`.
    :ivar loose: whether it is only drawn, and does not shape the layout.
    """

    source: str
    target: str
    kind: str = "DEPENDS_ON"
    label: str = ""
    role: str = "plain"
    loose: bool = False


@dataclass(frozen=True)
class Picture:
    """Nodes and edges, with what is said of the whole to who cannot see it.

    :ivar title: what is drawn, in one sentence.
    :ivar lanes: titles of the copies of the layout that stand side by side; none for one copy.
    :ivar start: the node to look at first where all of them would be too small to read.
    """

    title: str
    nodes: Sequence[PictureNode]
    edges: Sequence[PictureEdge]
    lanes: Sequence[str] = field(default_factory=tuple)
    start: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The picture for the script."""
        return asdict(self)


def named(node: NodeRecord | None, hash_: str) -> str:
    """A spec in words: name, version and short hash."""
    return f"{node.name if node else '?'}{version_note(node, hash_).replace(' ', '')}"


def version_note(node: NodeRecord | None, hash_: str) -> str:
    """The second line of a spec's node."""
    version = f"@{node.version} " if node and node.version else ""
    return f"{version}/{hash_[:7]}"
