"""`/specs/{hash}`: one spec, its document and its graph."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import NotFound

from service.api.request import database, full_hash
from service.api.schemas import specs as schemas
from service.dags.dag import Dag, load_dag
from service.dags.provenance import label

blueprint = Blueprint("spec", __name__, description="One concrete spec and its provenance.")

_OLD_HASHES = ("runtime_hash", "build_hash", "full_hash")


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
