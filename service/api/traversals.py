"""What a walk over the DAGs of one, two or more specs tells."""

from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import BadRequest

from service.api.request import bounded, database, full_hash, parse_parameter, scope_of
from service.api.schemas import traversals as schemas
from service.api.spec import dag_of
from service.dags import deptypes
from service.dags.dag import Dag
from service.dags.diff import compare, compilers
from service.dags.provenance import label, replacements, splice_summary
from service.dags.shared_specs import MAX_PACKAGES, shared
from service.dags.shortest_chains import chains
from service.dags.splices import with_build_specs
from service.dags.variations import Block, thing_of
from service.dags.variations import variations as list_variations
from service.paging import cursors, offsets
from service.queries.dependents import MOST_COUNTED, Walk
from service.queries.dependents import dependents as list_dependents
from service.queries.selection import select_among

blueprint = Blueprint("traversals", __name__, description="Walks over the DAGs of specs.")

MOST_CHAINS = 1_000_000
"""Up to here the number of chains is told, though more are counted."""
MAX_HASHES = 50
"""Most DAGs of which it is told what they share."""

WHY_ADVICE = "narrow it: name a package, or ask for fewer chains"
DEPENDENTS_ADVICE = "narrow it: ask for direct dependents, or for roots only"
COMMON_ADVICE = "narrow it: give fewer hashes"
VARIATIONS_ADVICE = "narrow it: say with `only` what may differ"


def _total(count: int, most: int | None = None) -> dict[str, Any]:
    if most is not None and count > most:
        return {"count": most, "type": "AT_LEAST"}
    return {"count": count, "type": "EXACT"}


def _list_of(arguments: dict[str, Any], *dags: Dag) -> str:
    """What a cursor over a list made of some DAGs belongs to: the query and their documents."""
    return f"{scope_of(arguments)} {[dag.digest for dag in dags]}"


