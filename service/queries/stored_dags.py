"""DAGs read from the graph, and documents as they were uploaded."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NotRequired, TypedDict, cast

from neo4j import Record

from cypher.run import Database
from loaders.specs.contents import hash_of
from loaders.specs.document import read_records
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag, part_of_dag
from service.queries.errors import NotInGraphError
from service.queries.resolution import resolve_spec, whole_hash


def find_dag(database: Database, text: str, digest: str | None = None) -> Dag:
    """Return the DAG of the spec that a hash, the start of one, or a spec names.

    Build specs are included.

    Args:
        database: The graph.
        text: The hash or spec; see :func:`service.queries.resolution.resolve_spec` for errors.
        digest: Digest of one of the root's documents, to read that; by default the graph is read.

    Raises:
        NotInGraphError: Only the spec's name is stored, or it has no document of that digest.
    """
    if digest is None and (hash_ := whole_hash(text)) and (shown := load_shown(database, hash_)):
        return shown
    uid = resolve_spec(database, text)
    dag = load_dag(database, uid) if digest is None else load_document(database, uid, digest)
    if dag is None and digest is not None:
        raise NotInGraphError(f"{hash_of(uid)} has no document with that digest")
    if dag is None:
        raise NotInGraphError(
            f"{hash_of(uid)} is only named by a build spec so far; upload it first"
        )
    return dag


def find_document(database: Database, text: str, digest: str | None = None) -> Dag:
    """Return one of the documents of a spec as it was uploaded, by default the best one.

    A spec without a document of its own gets its part of the graph. Raises as :func:`find_dag`.
    """
    dag = load_document(database, resolve_spec(database, text), digest)
    return find_dag(database, text, digest) if dag is None else dag


def load_shown(database: Database, hash_: str) -> Dag | None:
    """Return the DAG of the content that is shown for a full hash, or None."""
    # The statement that reads most splices finds out which content is shown, too.
    records = database.read("described_content", hash=hash_, uid=None)
    if not records:
        return None
    uid = records[0]["uid"]
    return load_dag(database, uid) if uid == hash_ else _from_record(database, uid, records[0])


def load_document(database: Database, uid: str, digest: str | None = None) -> Dag | None:
    """Return a document of a root as a DAG, by default the one with the best records, or None."""
    records = database.read("root_document", uid=uid, digest=digest)
    return _from_document(uid, records[0], _texts_of(records[0])) if records else None


def load_dag(database: Database, uid: str) -> Dag | None:
    """Return the DAG of a stored content, with the build specs below it.

    Returns:
        None if the spec is unknown or only named.
    """
    if uid == hash_of(uid):
        # The hash determines all of it, so any document has it.
        document = load_document(database, uid)
        if document is not None:
            return document
    return _from_graph(database, uid)


def load_dags(database: Database, uids: Sequence[str]) -> Iterator[tuple[str, Dag]]:
    """Yield the identities and the DAGs of some roots in the given order."""
    plain = [uid for uid in uids if uid == hash_of(uid)]
    record = database.read("root_documents", uids=plain)[0]
    texts = _texts_of(record)
    documents = {document["root"]: document for document in record["documents"]}
    for uid in uids:
        if uid in documents:
            yield uid, _from_document(uid, documents[uid], texts)
        elif uid != hash_of(uid) and (dag := _from_graph(database, uid)) is not None:
            yield uid, dag


def load_each(database: Database, uids: Collection[str]) -> dict[str, Dag]:
    """Return the DAGs of those of some stored contents that have one, as :func:`load_dag` does."""
    found: dict[str, Dag] = {}
    for uid, dag in load_dags(database, sorted(uids)) if uids else ():
        database.check_clock()
        found[uid] = dag
    for uid in uids:
        # Specs that are no roots have no document of their own.
        if uid not in found and (stored := _from_graph(database, uid)) is not None:
            found[uid] = stored
    return found


def _texts_of(record: Record) -> dict[str, str]:
    """Return the JSON texts of the nodes by the keys that documents refer to them by."""
    return {node["reference"]: node["document"] for node in record["nodes"]}


def _from_document(uid: str, document: Record | Mapping[str, Any], texts: Mapping[str, str]) -> Dag:
    references = document["records"]
    # A reference is a hash, followed by a digest if the hash does not determine the record.
    order = tuple(map(hash_of, references))
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
        root=hash_of(uid),
        spec_format=document["spec_format"],
        envelope=document["envelope"],
        order=order,
        nodes=nodes,
        digest=document["digest"],
        texts=None if len(nodes) == len(order) else tuple(each.document for each in parsed),
    )


class _BuildSpec(TypedDict):
    uid: str
    name: str
    stub: NotRequired[bool | None]


class _StoredNode(TypedDict):
    uid: str
    alone: bool
    document: str
    spec_format: int
    dependencies: list[str]
    build_spec: NotRequired[_BuildSpec | None]


def _from_graph(database: Database, uid: str) -> Dag | None:
    hash_ = hash_of(uid)
    records = database.read("described_content", hash=hash_, uid=uid) if uid != hash_ else []
    return _from_record(database, uid, records[0] if records else None)


def _from_record(database: Database, uid: str, record: Record | None) -> Dag | None:
    """Return the DAG of a content from its record, or from the graph if that has not all of it."""
    dag = _from_content(uid, record) if record else None
    if dag is not None:
        return dag
    records = database.read("subgraph_records", uid=uid)
    if not records or records[0]["spec_format"] is None:
        return None
    spec_format, nodes, document = (records[0][key] for key in ("spec_format", "nodes", "document"))
    return _dag_of_nodes(uid, spec_format, nodes, document)


def _from_content(uid: str, record: Record) -> Dag | None:
    """Return the DAG of a content if its best document has all specs that the DAG needs.

    It may lack some, since what is a damaged copy in the document is another spec in the graph.
    """
    contents, document = record["contents"], record["document"]
    if not contents or document is None:
        return None
    plain = [
        cast(_StoredNode, {**each, "alone": True, "dependencies": []}) for each in record["plain"]
    ]
    present = {each["uid"] for each in (*plain, *contents)}
    for each in contents:
        build_spec = each["build_spec"]
        if not present.issuperset(each["dependencies"]) or (
            build_spec and not build_spec["stub"] and build_spec["uid"] not in present
        ):
            return None
    dag = _dag_of_nodes(uid, record["spec_format"], [*contents, *plain], document)
    is_whole = all(dag.nodes.keys() >= node.dependencies for node in dag.nodes.values())
    return dag if is_whole else None


def _dag_of_nodes(
    uid: str,
    spec_format: int,
    stored: Sequence[_StoredNode],
    document: Mapping[str, Any] | None,
) -> Dag:
    """Return the DAG of one of some stored nodes, in the order of its document if it has one."""
    by_format: dict[int, list[_StoredNode]] = defaultdict(list)
    # Where only one content has a hash, the hash is enough to name it.
    names = {node["uid"]: hash_of(node["uid"]) for node in stored if node["alone"]}
    for node in stored:
        node["uid"] = names.get(node["uid"], node["uid"])
        node["dependencies"] = [names.get(each, each) for each in node["dependencies"]]
        if build_spec := node.get("build_spec"):
            build_spec["uid"] = names.get(build_spec["uid"], build_spec["uid"])
        by_format[node["spec_format"]].append(node)
    nodes: dict[str, NodeRecord] = {}
    for each_format, entries in by_format.items():
        parsed = read_records([each["document"].encode() for each in entries], each_format)
        for entry, record in zip(entries, parsed, strict=True):
            nodes[entry["uid"]] = _with_identities(record, entry)
    dag = part_of_dag(names.get(uid, uid), spec_format, nodes)
    dag = replace(dag, identities={name: each for each, name in names.items() if name != each})
    return dag if document is None else _in_order_of(dag, document)


def _in_order_of(dag: Dag, document: Mapping[str, Any]) -> Dag:
    """Return a DAG with its nodes in the order of a document; others follow."""
    places: dict[str, int] = {}
    for place, reference in enumerate(document["records"]):
        places.setdefault(hash_of(reference), place)
    order = tuple(sorted(dag.order, key=lambda uid: places.get(hash_of(uid), len(places))))
    nodes = {uid: dag.nodes[uid] for uid in order}
    return replace(dag, order=order, nodes=nodes, digest=document["digest"])


def _with_identities(record: NodeRecord, stored: _StoredNode) -> NodeRecord:
    """Return a node that names itself and its neighbours by their identities in the graph."""
    targets = {hash_of(uid): uid for uid in stored["dependencies"]}
    found = stored.get("build_spec")
    build_spec = (found["name"], found["uid"]) if found else None
    if (
        stored["uid"] == record.hash
        and build_spec == record.build_spec
        and all(hash_ == uid for hash_, uid in targets.items())
    ):
        return record

    def identity_of(hash_: str) -> str:
        return targets.get(hash_, hash_)

    return replace(
        record,
        hash=stored["uid"],
        edges=tuple(replace(edge, hash=identity_of(edge.hash)) for edge in record.edges),
        build_spec=build_spec,
        dependencies=frozenset(map(identity_of, record.dependencies)),
        runtime_dependencies=frozenset(map(identity_of, record.runtime_dependencies)),
    )
