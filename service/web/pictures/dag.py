"""The picture of what is drawn of a DAG, and the same as the rows of a table."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from service.api.schemas.specs import DEPTYPES
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.provenance import label
from service.web.pictures.explorer import MOST, START, Explored, Wish
from service.web.pictures.picture import Picture, PictureEdge, PictureNode, named, version_note
from service.web.views import address

MOST_SHAPING = 300
"""Of more edges only those shape the layout that no longer way stands for, so that it is fast."""
_SHORT = 7


@dataclass(frozen=True)
class Asked:
    """What the address of the page asks for.

    :ivar expand: starts of hashes.
    :ivar why: a spec to mark the chains to.
    """

    root: str
    types: frozenset[str] = deptypes.ALL
    expand: tuple[str, ...] = ()
    why: str = ""
    fold: bool = True
    reduce: bool = True
    build_specs: bool = False
    all: bool = False

    @property
    def address(self) -> str:
        """The address that asks for this."""
        types = [each for each in DEPTYPES if each in self.types]
        return address(
            f"/spec/{self.root}/dag",
            types=None if self.types >= deptypes.ALL else ",".join(types),
            why=self.why,
            hubs=None if self.fold else "show",
            reduce=None if self.reduce else "no",
            build_specs="show" if self.build_specs else None,
            most=MOST if self.all else None,
            expand=",".join(self.expand),
        )

    def toggled(self, hash_: str) -> str:
        """The address with a node expanded, or no more so."""
        left = tuple(each for each in self.expand if not hash_.startswith(each))
        if left == self.expand:
            left = (*self.expand, hash_[:_SHORT])
        return replace(self, expand=left).address

    def wish(self, path: Iterable[Step]) -> Wish:
        """The same for the explorer."""
        return Wish(
            types=self.types,
            expand=self.expand,
            path=tuple(path),
            fold=self.fold,
            reduce=self.reduce,
            build_specs=self.build_specs,
            most=MOST if self.all else START,
        )


def spans(numbers: Iterable[int]) -> str:
    """Numbers in order as a person writes them: 1-5, 14."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(
        f"{each[0]}\u2013{each[-1]}" if len(each) > 2 else ", ".join(map(str, each))
        for each in found
    )


def picture_of(dag: Dag, asked: Asked, explored: Explored, path: Iterable[Step]) -> Picture:
    """The picture of what is drawn."""
    on_path = {(step.source, step.target) for step in path}
    ends = {hash_ for pair in on_path for hash_ in pair}
    runtime = dag.reached(deptypes.RUNTIME)
    many = len(explored.steps) > MOST_SHAPING
    numbers = {hash_: number for number, hash_ in enumerate(explored.folded, 1)}

    def drawn(hash_: str) -> PictureNode:
        node = dag.nodes.get(hash_)
        edges = node.edges if node else ()
        helpers = [numbers[edge.hash] for edge in edges if edge.hash in numbers]
        more = hash_ in explored.hidden or hash_ in explored.expanded
        found = node_of(dag, hash_, ends)
        return replace(
            found,
            role="build-only" if found.role == "plain" and hash_ not in runtime else found.role,
            badges=[f"helpers {spans(helpers)}"] if helpers else [],
            hidden=explored.hidden.get(hash_, 0),
            more=asked.toggled(hash_) if more else None,
        )

    return Picture(
        title=f"DAG of {named(dag.nodes.get(dag.root), dag.root)}",
        nodes=[drawn(hash_) for hash_ in explored.drawn],
        edges=[
            edge_of(step, on_path=pair in on_path, loose=many and pair in explored.reduced)
            for step in explored.steps
            for pair in [(step.source, step.target)]
        ],
        start=dag.root,
    )


def node_of(dag: Dag, hash_: str, marked: Collection[str]) -> PictureNode:
    """A spec of a DAG as a node, with its page and its card.

    :param marked: the specs that are on the path, or at its end.
    """
    node = dag.nodes.get(hash_)
    role = "relinked" if node is not None and node.build_spec else "plain"
    if hash_ == dag.root or hash_ in marked:
        role = "root" if hash_ == dag.root else "path"
    return PictureNode(
        id=hash_,
        label=(node.name if node else "") or "?",
        note=version_note(node, hash_),
        role=role,
        href=f"/spec/{hash_}",
        card=address(f"/spec/{hash_}/card", root=dag.root),
    )


def edge_of(step: Step, *, on_path: bool, loose: bool = False) -> PictureEdge:
    """A step as an edge of a picture."""
    virtuals = f" as {', '.join(step.virtuals)}" if step.virtuals else ""
    runtime = not deptypes.RUNTIME.isdisjoint(step.deptypes)
    plain = "plain" if runtime or step.kind == "SPLICED_FROM" else "build-only"
    return PictureEdge(
        step.source,
        step.target,
        step.kind,
        ", ".join(step.deptypes) + virtuals if step.kind == "DEPENDS_ON" else "built as",
        "path" if on_path else plain,
        loose,
    )


def rows_of(dag: Dag, asked: Asked, explored: Explored) -> list[dict[str, Any]]:
    """The drawn nodes as a table: what leads to each, and what it depends on."""
    comes = _comes_by(dag, asked, explored)
    drawn = set(explored.drawn)
    edges = {(step.source, step.target) for step in explored.steps}

    def state(source: str, target: str) -> str:
        if target in explored.folded:
            return "folded"
        if target not in drawn:
            return "hidden"
        return "drawn" if (source, target) in edges else "reduced"

    rows = []
    for hash_ in explored.drawn:
        steps = [step for step in dag.steps(hash_, built=True) if _follows(asked, step)]
        rows.append(
            {
                "spec": label(dag.nodes.get(hash_), hash_),
                "comes_by": comes[hash_],
                "dependencies": [
                    {
                        **label(dag.nodes.get(step.target), step.target),
                        "by": step.kind,
                        "deptypes": step.deptypes,
                        "state": state(hash_, step.target),
                    }
                    for step in sorted(steps, key=lambda each: each.target in explored.folded)
                ],
                "hidden": explored.hidden.get(hash_, 0),
                "expanded": hash_ in explored.expanded,
                "more": asked.toggled(hash_),
            }
        )
    return rows


def _follows(asked: Asked, step: Step) -> bool:
    if step.kind == "SPLICED_FROM":
        return True
    return asked.types >= deptypes.ALL or not asked.types.isdisjoint(step.deptypes)


def _comes_by(dag: Dag, asked: Asked, explored: Explored) -> Mapping[str, list[str]]:
    """By which dependency types the nodes of a picture come, from any node of the DAG."""
    found: dict[str, set[str]] = defaultdict(set)
    for source in (*explored.drawn, *explored.rest, *explored.folded, *explored.below):
        for step in dag.steps(source, built=True):
            if _follows(asked, step):
                found[step.target] |= set(step.deptypes)
    listed = {h: [each for each in DEPTYPES if each in kinds] for h, kinds in found.items()}
    return defaultdict(list, listed)
