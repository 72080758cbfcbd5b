"""Why a dependency is there: every shortest chain to it, and the picture of all of them."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from service.api.problems import ParameterSyntaxError
from service.api.request import bounded, database, parse_parameter
from service.api.schemas import traversals as schemas
from service.api.spec import dag_of
from service.api.traversals import WHY_ADVICE
from service.api.traversals import why as why_view
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.provenance import labels_of
from service.dags.shortest_chains import chain_steps
from service.dags.splices import with_build_specs
from service.queries.selection import select_among
from service.web import spec
from service.web.pictures.dag import edge_of, node_of
from service.web.pictures.explorer import MOST
from service.web.pictures.picture import Picture, named
from service.web.views import address, answer

blueprint = Blueprint("why_page", __name__)

PAGE = 10
"""Chains on a page."""
TYPES = (("", "all"), ("link,run", "link and run"), ("build", "build"))
"""What of the dependencies may be followed, with its name."""


@blueprint.get("/spec/<hash_>/why")
def why_page(hash_: str) -> tuple[str, int]:
    """The chains to a dependency; without one, the box to ask for it."""
    dag = with_build_specs(database(), dag_of(hash_))
    dependency = request.args.get("dependency", "").strip()
    given = {**request.args, "dependency": dependency}
    found, error, picture = None, None, None
    if dependency:
        try:
            found = answer(why_view, schemas.WhyArguments, {"limit": PAGE, **given}, hash_=dag.root)
            picture = _picture(
                dag, dependency, request.args.get("deptypes") or ",".join(deptypes.ALL)
            )
        except ParameterSyntaxError as fault:
            error = fault.error
    here = request.path  # A cursor belongs to the path as it was asked for.
    asked = {"dependency": dependency, "deptypes": given.get("deptypes")}
    page = render_template(
        "why.html",
        spec=spec.of(dag.root),
        dependency=dependency,
        chosen=given.get("deptypes", ""),
        types=TYPES,
        found=found,
        error=error,
        picture=picture,
        direct=[labels_of(dag)(edge.hash) for edge in dag.nodes[dag.root].edges],
        next=address(here, **asked, cursor=found["next"]) if found and found["next"] else None,
        first=address(here, **asked) if given.get("cursor") else None,
        in_dag=address(f"/spec/{dag.root}/dag", why=dependency, types=given.get("deptypes")),
        json_twin=address(f"/api/v1/specs/{dag.root}/why", **asked) if found else None,
    )
    return page, 400 if error else 200


def _picture(dag: Dag, dependency: str, types: str) -> Picture | None:
    """All chains in one picture; None where there is none, or nothing between their ends."""
    constraint = parse_parameter("dependency", dependency)
    if constraint is None:
        return None
    limited = bounded(WHY_ADVICE)
    wanted = select_among(limited, dag.nodes.keys(), constraint)
    steps = chain_steps(dag, wanted, deptypes.parse(types), limited.tick)
    return picture_of(
        dag, steps, wanted, f"Why {named(dag.nodes.get(dag.root), dag.root)} has {dependency}"
    )


def picture_of(
    dag: Dag, steps: Sequence[Step], wanted: frozenset[str], title: str
) -> Picture | None:
    """Some steps from the root as a picture, those nearest to it where they are too many."""
    order = dict.fromkeys((dag.root, *(step.target for step in steps)))
    drawn = set(list(order)[:MOST])
    if len(drawn) == 1:
        return None

    return Picture(
        title=title,
        nodes=[node_of(dag, hash_, wanted) for hash_ in order if hash_ in drawn],
        edges=[edge_of(s, on_path=True) for s in steps if {s.source, s.target} <= drawn],
        start=dag.root,
    )
