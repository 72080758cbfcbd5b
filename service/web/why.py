"""Why a dependency is there: every shortest chain to it, and a picture of all of them."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from service.api.request import bounded, dag_scope, database, total_of
from service.api.schemas.traversals import WhyArguments
from service.dags import deptypes
from service.dags.dag import Dag, Step
from service.dags.labels import label_node
from service.paging import offsets
from service.queries import dependency_chains
from service.queries.dependency_chains import DependencyChains
from service.queries.errors import ParameterSyntaxError
from service.queries.parsing import parse_one
from service.queries.stored_dags import find_dag
from service.queries.suggestions import Suggestion, find_suggestions
from service.web import spec
from service.web.pictures.dag import edge_of, node_of
from service.web.pictures.explorer import MOST
from service.web.pictures.picture import Picture, spec_title
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of
from spec_syntax import SpecSyntaxError

blueprint = Blueprint("why_page", __name__)

PAGE = 10
"""Chains on a page."""
TYPES = (("", "all"), ("link,run", "link and run"), ("build", "build"))
"""Choices of dependency types to follow, with their names."""


@blueprint.get("/spec/<hash_>/why")
def why_page(hash_: str) -> tuple[str, int]:
    """The chains to a dependency; without one, the box to ask for it."""
    dag = find_dag(database(), hash_)
    dependency = request.args.get("dependency", "").strip()
    types = request.args.get("deptypes")
    found: DependencyChains | None = None
    error: SpecSyntaxError | None = None
    picture, following = None, None
    advice: list[Suggestion] = []
    if dependency:
        try:
            found, following = _explain_chains(dag, dependency)
            picture = _picture_of_chains(found, dependency)
            constraint = parse_one("dependency", dependency)
            if not found.chains and constraint is not None:
                advice = find_suggestions(database(), [constraint])
            ends = sorted(map(dag.identity_of, found.targets))
            draw_page("why", uid=dag.identity_of(dag.root), ends=ends)
        except ParameterSyntaxError as fault:
            error = fault.error
    here = request.path  # A cursor belongs to the path as it was requested.
    asked = {"dependency": dependency, "deptypes": types}
    page = render_template(
        "why.html",
        spec=spec.spec_with_variants(dag.identity_of(dag.root)),
        dependency=dependency,
        chosen=types or "",
        types=TYPES,
        found=found,
        advice=advice,
        total=found and total_of(found.shown_total, exact=found.exact),
        error=error,
        picture=picture,
        direct=[label_node(dag.nodes.get(e.hash), e.hash) for e in dag.nodes[dag.root].edges],
        next=address_of(here, **asked, cursor=following) if following else None,
        first=address_of(here, **asked) if request.args.get("cursor") else None,
        in_dag=address_of(f"/spec/{dag.root}/dag", why=dependency, types=types),
        json_twin=address_of(f"/api/v1/specs/{dag.root}/why", **asked) if found else None,
    )
    return page, 400 if error else 200


def _explain_chains(dag: Dag, dependency: str) -> tuple[DependencyChains, str | None]:
    """Return the chains of this page, and the cursor of the next one."""
    given = {"limit": PAGE, **request.args, "dependency": dependency}
    arguments = arguments_of(WhyArguments, given)
    types = deptypes.parse(arguments["deptypes"])
    constraint = parse_one("dependency", dependency)
    assert constraint is not None
    scope = dag_scope(arguments, dag)
    offset = offsets.decode(arguments["cursor"], scope)
    found = dependency_chains.explain_dependency(
        bounded(dependency_chains.ADVICE),
        dag,
        constraint,
        deptypes=types,
        skip=offset,
        limit=arguments["limit"],
    )
    return found, offsets.next_cursor(offset, len(found.chains), found.total, scope)


def _picture_of_chains(found: DependencyChains, dependency: str) -> Picture | None:
    dag = found.dag
    steps = found.steps(bounded(dependency_chains.ADVICE))
    title = f"Why {spec_title(dag.nodes.get(dag.root), dag.root)} has {dependency}"
    return picture_of_steps(dag, steps, found.targets, title)


def picture_of_steps(
    dag: Dag, steps: Sequence[Step], targets: frozenset[str], title: str
) -> Picture | None:
    """Draw steps from the root, those nearest to it if there are too many.

    Returns:
        None if there is nothing to draw but the root.
    """
    order = dict.fromkeys((dag.root, *(step.target for step in steps)))
    drawn = set(list(order)[:MOST])
    if len(drawn) == 1:
        return None

    return Picture(
        title=title,
        nodes=[node_of(dag, hash_, targets) for hash_ in order if hash_ in drawn],
        edges=[edge_of(s, on_path=True) for s in steps if {s.source, s.target} <= drawn],
        start=dag.root,
    )
