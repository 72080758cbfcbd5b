"""The DAG of one spec as a picture: walked into node by node, drawn within limits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, render_template, request

from service.api.problems import ParameterSyntaxError
from service.api.request import bounded, database, parse_parameter
from service.api.schemas.specs import DEPTYPES
from service.api.spec import dag_of
from service.api.traversals import WHY_ADVICE
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.provenance import label
from service.dags.shortest_chains import chain_steps, chains
from service.dags.splices import with_build_specs
from service.queries.selection import select_among
from service.web import spec
from service.web.pictures.dag import Asked, picture_of, rows_of
from service.web.pictures.explorer import MOST, SMALL, Explored, explore
from spec_syntax import SpecSyntaxError

blueprint = Blueprint("dag_page", __name__)

SHOWN_CHAINS = 5
"""Chains that are told below the picture; the page of why has them all."""
MOST_LISTED = 500
"""Specs that are listed of those that are not drawn."""


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
    limited = bounded(WHY_ADVICE)
    wanted = select_among(limited, dag.nodes.keys(), constraint)
    steps = chain_steps(dag, wanted, asked.types, limited.tick)
    found, total = chains(
        dag, wanted, deptypes=asked.types, skip=0, limit=SHOWN_CHAINS, tick=limited.tick
    )
    return Marked(tuple(steps), tuple(found), total)


def _lists(dag: Dag, asked: Asked, explored: Explored) -> dict[str, list[dict[str, Any]]]:
    """What is told in words only, each with the address that draws more of it, or less."""

    def listed(hashes: Iterable[str]) -> list[dict[str, Any]]:
        return [
            {**label(dag.nodes.get(each), each), "more": asked.toggled(each)} for each in hashes
        ]

    helpers = zip(listed(explored.folded), explored.folded.values(), strict=True)
    return {
        "helpers": [
            {**entry, "number": number, "dependents": count}
            for number, (entry, count) in enumerate(helpers, 1)
        ],
        "below": listed(explored.below[:MOST_LISTED]),
        "rest": listed(explored.rest[:MOST_LISTED]),
        "expanded": listed(explored.expanded),
    }


@blueprint.get("/spec/<hash_>/dag")
def dag_page(hash_: str) -> tuple[str, int]:
    """The picture of a DAG, the same as a table, and what is not drawn."""
    dag = with_build_specs(database(), dag_of(hash_))
    asked = asked_of(dag.root)
    marked = marked_of(dag, asked)
    explored = explore(dag, asked.wish(marked.steps))
    page = render_template(
        "dag.html",
        spec=spec.of(dag.root),
        asked=asked,
        types=DEPTYPES,
        marked=marked,
        explored=explored,
        picture=picture_of(dag, asked, explored, marked.steps),
        rows=rows_of(dag, asked, explored),
        **_lists(dag, asked, explored),
        spliced=any(node.build_spec for node in dag.nodes.values()),
        every_node=replace(asked, all=True).address,
        left_out=len(explored.reduced - {(s.source, s.target) for s in explored.steps}),
        unmarked=replace(asked, why="").address,
        most=MOST,
        small=SMALL,
        json_twin=f"/api/v1/specs/{dag.root}/graph",
    )
    return page, 400 if marked.error else 200
