"""`/specs/{hash}` and what is below it: one spec, its document, graph, chains and splice."""

import re
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import BadRequest, NotFound

from service import paging, schemas
from service.comparison import compare
from service.dag import Dag, load_dag
from service.provenance import chains, label, replacements, splice_summary
from service.selection import resolve, select
from service.specs import database, finish_page, parse_parameter, scope_of

blueprint = Blueprint("spec", __name__, description="One concrete spec and its provenance.")

_PREFIX = re.compile(r"[a-z2-7]{1,32}\Z")
_OLD_HASHES = ("runtime_hash", "build_hash", "full_hash")


def full_hash(text: str) -> str:
    """The hash of the stored spec that a hash or the start of one names.

    :raises BadRequest: it is no hash.
    :raises NotFound: no spec has it.
    :raises AmbiguousHashError: several specs fit.
    """
    prefix = text.removeprefix("/").lower()
    if not _PREFIX.match(prefix):
        raise BadRequest(f"{text[:40]!r} is not a hash: letters a to z and digits 2 to 7")
    found = resolve(database(), prefix)
    if found is None:
        raise NotFound(f"no spec has a hash that starts with {prefix}")
    return found


def dag_of(text: str, digest: str | None = None) -> Dag:
    """The DAG of the spec that a hash names; raises as :func:`full_hash`."""
    hash_ = full_hash(text)
    dag = load_dag(database(), hash_, digest)
    if dag is None and digest is not None:
        raise NotFound(f"{hash_} has no document with that digest")
    if dag is None:
        raise NotFound(f"{hash_} is only named by a build spec so far; nobody uploaded it")
    return dag


