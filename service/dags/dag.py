"""One DAG in memory, as the graph or a document describes it."""

import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import msgspec

from loaders.specs.closure import Closure, build_chain, closure_of
from loaders.specs.node import NodeRecord
from service.dags.deptypes import ALL

_JSON_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])

Tick = Callable[[], None]
"""Called between the steps of long work; raises to end it."""


def no_tick() -> None:
    """Let the work go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path.

    Attributes:
        source: Identity of the spec that the step starts from.
        target: Identity of the spec that it leads to.
        kind: `DEPENDS_ON` or `SPLICED_FROM`.
        deptypes: Types of the dependency; empty for a build spec.
        virtuals: Virtuals that the dependency provides.
    """

    source: str
    target: str
    kind: str
    deptypes: tuple[str, ...] = ()
    virtuals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dag:
    """The nodes of one spec's DAG, build specs included.

    Nodes are named by their identities: by the hash where only one content has it, else by the hash
    and a digest (see `loaders.specs.contents`). Edges name their targets in the same way.

    Attributes:
        root: Identity of the spec.
        spec_format: Version of Spack's spec format of its document.
        envelope: The document's JSON without its nodes.
        order: Identities in the document's order.
        nodes: The nodes by their identities.
        digest: Digest of the document that it was read from, None if the spec has none.
        texts: JSON of the document's nodes if it has more than one record of a hash.
        identities: The identity in the graph of each node that is named by less here.
    """

    root: str
    spec_format: int
    envelope: str
    order: tuple[str, ...]
    nodes: dict[str, NodeRecord]
    digest: str | None
    texts: tuple[str, ...] | None = None
    identities: Mapping[str, str] = field(default_factory=dict)

    def identity_of(self, name: str) -> str:
        """Return the identity in the graph of the node with a name."""
        return self.identities.get(name, name)

    @cached_property
    def closure(self) -> Closure:
        """The built and the deployed side of the root."""
        return closure_of(self.root, self.nodes)

    def original_document(self) -> bytes:
        """Return the spec document as it was uploaded, with white space as Spack writes it."""
        # Joined from texts instead of parsed values: every number and escape comes back as written.
        envelope = _JSON_OBJECT.decode(self.envelope)
        texts = self.texts or [self.nodes[hash_].document for hash_ in self.order]
        nodes = msgspec.Raw(msgspec.json.encode([msgspec.Raw(text.encode()) for text in texts]))
        if self.spec_format > 1:
            inner = _JSON_OBJECT.decode(envelope["spec"])
            nodes = msgspec.Raw(msgspec.json.encode({**inner, "nodes": nodes}))
        return msgspec.json.format(msgspec.json.encode({**envelope, "spec": nodes}), indent=0)

    def original_build(self, hash_: str) -> str:
        """Return the end of a node's chain of build specs: the node itself if it is not spliced."""
        return build_chain(hash_, self.nodes)[-1]

    def steps_from(self, hash_: str, *, built: bool) -> Iterator[Step]:
        """Yield the steps from a node.

        Args:
            hash_: Hash of the node.
            built: Whether to follow every dependency and the build spec; else only link and run.
        """
        node = self.nodes.get(hash_)
        if node is None:
            return
        for edge in node.edges:
            if built or edge.runtime:
                yield Step(hash_, edge.hash, "DEPENDS_ON", edge.deptypes, edge.virtuals)
        if built and node.build_spec:
            yield Step(hash_, node.build_spec[1], "SPLICED_FROM")

    def reachable_nodes(
        self, deptypes: Collection[str], start: str | None = None, *, typed: bool = False
    ) -> dict[str, NodeRecord]:
        """Return the nodes on paths of dependencies of some types; build specs are not followed.

        Args:
            deptypes: An edge must have one of them, or none at all.
            start: Identity of the node to start from, the root by default.
            typed: Whether to leave out edges without a type.
        """
        every = set(deptypes) >= ALL and not typed
        followed = frozenset(deptypes)
        found: dict[str, NodeRecord] = {}
        waiting = [start or self.root]
        while waiting:
            hash_ = waiting.pop()
            node = self.nodes.get(hash_)
            if node is not None and hash_ not in found:
                found[hash_] = node
                # Spack follows an edge without a type whatever types it is asked for.
                waiting += [
                    edge.hash
                    for edge in node.edges
                    if every or (not edge.deptypes and not typed) or followed & set(edge.deptypes)
                ]
        return found

    def splice_chain(self) -> list[Step]:
        """Return the steps from the root to the spec that was really built."""
        chain = build_chain(self.root, self.nodes)
        return [Step(above, below, "SPLICED_FROM") for above, below in pairwise(chain)]


def part_of_dag(hash_: str, spec_format: int, nodes: Mapping[str, NodeRecord]) -> Dag:
    """Return the DAG of one of some nodes, in Spack's own order: preorder, build specs last."""
    order = _order_nodes(hash_, nodes)
    envelope: dict[str, Any] = {"spec": {"_meta": {"version": spec_format}, "nodes": None}}
    if spec_format == 1:
        envelope = {"spec": None}
    kept = {each: nodes[each] for each in order}
    return Dag(hash_, spec_format, json.dumps(envelope), order, kept, None)


def _order_nodes(root: str, nodes: Mapping[str, NodeRecord]) -> tuple[str, ...]:
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
        # A stack yields the last first; reversed edges come out in their own order.
        waiting += [edge.hash for edge in reversed(node.edges)]
    return tuple(ordered)
