"""DAGs read from the graph: by the documents of their roots, or pieced together without one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from neo4j import Record

from cypher.run import Database
from loaders.specs.closure import build_chain
from loaders.specs.document import read_records
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag, part_of_dag
from service.queries.errors import NotInGraphError
from service.queries.selection import resolve_hash


def find_dag(database: Database, text: str, digest: str | None = None) -> Dag:
    """Return the DAG of the spec that a hash, or the start of one, names.

    Args:
        database: The graph.
        text: The hash; see :func:`service.queries.selection.resolve_hash` for errors.
        digest: Digest of one of the root's documents; the best verified one by default.

    Raises:
        NotInGraphError: Only the spec's name is stored, or it has no document of that digest.
    """
    hash_ = resolve_hash(database, text)
    dag = load_dag(database, hash_, digest)
    if dag is None and digest is not None:
        raise NotInGraphError(f"{hash_} has no document with that digest")
    if dag is None:
        raise NotInGraphError(f"{hash_} is only named by a build spec so far; upload it first")
    return dag


def find_spliced_dag(database: Database, text: str) -> Dag:
    """Return the DAG that a hash names, with its build specs; see :func:`find_dag`."""
    return add_build_specs(database, find_dag(database, text))


def add_build_specs(database: Database, dag: Dag) -> Dag:
    """Return a DAG with the build specs of its root that only other documents hold."""
    nodes = dict(dag.nodes)
    while (absent := build_chain(dag.root, nodes)[-1]) not in nodes:
        other = load_dag(database, absent)
        if other is None:
            break
        nodes = {**other.nodes, **nodes}
    return dag if len(nodes) == len(dag.nodes) else replace(dag, nodes=nodes)


def load_dag(database: Database, hash_: str, digest: str | None = None) -> Dag | None:
    """Return the DAG of a stored spec.

    Args:
        database: The graph.
        hash_: A full hash.
        digest: Digest of one of the root's documents; the best verified one by default.

    Returns:
        None if the spec is unknown or only named, or has no document of that digest.
    """
    records = database.read("root_document", hash=hash_, digest=digest)
    if records:
        return _from_document(hash_, records[0], _texts_of(records[0]))
    if digest is not None:
        return None
    return _from_larger_document(database, hash_) or _from_graph(database, hash_)


def load_dags(database: Database, hashes: Sequence[str]) -> Iterator[Dag]:
    """Yield the DAGs of some roots, by their best verified documents, in order of the hashes."""
    record = database.read("root_documents", hashes=hashes)[0]
    texts = _texts_of(record)
    documents = {document["root"]: document for document in record["documents"]}
    for hash_ in hashes:
        if hash_ in documents:
            yield _from_document(hash_, documents[hash_], texts)


def _texts_of(record: Record) -> dict[str, str]:
    """Return the JSON texts of the nodes by the keys that documents refer to them by."""
    return {node["reference"]: node["document"] for node in record["nodes"]}


def _from_document(
    hash_: str, document: Record | Mapping[str, Any], texts: Mapping[str, str]
) -> Dag:
    references = document["records"]
    # A reference is a hash, followed by a digest if the record is a claim.
    order = tuple(reference[:32] for reference in references)
    parsed = read_records(
        [texts[reference].encode() for reference in references], document["spec_format"]
    )
    nodes: dict[str, NodeRecord] = {}
    for record in parsed:
        # A splice comes before the build spec whose hash it may carry. Of an abstract build spec no
        # more is known than its name.
        if not record.is_abstract:
            nodes.setdefault(record.hash, record)
    return Dag(
        root=hash_,
        spec_format=document["spec_format"],
        envelope=document["envelope"],
        order=order,
        nodes=nodes,
        digest=document["digest"],
        texts=None if len(nodes) == len(order) else tuple(each.document for each in parsed),
    )


def _from_larger_document(database: Database, hash_: str) -> Dag | None:
    """Return the DAG of a spec that is not a root: its part of a document that holds it."""
    for record in database.read("documents_holding_spec", hash=hash_):
        whole = load_dag(database, record["root"], record["digest"])
        if whole is not None and hash_ in whole.nodes:
            return part_of_dag(hash_, whole.spec_format, whole.nodes)
    return None


def _from_graph(database: Database, hash_: str) -> Dag | None:
    """Return the DAG of a spec below no root, as an interrupted upload leaves it."""
    records = database.read("subgraph_records", hash=hash_)
    if not records or records[0]["spec_format"] is None:
        return None
    by_format: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for node in records[0]["nodes"]:
        by_format[node["spec_format"]].append((node["hash"], node["document"]))
    nodes: dict[str, NodeRecord] = {}
    for spec_format, entries in by_format.items():
        parsed = read_records([text.encode() for _, text in entries], spec_format)
        nodes |= {each: record for (each, _), record in zip(entries, parsed, strict=True)}
    return part_of_dag(hash_, records[0]["spec_format"], nodes)
