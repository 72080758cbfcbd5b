"""The DAG of one spec as a picture: expanded node by node, drawn within limits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request

from loaders.specs.node import DEPTYPES
from service.api.request import bounded, database
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.labels import SpecLabel, label_node
from service.dags.shortest_chains import Chain
from service.queries import dependency_chains
from service.queries.errors import ParameterSyntaxError
from service.queries.parsing import parse_one
from service.queries.stored_dags import find_dag
from service.web import spec
from service.web.pictures.dag import picture_of, rows_of
from service.web.pictures.explorer import MOST, SMALL, START, DrawOptions, ExploredDag, explore_dag
from service.web.statements import draw_page
from service.web.views import address_of
from spec_syntax import SpecSyntaxError

blueprint = Blueprint("dag_page", __name__)

SHOWN_CHAINS = 5
"""Chains listed below the picture; the page of why has them all."""
MOST_LISTED = 500
"""Most specs listed that are not drawn."""
_SHORT = 7


@dataclass(frozen=True)
class DagRequest:
    """The arguments of the page of a DAG.

    Attributes:
        root: Full hash of the spec.
        types: Dependency types to follow.
        expand: Starts of hashes of the nodes to expand.
        why: A spec to mark the chains to.
        fold: Whether to fold helpers.
        reduce: Whether to leave out edges that a longer path implies.
        build_specs: Whether to follow build specs.
        all: Whether to draw as many nodes as possible.
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
        """The address of the page with these arguments."""
        types = [each for each in DEPTYPES if each in self.types]
        return address_of(
            f"/spec/{self.root}/dag",
            types=None if self.types >= deptypes.ALL else ",".join(types),
            why=self.why,
            hubs=None if self.fold else "show",
            reduce=None if self.reduce else "no",
            build_specs="show" if self.build_specs else None,
            most=MOST if self.all else None,
            expand=",".join(self.expand),
        )

    def toggle_address(self, hash_: str) -> str:
        """Return the address with a node expanded, or folded again."""
        left = tuple(each for each in self.expand if not hash_.startswith(each))
        if left == self.expand:
            left = (*self.expand, hash_[:_SHORT])
        return replace(self, expand=left).address

    def draw_options(self, path: Iterable[Step]) -> DrawOptions:
        """Return the same as options of the explorer."""
        return DrawOptions(
            types=self.types,
            expand=self.expand,
            path=tuple(path),
            fold=self.fold,
            reduce=self.reduce,
            build_specs=self.build_specs,
            most=MOST if self.all else START,
        )


@dataclass(frozen=True)
class MarkedChains:
    """The chains to the dependency that the page marks.

    Attributes:
        steps: The steps of all shortest chains.
        chains: The first of the chains.
        total: Number of the chains.
        error: The fault in the text of the dependency, if there is one.
    """

    steps: tuple[Step, ...] = ()
    chains: tuple[Chain, ...] = ()
    total: int = 0
    error: SpecSyntaxError | None = None


class ListedSpec(SpecLabel):
    """A spec that is not drawn: `more` is the address that draws it, or folds it again."""

    more: str


class ListedHelper(ListedSpec):
    """A folded helper: its number in the picture, and how many specs depend on it."""

    number: int
    dependents: int


def parse_request(root: str) -> DagRequest:
    """Parse the query string of this request.

    Raises:
        InvalidQuestionError: It names unknown dependency types.
    """
    given = request.args
    types = ",".join(given.getlist("types"))
    expand = (part.strip(" /") for part in given.get("expand", "").split(","))
    return DagRequest(
        root,
        types=deptypes.parse(types) if types else deptypes.ALL,
        expand=tuple(dict.fromkeys(filter(None, expand))),
        why=given.get("why", "").strip(),
        fold=given.get("hubs") != "show",
        reduce=given.get("reduce") != "no",
        build_specs=given.get("build_specs") == "show",
        all=given.get("most") == str(MOST),
    )


def find_marked(dag: Dag, asked: DagRequest) -> MarkedChains:
    """Return the chains that the page marks."""
    try:
        constraint = parse_one("why", asked.why)
    except ParameterSyntaxError as error:
        return MarkedChains(error=error.error)
    if constraint is None:
        return MarkedChains()
    limited = bounded(dependency_chains.ADVICE)
    found = dependency_chains.explain_dependency(
        limited, dag, constraint, deptypes=asked.types, limit=SHOWN_CHAINS
    )
    return MarkedChains(tuple(found.steps(limited)), tuple(found.chains), found.total)


def _list_specs(dag: Dag, asked: DagRequest, hashes: Iterable[str]) -> list[ListedSpec]:
    return [
        {**label_node(dag.nodes.get(each), each), "more": asked.toggle_address(each)}
        for each in hashes
    ]


def _list_helpers(dag: Dag, asked: DagRequest, explored: ExploredDag) -> list[ListedHelper]:
    listed = _list_specs(dag, asked, explored.folded)
    counts = explored.folded.values()
    return [
        {**entry, "number": number, "dependents": count}
        for number, (entry, count) in enumerate(zip(listed, counts, strict=True), 1)
    ]


@blueprint.get("/spec/<hash_>/dag")
def dag_page(hash_: str) -> tuple[str, int]:
    """The picture of a DAG, the same as a table, and lists of the specs that are not drawn."""
    dag = find_dag(database(), hash_)
    asked = parse_request(dag.root)
    marked = find_marked(dag, asked)
    explored = explore_dag(dag, asked.draw_options(marked.steps))
    types = [each for each in DEPTYPES if each in asked.types]
    draw_page("dag", uid=dag.identity_of(dag.root), deptypes=types)
    page = render_template(
        "dag.html",
        spec=spec.spec_with_variants(dag.identity_of(dag.root)),
        asked=asked,
        types=DEPTYPES,
        marked=marked,
        explored=explored,
        picture=picture_of(dag, explored, marked.steps, asked.toggle_address),
        rows=rows_of(dag, asked.types, explored, asked.toggle_address),
        helpers=_list_helpers(dag, asked, explored),
        behind_helpers=_list_specs(dag, asked, explored.behind_helpers[:MOST_LISTED]),
        left_out=_list_specs(dag, asked, explored.left_out[:MOST_LISTED]),
        expanded=_list_specs(dag, asked, explored.expanded),
        spliced=any(node.is_spliced for node in dag.nodes.values()),
        every_node=replace(asked, all=True).address,
        reduced=len(explored.reduced - {(s.source, s.target) for s in explored.steps}),
        unmarked=replace(asked, why="").address,
        most=MOST,
        small=SMALL,
        json_twin=f"/api/v1/specs/{dag.root}/graph",
    )
    return page, 400 if marked.error else 200
