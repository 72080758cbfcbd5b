"""The DAG of one spec as a picture: expanded node by node, drawn within limits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request

from loaders.specs.node import DEPTYPES
from service.api.problems import ParameterSyntaxError
from service.api.request import bounded, database, parse_parameter
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.labels import SpecLabel, label_node
from service.dags.shortest_chains import Chain
from service.queries import dependency_chains
from service.queries.stored_dags import find_spliced_dag
from service.web import spec
from service.web.pictures.dag import DagRequest, picture_of, rows_of
from service.web.pictures.explorer import MOST, SMALL, Explored, explore
from spec_syntax import SpecSyntaxError

blueprint = Blueprint("dag_page", __name__)

SHOWN_CHAINS = 5
"""Chains listed below the picture; the page of why has them all."""
MOST_LISTED = 500
"""Most specs listed that are not drawn."""


@dataclass(frozen=True)
class Marked:
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


def find_marked(dag: Dag, asked: DagRequest) -> Marked:
    """Return the chains that the page marks."""
    try:
        constraint = parse_parameter("why", asked.why)
    except ParameterSyntaxError as error:
        return Marked(error=error.error)
    if constraint is None:
        return Marked()
    limited = bounded(dependency_chains.ADVICE)
    found = dependency_chains.explain_dependency(
        limited, dag, constraint, deptypes=asked.types, limit=SHOWN_CHAINS
    )
    return Marked(tuple(found.steps(limited)), tuple(found.chains), found.total)


def _list_specs(dag: Dag, asked: DagRequest, hashes: Iterable[str]) -> list[ListedSpec]:
    return [
        {**label_node(dag.nodes.get(each), each), "more": asked.toggle(each)} for each in hashes
    ]


def _list_helpers(dag: Dag, asked: DagRequest, explored: Explored) -> list[ListedHelper]:
    listed = _list_specs(dag, asked, explored.folded)
    counts = explored.folded.values()
    return [
        {**entry, "number": number, "dependents": count}
        for number, (entry, count) in enumerate(zip(listed, counts, strict=True), 1)
    ]


@blueprint.get("/spec/<hash_>/dag")
def dag_page(hash_: str) -> tuple[str, int]:
    """The picture of a DAG, the same as a table, and lists of the specs that are not drawn."""
    dag = find_spliced_dag(database(), hash_)
    asked = parse_request(dag.root)
    marked = find_marked(dag, asked)
    explored = explore(dag, asked.options(marked.steps))
    page = render_template(
        "dag.html",
        spec=spec.read(dag.root),
        asked=asked,
        types=DEPTYPES,
        marked=marked,
        explored=explored,
        picture=picture_of(dag, asked, explored, marked.steps),
        rows=rows_of(dag, asked, explored),
        helpers=_list_helpers(dag, asked, explored),
        behind_helpers=_list_specs(dag, asked, explored.behind_helpers[:MOST_LISTED]),
        left_out=_list_specs(dag, asked, explored.left_out[:MOST_LISTED]),
        expanded=_list_specs(dag, asked, explored.expanded),
        spliced=any(node.build_spec for node in dag.nodes.values()),
        every_node=replace(asked, all=True).address,
        reduced=len(explored.reduced - {(s.source, s.target) for s in explored.steps}),
        unmarked=replace(asked, why="").address,
        most=MOST,
        small=SMALL,
        json_twin=f"/api/v1/specs/{dag.root}/graph",
    )
    return page, 400 if marked.error else 200