@blueprint.route("/specs/<hash_>")
@blueprint.arguments(schemas.NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpecSchema)
def spec(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """One spec: what it is, its documents, and the records in conflict with it."""
    record = database().read("spec", hash=full_hash(hash_))[0]
    found = dict(record["spec"])
    found["hashes"] = {key: found[key] for key in _OLD_HASHES if key in found}
    conflicts = [{**conflict, "digest": conflict["uid"][33:]} for conflict in record["conflicts"]]
    return {
        "stub": False,
        **found,
        "root": record["root"],
        "documents": record["documents"],
        "conflicts": conflicts,
        "spliced_from": record["spliced_from"],
        "dependents": record["dependents"],
    }


@blueprint.route("/specs/<hash_>/spec.json")
@blueprint.arguments(schemas.DocumentArguments, location="query", unknown=RAISE)
@blueprint.alt_response(200, description="The document as Spack wrote it.", success=True)
def spec_json(arguments: dict[str, Any], hash_: str) -> Response:
    """Return the uploaded document exactly, but for its white space, which is as in Spack's.

    For a spec that nobody uploaded by itself: its part of a larger document, root first.
    """
    dag = dag_of(hash_, arguments["document"])
    response = Response(dag.document(), content_type="application/json")
    response.set_etag(dag.digest or dag.nodes[dag.root].digest)
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.route("/specs/<hash_>/graph")
@blueprint.arguments(schemas.DocumentArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.GraphSchema)
def graph(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """Return the DAG as nodes and edges, build specs included."""
    dag = dag_of(hash_, arguments["document"])
    closure = dag.closure
    nodes = [
        {
            **label(node, each),
            "namespace": node.properties.get("namespace"),
            "target": node.properties.get("target"),
            "external": node.properties["external"],
            "spliced": node.build_spec is not None,
            "verified": node.verified,
            "built": each in closure.build,
            "deployed": each in closure.runtime,
        }
        for each, node in dag.nodes.items()
    ]
    edges = [vars_of(step) for each in dag.nodes for step in dag.steps(each, built=True)]
    return {"root": dag.root, "nodes": nodes, "edges": edges}


def vars_of(step: Any) -> dict[str, Any]:
    """A step as an edge of the answer."""
    return {
        "source": step.source,
        "target": step.target,
        "kind": step.kind,
        "deptypes": list(step.deptypes),
        "virtuals": list(step.virtuals),
    }


@blueprint.route("/specs/<hash_>/why")
@blueprint.arguments(schemas.WhyArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.WhySchema)
def why(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """Tell why a dependency is there: a shortest chain to each node that satisfies it."""
    deptypes = frozenset(filter(None, arguments["deptypes"].split(",")))
    if not deptypes <= set(schemas.DEPTYPES) or not deptypes:
        raise BadRequest("deptypes: any of build, link, run and test, with commas between")
    constraint = parse_parameter("dependency", arguments["dependency"])
    if constraint is None:
        raise BadRequest("dependency: empty; name what to look for")
    dag = dag_of(hash_)
    wanted = frozenset(select(database(), constraint)) & dag.nodes.keys()
    return {
        "root": label(dag.nodes[dag.root], dag.root),
        "dependency": arguments["dependency"],
        "chains": chains(dag, wanted, deptypes=deptypes, limit=arguments["limit"]),
    }


@blueprint.route("/specs/<hash_>/splice")
@blueprint.arguments(schemas.NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpliceSchema)
def splice(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """Tell what the splice kept, relinked, took out and put in, of what is there at run time."""
    dag = dag_of(hash_)
    summary = splice_summary(dag)
    stands_for = replacements(dag, summary)

    def labelled(each: str) -> dict[str, Any]:
        return label(dag.nodes.get(each), each)

    original = dag.original(dag.root)
    return {
        "root": labelled(dag.root),
        "spliced": original != dag.root,
        "build_spec": labelled(original),
        "chain": [labelled(step.target) for step in dag.splice_chain()],
        "counts": {
            "kept": len(summary.kept),
            "relinked": len(summary.relinked),
            "taken_out": len(summary.taken_out),
            "put_in": len(summary.put_in),
        },
        "kept": [labelled(each) for each in summary.kept],
        "relinked": [{**labelled(each), "build_spec": origin} for each, origin in summary.relinked],
        "taken_out": [labelled(each) for each in summary.taken_out],
        "put_in": [
            {
                **labelled(each),
                "replaces": labelled(stands_for[each]) if each in stands_for else None,
            }
            for each in summary.put_in
        ],
    }


@blueprint.route("/specs/<hash_>/dependents")
@blueprint.arguments(schemas.DependentsArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DependentPageSchema)
def dependents(arguments: dict[str, Any], hash_: str) -> dict[str, Any]:
    """List the specs that depend on this one."""
    target = full_hash(hash_)
    if arguments["transitive"] and arguments["runtime"] is False:
        raise BadRequest("runtime: false is for direct dependents only; leave transitive out")
    scope = scope_of(arguments)
    limit = arguments["limit"]
    parameters: dict[str, Any] = {
        "target": target,
        "roots_only": arguments["roots_only"],
        "limit": limit + 1,
        **paging.decode(arguments["cursor"], scope).parameters(),
    }
    if not arguments["transitive"]:
        record = database().read("dependents", runtime=arguments["runtime"], **parameters)[0]
    elif arguments["runtime"]:
        record = database().read("dependents_runtime", **parameters)[0]
    else:
        record = database().read("dependents_all", **parameters)[0]
    return finish_page(record["items"], record["total"], limit, scope)


@blueprint.route("/diff")
@blueprint.arguments(schemas.DiffArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiffSchema)
def diff(arguments: dict[str, Any]) -> dict[str, Any]:
    """Compare two DAGs by package: versions, variants, compilers, dependency types."""
    a, b = dag_of(arguments["a"]), dag_of(arguments["b"])
    same, entries = compare(a, b, runtime=arguments["runtime"])
    return {
        "a": label(a.nodes[a.root], a.root),
        "b": label(b.nodes[b.root], b.root),
        "same": same,
        "entries": entries,
    }
