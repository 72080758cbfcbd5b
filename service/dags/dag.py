"""One DAG read back from the graph, exactly as its document tells it."""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import msgspec

from cypher.run import Database
from loaders.specs.closure import Closure, build_chain, closure_of
from loaders.specs.document import read_records
from loaders.specs.node import NodeRecord
from service.dags.deptypes import ALL

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])

Tick = Callable[[], None]
"""Called between the steps of a long work; raises where that has to end."""


def no_tick() -> None:
    """Let the work go on."""


@dataclass(frozen=True)
class Step:
    """One step of a path.

    :ivar kind: `DEPENDS_ON` or `SPLICED_FROM`.
    """

    source: str
    target: str
    kind: str
    deptypes: tuple[str, ...] = ()
    virtuals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dag:
    """The nodes of one spec's DAG, build specs included.

    :ivar digest: of the document that it was read from, None where the spec has none.
    :ivar order: hashes in the document's order.
    """

    root: str
    spec_format: int
    envelope: str
    order: tuple[str, ...]
    nodes: dict[str, NodeRecord]
    digest: str | None

    @cached_property
    def closure(self) -> Closure:
        """What the root was built and is deployed with."""
        return closure_of(self.root, self.nodes)

    def document(self) -> bytes:
        """The spec document as it was uploaded, with white space as Spack writes it.

        Put together from texts, so that every number and escape comes back as it was written.
        """
        envelope = _OBJECT.decode(self.envelope)
        nodes = msgspec.Raw(
            msgspec.json.encode(
                [msgspec.Raw(self.nodes[hash_].document.encode()) for hash_ in self.order]
            )
        )
        if self.spec_format > 1:
            inner = _OBJECT.decode(envelope["spec"])
            nodes = msgspec.Raw(msgspec.json.encode({**inner, "nodes": nodes}))
        return msgspec.json.format(msgspec.json.encode({**envelope, "spec": nodes}), indent=0)

    def original(self, hash_: str) -> str:
        """The end of the chain of build specs from a node, itself where it was not spliced."""
        return build_chain(hash_, self.nodes)[-1]

    def steps(self, hash_: str, *, built: bool) -> Iterator[Step]:
        """The steps from a node: on the built side every edge and splice, else run time only."""
        node = self.nodes.get(hash_)
        if node is None:
            return
        for edge in node.edges:
            if built or edge.runtime:
                yield Step(hash_, edge.hash, "DEPENDS_ON", edge.deptypes, edge.virtuals)
        if built and node.build_spec:
            yield Step(hash_, node.build_spec[1], "SPLICED_FROM")

    def reached(self, deptypes: Collection[str], start: str | None = None) -> dict[str, NodeRecord]:
        """The nodes that edges of any of some types lead to; build specs are not followed.

        All types together are every edge, one without a type included.

        :param start: where to start, the root by default.
        """
        every = set(deptypes) >= ALL
        followed = frozenset(deptypes)
        found: dict[str, NodeRecord] = {}
        waiting = [start or self.root]
        while waiting:
            hash_ = waiting.pop()
            node = self.nodes.get(hash_)
            if node is not None and hash_ not in found:
                found[hash_] = node
                waiting += [e.hash for e in node.edges if every or followed & set(e.deptypes)]
        return found

    def splice_chain(self) -> list[Step]:
        """The steps from the root to the spec that was really built."""
        chain = build_chain(self.root, self.nodes)
        return [Step(above, below, "SPLICED_FROM") for above, below in pairwise(chain)]


def shortest_paths(
    start: str,
    wanted: Callable[[str], bool],
    steps: Callable[[str], Iterator[Step]],
    *,
    limit: int,
) -> list[list[Step]]:
    """A shortest path from `start` to each of the nearest `limit` nodes that are wanted.

    Nearest first; an empty path where `start` itself is wanted. Linear in the edges looked at.
    """
    came: dict[str, Step | None] = {start: None}
    frontier = deque([start])
    found: list[list[Step]] = []
    while frontier and len(found) < limit:
        hash_ = frontier.popleft()
        if wanted(hash_):
            found.append(_walk_back(hash_, came))
        for step in steps(hash_):
            if step.target not in came:
                came[step.target] = step
                frontier.append(step.target)
    return found