@blueprint.route("/specs/<hash_>/why")
@blueprint.arguments(schemas.WhyArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.WhySchema)
def why(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """Tell why a dependency is there: all shortest chains to each node that satisfies it."""
    types = deptypes.parse(arguments["deptypes"])
    constraint = parse_parameter("dependency", arguments["dependency"])
    if constraint is None:
        raise BadRequest("dependency: empty; name what to look for")
    dag = with_build_specs(database(), dag_of(hash_))
    scope = _list_of(arguments, dag)
    offset = offsets.decode(arguments["cursor"], scope)
    limited = bounded(WHY_ADVICE)
    wanted = select_among(limited, dag.nodes.keys(), constraint)
    limit = arguments["limit"]
    shown, count = chains(dag, wanted, deptypes=types, skip=offset, limit=limit, tick=limited.tick)
    return {
        "root": label(dag.nodes[dag.root], dag.root),
        "dependency": arguments["dependency"],
        "chains": shown,
        "next": offsets.following(offset, len(shown), count, scope),
        "total": _total(count, MOST_CHAINS),
    }


@blueprint.route("/specs/<hash_>/splice")
@blueprint.arguments(schemas.SpliceArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpliceSchema)
def splice(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """Tell what the splice kept, relinked, took out and put in.

    Only what is there at run time is compared, or what `deptypes` says.
    """
    types = deptypes.parse(arguments["deptypes"])
    dag = with_build_specs(database(), dag_of(hash_))
    original = dag.original(dag.root)
    sections = _splice_sections(dag, types)
    entries = [(name, entry) for name, section in sections.items() for entry in section]
    shown, following = offsets.page(
        entries, arguments["limit"], arguments["cursor"], _list_of(arguments, dag)
    )
    return {
        "root": label(dag.nodes[dag.root], dag.root),
        "spliced": original != dag.root,
        "build_spec": label(dag.nodes.get(original), original),
        "chain": [label(dag.nodes.get(s.target), s.target) for s in dag.splice_chain()],
        "counts": {name: len(section) for name, section in sections.items()},
        **{name: [entry for of, entry in shown if of == name] for name in sections},
        "next": following,
        "total": _total(len(entries)),
    }


def _splice_sections(dag: Dag, types: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
    """What became of each spec, the sections in the order of the pages."""
    summary = splice_summary(dag, types)
    stands_for = replacements(dag, summary, types)

    def labelled(each: str) -> dict[str, Any]:
        return label(dag.nodes.get(each), each)

    def replaced(each: str) -> dict[str, Any] | None:
        return labelled(stands_for[each]) if each in stands_for else None

    return {
        "taken_out": [labelled(each) for each in summary.taken_out],
        "put_in": [{**labelled(each), "replaces": replaced(each)} for each in summary.put_in],
        "relinked": [{**labelled(each), "build_spec": origin} for each, origin in summary.relinked],
        "kept": [labelled(each) for each in summary.kept],
    }


@blueprint.route("/specs/<hash_>/dependents")
@blueprint.arguments(schemas.DependentsArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DependentPageSchema)
def dependents(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """List the specs that depend on this one.

    More than 10,000 are not counted: the total is AT_LEAST then.
    """
    runtime, transitive = arguments["runtime"], arguments["transitive"]
    if transitive and runtime is False:
        raise BadRequest("runtime: false is for direct dependents only; leave transitive out")
    types = None if arguments["deptypes"] is None else deptypes.parse(arguments["deptypes"])
    if runtime and types not in (None, deptypes.RUNTIME):
        raise BadRequest("runtime: it says something else than deptypes; give one of them")
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    wanted = {"target": full_hash(hash_), "roots_only": arguments["roots_only"]}
    items, count = list_dependents(
        bounded(DEPENDENTS_ADVICE),
        Walk(transitive, runtime, types),
        {**wanted, **position.parameters(), "limit": limit + 1},
    )
    total = _total(MOST_COUNTED + 1 if count is None else count, MOST_COUNTED)
    return _keyed_page(items, limit, scope, total)


def _keyed_page(
    items: Sequence[dict[str, Any]], limit: int, scope: str, total: dict[str, Any]
) -> dict[str, Any]:
    """A page by name, version and hash from a list that holds what comes after it too."""
    shown = items[:limit]
    following = cursors.encode(shown[-1], scope) if len(items) > limit else None
    return {"items": shown, "next": following, "total": total}


@blueprint.route("/diff")
@blueprint.arguments(schemas.DiffArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiffSchema)
def diff(arguments: dict[str, Any]) -> dict[str, Any]:
    """Compare two DAGs by package: versions, variants, compilers, dependency types."""
    types = deptypes.chosen(arguments["deptypes"], arguments["runtime"])
    a, b = dag_of(arguments["a"]), dag_of(arguments["b"])
    same, entries = compare(a, b, types)
    shown, following = offsets.page(
        entries, arguments["limit"], arguments["cursor"], _list_of(arguments, a, b)
    )
    return {
        "a": label(a.nodes[a.root], a.root),
        "b": label(b.nodes[b.root], b.root),
        "same": same,
        "compilers": {"a": compilers(a), "b": compilers(b)},
        "entries": shown,
        "next": following,
        "total": _total(len(entries)),
    }


@blueprint.route("/common")
@blueprint.arguments(schemas.CommonArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.CommonSchema)
def common(arguments: dict[str, Any]) -> dict[str, Any]:
    """List the specs that the DAGs of all these specs share.

    And the packages of which each of them has a spec that not all have.
    """
    types = deptypes.parse(arguments["deptypes"])
    given = [part.strip() for part in arguments["hashes"].split(",") if part.strip()]
    if not 2 <= len(given) <= MAX_HASHES:
        raise BadRequest(f"hashes: {len(given)} of them; give 2 to {MAX_HASHES}")
    hashes = list(dict.fromkeys(map(full_hash, given)))
    specs: list[dict[str, Any]] = []

    def dag(hash_: str) -> Dag:
        found = dag_of(hash_)
        specs.append(label(found.nodes[hash_], hash_))
        return found

    found = shared(map(dag, hashes), types, bounded(COMMON_ADVICE).tick)
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    after = [spec for spec in found.specs if _key(spec) > _key(vars(position))]
    page = _keyed_page(after, arguments["limit"], scope, _total(len(found.specs)))
    return {
        "specs": specs,
        **page,
        "packages": found.packages[:MAX_PACKAGES],
        "packages_truncated": len(found.packages) > MAX_PACKAGES,
    }


def _key(spec: dict[str, Any]) -> tuple[str, str, str]:
    return spec["name"], spec["version_key"], spec["hash"]


@blueprint.route("/specs/<hash_>/variations")
@blueprint.arguments(schemas.VariationsArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.VariationPageSchema)
def variations(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """List the other roots of the same package that differ from this spec in one thing only.

    At most 500 roots are compared for an answer. Where there are more the total is AT_LEAST, and
    `next` goes on, even after a page without items.
    """
    dag = dag_of(hash_)
    thing = None if arguments["only"] is None else thing_of(arguments["only"], dag)
    scope = _list_of(arguments, dag)
    database = bounded(VARIATIONS_ADVICE)
    block = Block.of(arguments["cursor"], scope)
    found = list_variations(database, dag, thing, block, arguments["limit"], database.tick)
    return {
        "items": found.items,
        "next": found.following.cursor(scope) if found.following else None,
        "total": {"count": found.count, "type": "EXACT" if found.exact else "AT_LEAST"},
    }
