"""The picture of a DAG, and the same as the rows of a table."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from loaders.specs.node import DEPTYPES
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.labels import SpecLabel, label_node
from service.web.pictures.explorer import ExploredDag
from service.web.pictures.picture import (
    Picture,
    PictureEdge,
    PictureNode,
    spec_title,
    version_note,
)

MOST_SHAPING = 300
"""With more edges, those that a longer path implies do not shape the layout, so that it is fast."""
Toggle = Callable[[str], str]
"""Returns the address of the page with a node expanded, or folded again."""

DependencyState = Literal["drawn", "folded", "hidden", "reduced"]
"""Whether a dependency is drawn; `reduced` means that only its edge is left out."""


class DependencyRow(SpecLabel):
    """A dependency in the table: the kind of its edge as `by`, its deptypes, its state."""

    by: str
    deptypes: tuple[str, ...]
    state: DependencyState


@dataclass(frozen=True)
class NodeRow:
    """A drawn node in the table.

    Attributes:
        spec: The node.
        comes_by: Dependency types of the edges that lead to it.
        dependencies: Its dependencies, folded ones last.
        hidden: Number of nodes that it leads to and that are not drawn.
        expanded: Whether it is expanded.
        more: Address of the page with it expanded, or folded again.
    """

    spec: SpecLabel
    comes_by: list[str]
    dependencies: list[DependencyRow]
    hidden: int
    expanded: bool
    more: str


def format_spans(numbers: Iterable[int]) -> str:
    """Return numbers in order as a person writes them: 1-5, 14."""
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


def picture_of(dag: Dag, explored: ExploredDag, path: Iterable[Step], toggle: Toggle) -> Picture:
    """Return the picture of the explored part of a DAG.

    Args:
        dag: The DAG.
        explored: The part to draw.
        path: Steps to mark.
        toggle: Returns the address that expands a node, or folds it again.
    """
    on_path = {(step.source, step.target) for step in path}
    ends = {hash_ for pair in on_path for hash_ in pair}
    runtime = dag.reachable_nodes(deptypes.RUNTIME)
    many = len(explored.steps) > MOST_SHAPING
    numbers = {hash_: number for number, hash_ in enumerate(explored.folded, 1)}

    def draw_node(hash_: str) -> PictureNode:
        node = dag.nodes.get(hash_)
        edges = node.edges if node else ()
        helpers = [numbers[edge.hash] for edge in edges if edge.hash in numbers]
        more = hash_ in explored.hidden or hash_ in explored.expanded
        drawn = node_of(dag, hash_, ends)
        return replace(
            drawn,
            role="build-only" if drawn.role == "plain" and hash_ not in runtime else drawn.role,
            badges=[f"helpers {format_spans(helpers)}"] if helpers else [],
            hidden=explored.hidden.get(hash_, 0),
            more=toggle(hash_) if more else None,
        )

    return Picture(
        title=f"DAG of {spec_title(dag.nodes.get(dag.root), dag.root)}",
        nodes=[draw_node(hash_) for hash_ in explored.drawn],
        edges=[
            edge_of(step, on_path=pair in on_path, loose=many and pair in explored.reduced)
            for step in explored.steps
            for pair in [(step.source, step.target)]
        ],
        start=dag.root,
    )


def node_of(dag: Dag, hash_: str, marked: Collection[str]) -> PictureNode:
    """Return a spec of a DAG as a node, with the addresses of its page and its card.

    Args:
        dag: The DAG.
        hash_: Hash of the spec.
        marked: Hashes of the specs to mark as part of a path.
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
        card=f"/spec/{hash_}/card?root={dag.root}",
    )


def edge_of(step: Step, *, on_path: bool, loose: bool = False) -> PictureEdge:
    """Return a step as an edge of a picture."""
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


def rows_of(
    dag: Dag, types: frozenset[str], explored: ExploredDag, toggle: Toggle
) -> list[NodeRow]:
    """Return the drawn nodes as a table: the edges that lead to each, and its dependencies.

    Args:
        dag: The DAG.
        types: Dependency types that are followed.
        explored: The part that is drawn.
        toggle: Returns the address that expands a node, or folds it again.
    """
    comes_by = _incoming_types(dag, types, explored)
    drawn = set(explored.drawn)
    edges = {(step.source, step.target) for step in explored.steps}

    def dependency_state(source: str, target: str) -> DependencyState:
        if target in explored.folded:
            return "folded"
        if target not in drawn:
            return "hidden"
        return "drawn" if (source, target) in edges else "reduced"

    rows = []
    for hash_ in explored.drawn:
        steps = [step for step in dag.steps_from(hash_, built=True) if _follows_step(types, step)]
        dependencies: list[DependencyRow] = [
            {
                **label_node(dag.nodes.get(step.target), step.target),
                "by": step.kind,
                "deptypes": step.deptypes,
                "state": dependency_state(hash_, step.target),
            }
            for step in sorted(steps, key=lambda each: each.target in explored.folded)
        ]
        rows.append(
            NodeRow(
                spec=label_node(dag.nodes.get(hash_), hash_),
                comes_by=comes_by[hash_],
                dependencies=dependencies,
                hidden=explored.hidden.get(hash_, 0),
                expanded=hash_ in explored.expanded,
                more=toggle(hash_),
            )
        )
    return rows


def _follows_step(types: frozenset[str], step: Step) -> bool:
    if step.kind == "SPLICED_FROM":
        # A build spec has no dependency types, so no choice of types leaves it out.
        return True
    # All types together also mean edges without any type.
    return types >= deptypes.ALL or not types.isdisjoint(step.deptypes)


def _incoming_types(
    dag: Dag, types: frozenset[str], explored: ExploredDag
) -> Mapping[str, list[str]]:
    """Return the dependency types of all edges of the DAG that lead to each node."""
    found: dict[str, set[str]] = defaultdict(set)
    parts = (explored.drawn, explored.left_out, explored.folded, explored.behind_helpers)
    for part in parts:
        for source in part:
            for step in dag.steps_from(source, built=True):
                if _follows_step(types, step):
                    found[step.target] |= set(step.deptypes)
    in_order = {h: [each for each in DEPTYPES if each in kinds] for h, kinds in found.items()}
    return defaultdict(list, in_order)
