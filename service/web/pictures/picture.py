"""A picture of specs as data: the nodes and edges that the page's script draws, without a layout.

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
    "broken",
)
"""Roles of nodes and edges; each has a look of its own that does not depend on colour alone."""


@dataclass(frozen=True)
class PictureNode:
    """One node of a picture.

    Attributes:
        id: Unique in the picture.
        label: Its first line: a package, or the contents of a fold.
        note: Its second line: version and hash.
        role: One of `ROLES`.
        slot: Nodes of the same slot have the same place, each in its lane; its `id` by default.
        lane: Index into the picture's lanes of the copy of the layout that it is in.
        badges: Short texts below the lines.
        hidden: Number of nodes below it that are not drawn.
        href: Address that activating it opens.
        card: Address of its details, which are shown beside the picture.
        more: Address of the page with more drawn below it, or with less again.
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

    Attributes:
        source: Id of the node that it starts from.
        target: Id of the node that it leads to.
        kind: `DEPENDS_ON` or `SPLICED_FROM`.
        label: Its deptypes and virtuals.
        role: One of `ROLES`.
        loose: Whether it is only drawn and does not shape the layout.
    """

    source: str
    target: str
    kind: str = "DEPENDS_ON"
    label: str = ""
    role: str = "plain"
    loose: bool = False


@dataclass(frozen=True)
class Picture:
    """Nodes and edges, with a title for screen readers.

    Attributes:
        title: The subject of the picture, in one sentence.
        nodes: The nodes.
        edges: The edges.
        lanes: Titles of the copies of the layout that stand side by side; none for one copy.
        start: Id of the node to show first if all of them would be too small to read.
    """

    title: str
    nodes: Sequence[PictureNode]
    edges: Sequence[PictureEdge]
    lanes: Sequence[str] = field(default_factory=tuple)
    start: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the picture as the script takes it."""
        return asdict(self)


def spec_title(node: NodeRecord | None, hash_: str) -> str:
    """Return a spec as one word: name, version and short hash."""
    return f"{node.name if node else '?'}{version_note(node, hash_).replace(' ', '')}"


def version_note(node: NodeRecord | None, hash_: str) -> str:
    """Return the second line of a spec's node: version and short hash."""
    version = f"@{node.version} " if node and node.version else ""
    return f"{version}/{hash_[:7]}"
