"""`why`, `splice`, `dependents`, `diff`, `common` and `variations`: walks over DAGs."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import (
    SharedPage,
    UncountedPage,
    check_sharing,
    page_of_shared,
    with_facts,
)
from service.api.request import (
    Page,
    bounded,
    dag_scope,
    database,
    finish_page,
    identity_of,
    name_content,
    scope_of,
    total_of,
)
from service.api.schemas import traversals as schemas
from service.dags import deptypes
from service.dags.aspects import parse_aspect
from service.dags.dag import Dag
from service.dags.diff import compare_dags, compilers_of
from service.dags.labels import SpecLabel, label_node, label_root
from service.dags.splices import SECTIONS, compute_splice
from service.paging import cursors, offsets
from service.queries import dependency_chains, dependents, stale_texts, variations
from service.queries.contents import mark_contents
from service.queries.errors import InvalidQuestionError
from service.queries.parsing import parse_one
from service.queries.stale_texts import find_stale_texts
from service.queries.stored_dags import find_dag
from service.queries.suggestions import find_suggestions

blueprint = Blueprint("traversals", __name__, description="Walks over the DAGs of specs.")


def _label_root(dag: Dag) -> SpecLabel:
    """Return the label of a DAG's root, with its content if its hash has several."""
    label = label_root(dag)
    mark_contents(database(), [label])
    return label


@blueprint.route("/specs/<hash>/why")
@blueprint.arguments(schemas.WhyArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.WhySchema)
def get_why(arguments: dict[str, Any], hash: str) -> dict[str, Any]:
    """Explain why a dependency is there: all shortest chains to each node that satisfies it."""
    types = deptypes.parse(arguments["deptypes"])
    constraint = parse_one("dependency", arguments["dependency"])
    if constraint is None:
        raise InvalidQuestionError("dependency: empty; name the spec to look for")
    dag = find_dag(database(), name_content(hash, arguments["content"]))
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
    advice = [] if found.chains else find_suggestions(database(), [constraint])
    return {
        **({"advice": advice} if advice else {}),
        "root": _label_root(dag),
        "dependency": arguments["dependency"],
        "chains": found.chains,
        "next": offsets.next_cursor(offset, len(found.chains), found.total, scope),
        "total": total_of(found.shown_total, exact=found.exact),
    }


@blueprint.route("/specs/<hash>/splice")
@blueprint.arguments(schemas.SpliceArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpliceSchema)
def get_splice(arguments: dict[str, Any], hash: str) -> dict[str, Any]:
    """Return the specs that the splice kept, relinked, took out and put in.

    Compares link and run dependencies, or those that `deptypes` selects.
    """
    types = deptypes.parse(arguments["deptypes"])
    dag = find_dag(database(), name_content(hash, arguments["content"]))
    found = compute_splice(dag, types)
    entries = [(section, entry) for section in SECTIONS for entry in found.sections[section]]
    shown, following = offsets.cut_page(
        entries, arguments["limit"], arguments["cursor"], dag_scope(arguments, dag)
    )
    stale = find_stale_texts(bounded(stale_texts.ADVICE), found)
    return {
        "root": _label_root(dag),
        "spliced": dag.nodes[dag.root].is_spliced,
        "stripped": dag.nodes[found.before].is_stripped if found.before in dag.nodes else False,
        "build_spec": label_node(dag.nodes.get(found.before), found.before),
        "chain": [label_node(dag.nodes.get(s.target), s.target) for s in dag.splice_chain()],
        "counts": {section: len(found.sections[section]) for section in SECTIONS},
        **{section: [entry for name, entry in shown if name == section] for section in SECTIONS},
        "stale_texts": stale.items,
        "stale_text_count": stale.total,
        "texts_unread": stale.unread,
        "next": following,
        "total": total_of(len(entries)),
    }


@blueprint.route("/specs/<hash>/dependents")
@blueprint.arguments(schemas.DependentsArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DependentPageSchema)
def get_dependents(arguments: dict[str, Any], hash: str) -> Page:
    """List the specs that depend on this one.

    At most 10,000 are counted; with more, the total is AT_LEAST that.
    """
    walk = dependents.Walk.parse(
        arguments["transitive"], arguments["runtime"], arguments["deptypes"]
    )
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    page = dependents.list_dependents(
        bounded(dependents.ADVICE),
        identity_of(hash, arguments["content"]),
        walk,
        position,
        limit + 1,
        roots_only=arguments["roots_only"],
    )
    found = finish_page(page.items, page.total, limit, scope, exact=page.exact, seen=position.seen)
    return with_facts(found, arguments)


@blueprint.route("/diff")
@blueprint.arguments(schemas.DiffArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiffSchema)
def get_diff(arguments: dict[str, Any]) -> dict[str, Any]:
    """Compare two DAGs by package: versions, variants, compilers, dependency types."""
    types = deptypes.choose(arguments["deptypes"], arguments["runtime"])
    a, b = (find_dag(database(), arguments[side]) for side in ("a", "b"))
    found = compare_dags(a, b, types)
    shown, following = offsets.cut_page(
        found.entries, arguments["limit"], arguments["cursor"], dag_scope(arguments, a, b)
    )
    return {
        "a": _label_root(a),
        "b": _label_root(b),
        "same": found.same,
        "compilers": {"a": compilers_of(a), "b": compilers_of(b)},
        "entries": shown,
        "next": following,
        "total": total_of(len(found.entries)),
    }


@blueprint.route("/common")
@blueprint.arguments(schemas.CommonArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.CommonSchema)
def get_common(arguments: dict[str, Any]) -> SharedPage:
    """List the specs that the DAGs of all these specs share.

    Also lists the packages of which each of them has a spec that not all have.
    """
    given = [part.strip() for part in arguments["hashes"].split(",") if part.strip()]
    check_sharing(len(given))
    return page_of_shared(arguments, dict.fromkeys(map(identity_of, given)))


@blueprint.route("/specs/<hash>/variations")
@blueprint.arguments(schemas.VariationsArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.VariationPageSchema)
def get_variations(arguments: dict[str, Any], hash: str) -> dict[str, Any]:
    """List the other roots of the same package that differ from this spec in one thing only.

    At most 500 roots are compared for an answer. If there are more, the total is AT_LEAST, and
    `next` continues even after a page without items.
    """
    dag = find_dag(database(), name_content(hash, arguments["content"]))
    only = arguments["only"]
    aspect = None if only is None else parse_aspect(only, dag)
    scope = dag_scope(arguments, dag)
    block = variations.Block.decode(arguments["cursor"], scope)
    page = variations.list_variations(
        bounded(variations.ADVICE), dag, aspect, block, arguments["limit"]
    )
    shown: UncountedPage = {"items": page.items, "next": None}
    return {
        **with_facts(shown, arguments),
        "next": page.following.cursor(scope) if page.following else None,
        "total": total_of(page.total, exact=page.exact),
    }
