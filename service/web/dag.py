"""The DAG of one spec as a picture: walked into node by node, drawn within limits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, render_template, request

from service import deptypes
from service.chains import chain_steps, chains
from service.dag import Dag, Step
from service.one_spec import dag_of
from service.problems import ParameterSyntaxError
from service.provenance import label
from service.selection import select_among
from service.specs import bounded, parse_parameter
from service.traversals import WHY_ADVICE
from service.web import spec
from service.web.explorer import MOST, SMALL, START, Explored, Wish, explore
from service.web.picture import Picture, PictureEdge, PictureNode, version_note
from service.web.views import address
from spec_syntax import SpecSyntaxError

blueprint = Blueprint("dag_page", __name__)

TYPES = ("build", "link", "run", "test")
SHOWN_CHAINS = 5
"""Chains that are told below the picture; the page of why has them all."""
MOST_LISTED = 500
"""Specs that are listed of those that are not drawn."""
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
        types = [each for each in TYPES if each in self.types]
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


@dataclass(frozen=True)
class Marked:
    """The chains to what the page asks why for.

    :ivar error: what is wrong with the spec, if anything.
    """

    steps: tuple[Step, ...] = ()
    chains: tuple[dict[str, Any], ...] = ()
    total: int = 0
    error: SpecSyntaxError | None = None


def asked_of(root: str) -> Asked:
    """What the address of this request asks for.

    :raises BadRequest: it names unknown dependency types.
    """
    given = request.args
    types = ",".join(given.getlist("types"))
    expand = (part.strip(" /") for part in given.get("expand", "").split(","))
    return Asked(
        root,
        types=deptypes.parse(types) if types else deptypes.ALL,
        expand=tuple(dict.fromkeys(filter(None, expand))),
        why=given.get("why", "").strip(),
        fold=given.get("hubs") != "show",
        reduce=given.get("reduce") != "no",
        build_specs=given.get("build_specs") == "show",
        all=given.get("most") == str(MOST),
    )


def marked_of(dag: Dag, asked: Asked) -> Marked:
    """The chains that the page marks."""
    try:
        constraint = parse_parameter("why", asked.why)
    except ParameterSyntaxError as error:
        return Marked(error=error.error)
    if constraint is None:
        return Marked()
    database = bounded(WHY_ADVICE)
    wanted = select_among(database, dag.nodes.keys(), constraint)
    steps = chain_steps(dag, wanted, asked.types, database.tick)
    found, total = chains(
        dag, wanted, deptypes=asked.types, skip=0, limit=SHOWN_CHAINS, tick=database.tick
    )
    return Marked(tuple(steps), tuple(found), total)


def spans(numbers: Iterable[int]) -> str:
    """Numbers in order as a person writes them: `1–5, 14`."""
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
    numbers = {hash_: number for number, hash_ in enumerate(explored.folded, 1)}

    def role(hash_: str) -> str:
        node = dag.nodes.get(hash_)
        if hash_ == dag.root or hash_ in ends:
            return "root" if hash_ == dag.root else "path"
        if node is not None and node.build_spec:
            return "relinked"
        return "plain" if hash_ in runtime else "build-only"

    def drawn(hash_: str) -> PictureNode:
        node = dag.nodes.get(hash_)
        edges = node.edges if node else ()
        helpers = [numbers[edge.hash] for edge in edges if edge.hash in numbers]
        more = hash_ in explored.hidden or hash_ in explored.expanded
        return PictureNode(
            id=hash_,
            label=(node.name if node else "") or "?",
            note=version_note(node, hash_),
            role=role(hash_),
            badges=[f"helpers {spans(helpers)}"] if helpers else [],
            hidden=explored.hidden.get(hash_, 0),
            href=f"/spec/{hash_}",
            card=address(f"/spec/{hash_}/card", root=dag.root),
            more=asked.toggled(hash_) if more else None,
        )

    return Picture(
        title=f"DAG of {named(dag, dag.root)}",
        nodes=[drawn(hash_) for hash_ in explored.drawn],
        edges=[_edge(step, (step.source, step.target) in on_path) for step in explored.steps],
        start=dag.root,
    )


def named(dag: Dag, hash_: str) -> str:
    """A spec in words: name, version and short hash."""
    node = dag.nodes.get(hash_)
    return f"{node.name if node else '?'}{version_note(node, hash_).replace(' ', '')}"


def _edge(step: Step, on_path: bool) -> PictureEdge:
    virtuals = f" as {', '.join(step.virtuals)}" if step.virtuals else ""
    runtime = not deptypes.RUNTIME.isdisjoint(step.deptypes)
    plain = "plain" if runtime or step.kind == "SPLICED_FROM" else "build-only"
    return PictureEdge(
        step.source,
        step.target,
        step.kind,
        ", ".join(step.deptypes) + virtuals if step.kind == "DEPENDS_ON" else "built as",
        "path" if on_path else plain,
    )


def rows_of(dag: Dag, asked: Asked, explored: Explored) -> list[dict[str, Any]]:
    """The drawn nodes as a table: what leads to each, and what it depends on."""
    comes = _comes_by(dag, asked, explored)
    drawn = set(explored.drawn)

    def state(source: str, target: str) -> str:
        if target in explored.folded:
            return "folded"
        if target not in drawn:
            return "hidden"
        return "reduced" if (source, target) in explored.reduced else "drawn"

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
    listed = {h: [each for each in TYPES if each in kinds] for h, kinds in found.items()}
    return defaultdict(list, listed)


@blueprint.get("/spec/<hash_>/dag")
def dag_page(hash_: str) -> tuple[str, int]:
    """The picture of a DAG, the same as a table, and what is not drawn."""
    dag = dag_of(hash_)
    asked = asked_of(dag.root)
    marked = marked_of(dag, asked)
    explored = explore(dag, asked.wish(marked.steps))

    def listed(hashes: Iterable[str]) -> list[dict[str, Any]]:
        return [
            {**label(dag.nodes.get(each), each), "more": asked.toggled(each)} for each in hashes
        ]

    page = render_template(
        "dag.html",
        spec=spec.of(dag.root),
        asked=asked,
        types=TYPES,
        marked=marked,
        explored=explored,
        picture=picture_of(dag, asked, explored, marked.steps),
        rows=rows_of(dag, asked, explored),
        helpers=[
            {**entry, "number": number, "dependents": count}
            for number, (entry, count) in enumerate(
                zip(listed(explored.folded), explored.folded.values(), strict=True), 1
            )
        ],
        below=listed(explored.below[:MOST_LISTED]),
        rest=listed(explored.rest[:MOST_LISTED]),
        expanded=listed(explored.expanded),
        spliced=any(node.build_spec for node in dag.nodes.values()),
        every_node=replace(asked, all=True).address,
        unmarked=replace(asked, why="").address,
        most=MOST,
        small=SMALL,
        json_twin=f"/api/v1/specs/{dag.root}/graph",
    )
    return page, 400 if marked.error else 200