def _walk_back(hash_: str, came: dict[str, Step | None]) -> list[Step]:
    path = []
    step = came[hash_]
    while step is not None:
        path.append(step)
        step = came[step.source]
    return path[::-1]


def load_dag(database: Database, hash_: str, digest: str | None = None) -> Dag | None:
    """The DAG of a stored spec.

    :param hash_: a full hash.
    :param digest: of one of the root's documents; the best proven one by default.
    :returns: None where the spec is unknown or a stub, or has no document of that digest.
    """
    records = database.read("document", hash=hash_, digest=digest)
    if records:
        record = records[0]
        return _from_document(hash_, record, dict(record["specs"] + record["claims"]))
    if digest is not None:
        return None
    return _from_holder(database, hash_) or _from_graph(database, hash_)


def load_dags(database: Database, hashes: Sequence[str]) -> Iterator[Dag]:
    """The DAGs of some roots, by their best proven documents, in the order of the hashes."""
    record = database.read("documents_of", hashes=hashes)[0]
    texts = dict(record["specs"] + record["claims"])
    documents = {document["root"]: document for document in record["documents"]}
    for hash_ in hashes:
        if hash_ in documents:
            yield _from_document(hash_, documents[hash_], texts)


def _from_document(hash_: str, record: Any, known: Mapping[str, str]) -> Dag:
    references = record["records"]
    texts = [known[reference] for reference in references]
    order = tuple(reference[:32] for reference in references)
    parsed = read_records([text.encode() for text in texts], record["spec_format"])
    return Dag(
        root=hash_,
        spec_format=record["spec_format"],
        envelope=record["envelope"],
        order=order,
        nodes=dict(zip(order, parsed, strict=True)),
        digest=record["digest"],
    )


def _from_holder(database: Database, hash_: str) -> Dag | None:
    """The DAG of a spec that is no root: its part of a document whose root reaches it."""
    for record in database.read("holder", hash=hash_):
        whole = load_dag(database, record["root"], record["digest"])
        if whole is not None and hash_ in whole.nodes:
            return _part(hash_, whole.spec_format, whole.nodes)
    return None


def _from_graph(database: Database, hash_: str) -> Dag | None:
    """The DAG of a spec that no root reaches, as an upload leaves it that was cut off."""
    records = database.read("subgraph", hash=hash_)
    if not records or records[0]["spec_format"] is None:
        return None
    by_format: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for each, text, spec_format in records[0]["specs"]:
        by_format[spec_format].append((each, text))
    nodes: dict[str, NodeRecord] = {}
    for spec_format, entries in by_format.items():
        parsed = read_records([text.encode() for _, text in entries], spec_format)
        nodes |= {each: record for (each, _), record in zip(entries, parsed, strict=True)}
    return _part(hash_, records[0]["spec_format"], nodes)


def _part(hash_: str, spec_format: int, nodes: Mapping[str, NodeRecord]) -> Dag:
    """The DAG below one of some nodes, in Spack's own order: preorder, build specs last."""
    order = _preorder(hash_, nodes)
    envelope: dict[str, Any] = {"spec": {"_meta": {"version": spec_format}, "nodes": None}}
    if spec_format == 1:
        envelope = {"spec": None}
    kept = {each: nodes[each] for each in order}
    return Dag(hash_, spec_format, json.dumps(envelope), order, kept, None)


def _preorder(root: str, nodes: Mapping[str, NodeRecord]) -> tuple[str, ...]:
    ordered: dict[str, None] = {}
    waiting = [root]
    originals: deque[str] = deque()
    while waiting or originals:
        hash_ = waiting.pop() if waiting else originals.popleft()
        node = nodes.get(hash_)
        if node is None or hash_ in ordered:
            continue
        ordered[hash_] = None
        if node.build_spec:
            originals.append(node.build_spec[1])
        waiting += [edge.hash for edge in reversed(node.edges)]
    return tuple(ordered)
