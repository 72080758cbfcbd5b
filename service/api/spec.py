"""`/specs/{hash}`: one spec, its document and its graph."""

from dataclasses import asdict
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import database, name_content
from service.api.schemas import specs as schemas
from service.dags.graph import Graph, graph_of
from service.queries.resolution import resolve_spec
from service.queries.row_facts import mark_facts
from service.queries.stored_dags import find_dag, find_document
from service.queries.stored_specs import StoredSpec, find_spec, read_spec

blueprint = Blueprint("spec", __name__, description="One concrete spec and its provenance.")


@blueprint.route("/specs/<hash:hash>")
@blueprint.arguments(schemas.ContentArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.SpecSchema)
def spec(arguments: dict[str, Any], hash: str) -> StoredSpec:
    """Return one spec, its documents, and the other contents of its hash.

    Spack may give one hash to several contents. `content` chooses one by the start of its digest;
    by default it is one that a document describes, of these the one that proves the hash best.
    """
    return find_spec(database(), name_content(hash, arguments["content"]))


@blueprint.route("/resolve")
@blueprint.arguments(schemas.ResolveArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.ContentLabelSchema)
def resolve(arguments: dict[str, Any]) -> StoredSpec:
    """Return the one spec that a hash, the start of one, or a spec means.

    If several specs satisfy it, the problem document lists them with what tells them apart.
    """
    return read_spec(database(), resolve_spec(database(), arguments["spec"], "spec"))


@blueprint.route("/specs/<hash>/spec.json")
@blueprint.arguments(schemas.DocumentArguments, location="query", unknown=RAISE)
@blueprint.alt_response(200, description="The document as Spack wrote it.", success=True)
def spec_json(arguments: dict[str, Any], hash: str) -> Response:
    """Return the uploaded document exactly, except for white space, which is as in Spack's.

    A spec that was only uploaded as a dependency gets its part of a larger document, root first.
    """
    named = name_content(hash, arguments["content"])
    dag = find_document(database(), named, arguments["document"])
    response = Response(dag.original_document(), content_type="application/json")
    response.set_etag(dag.digest or dag.nodes[dag.root].digest)
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.route("/specs/<hash>/graph")
@blueprint.arguments(schemas.GraphArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.GraphSchema)
def graph(arguments: dict[str, Any], hash: str) -> Graph | dict[str, Any]:
    """Return the DAG as nodes and edges, build specs included."""
    named = name_content(hash, arguments["content"])
    dag = find_dag(database(), named, arguments["document"])
    found = graph_of(dag)
    if arguments["facts"] == "none":
        return found
    uids = map(dag.identity_of, dag.nodes)
    nodes = [{**asdict(node), "uid": uid} for uid, node in zip(uids, found.nodes, strict=True)]
    mark_facts(database(), nodes, choice="all")
    return {"root": found.root, "nodes": nodes, "edges": found.edges}
