"""The document of a spliced spec, with hashes that are those of its content."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loaders.specs.contents import hash_of
from loaders.specs.dag_hash import SUFFIX
from loaders.specs.document import read_records
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag
from service.dags.splicing.objects import BuildSpec, SpecObject
from service.dags.splicing.records import digest_of, node_json
from service.dags.splicing.workbench import Workbench, entries_of


@dataclass(frozen=True)
class SplicedNode:
    """A spliced node of a plan: its hash, and that of the spec that it was built as."""

    name: str
    hash: str
    build_spec: str


@dataclass
class SplicedDocument:
    """A spliced spec as Spack reads it.

    The records of specs that were not spliced, and of build specs, are those of the inputs. A
    record of a spliced node is hashed from its content, its last characters are those of its build
    spec. The nodes are in Spack's order: depth first, build specs after their splice.

    Attributes:
        root: Hash of the spliced spec.
        texts: JSON of the nodes in order, by hash.
        spliced: The spliced nodes in order.
        changed: For spliced nodes whose build spec Spack has changed, hashes of specs below it that
            it no longer has. Spack does not find their prefixes when it relocates the files.
    """

    root: str
    texts: dict[str, str]
    spliced: list[SplicedNode]
    changed: dict[str, frozenset[str]]

    def as_dag(self, spec_format: int, identities: Mapping[str, str] | None = None) -> Dag:
        """Return it as a DAG.

        Args:
            spec_format: Format of the records.
            identities: The identities in the graph of the nodes of the inputs, by hash.
        """
        records = read_records([text.encode() for text in self.texts.values()], spec_format)
        envelope = {"spec": {"_meta": {"version": spec_format}, "nodes": None}}
        nodes = {record.hash: record for record in records}
        named = {hash_: uid for hash_, uid in (identities or {}).items() if hash_ in nodes}
        text = json.dumps(envelope)
        return Dag(self.root, spec_format, text, tuple(nodes), nodes, None, identities=named)

    def as_json(self, spec_format: int) -> dict[str, Any]:
        """Return it as a decoded spec document."""
        nodes = [json.loads(text) for text in self.texts.values()]
        return {"spec": {"_meta": {"version": spec_format}, "nodes": nodes}}


def write_document(
    bench: Workbench, root: SpecObject, inputs: Mapping[str, NodeRecord]
) -> SplicedDocument:
    """Return the document of a spliced spec.

    Args:
        bench: What the spec was spliced with.
        root: The spliced spec.
        inputs: The records of the target and of the replacement by their identity.
    """
    writer = _Writer(bench, inputs)
    writer.write(root)
    return SplicedDocument(writer.hash_of(root), writer.texts, writer.spliced, writer.changed)


@dataclass
class _Writer:
    bench: Workbench
    inputs: Mapping[str, NodeRecord]
    texts: dict[str, str] = field(default_factory=dict)
    spliced: list[SplicedNode] = field(default_factory=list)
    changed: dict[str, frozenset[str]] = field(default_factory=dict)
    _records: dict[int, tuple[str, str]] = field(default_factory=dict)

    def hash_of(self, spec: SpecObject) -> str:
        original = spec.build_spec
        return spec.template.hash if original is None else self._spliced_record(spec, original)[0]

    def _spliced_record(self, spec: SpecObject, original: BuildSpec) -> tuple[str, str]:
        """Return the hash and the JSON of a spliced node."""
        known = self._records.get(id(spec))
        if known is None:
            entries = entries_of(spec, self.hash_of)
            text = node_json(spec.template, entries, (original.name, original.hash))
            hash_ = digest_of(text)[:-SUFFIX] + original.hash[-SUFFIX:]
            known = self._records[id(spec)] = (hash_, f'{text[:-1]},"hash":"{hash_}"}}')
        return known

    def write(self, root: SpecObject) -> None:
        for spec in self.bench.preorder(root):
            original = spec.build_spec
            if original is None:
                self._write_input(spec.template.uid)
                continue
            hash_, text = self._spliced_record(spec, original)
            if hash_ not in self.texts:
                self.texts[hash_] = text
                self.spliced.append(SplicedNode(spec.name, hash_, original.hash))
                if original.changed:
                    self.changed[hash_] = original.changed
                self._write_build_spec(original.uid)

    def _write_build_spec(self, uid: str) -> None:
        """Write a build spec with all below it, as it came with the inputs."""
        waiting = [uid]
        seen: set[str] = set()
        while waiting:
            uid = waiting.pop()
            found = self.inputs.get(uid)
            if found is not None and uid not in seen:
                seen.add(uid)
                self._write_input(uid)
                # Sorted as Spack sorts edges; a stack yields the last first.
                edges = sorted(found.edges, key=lambda edge: edge.name, reverse=True)
                waiting += [edge.hash for edge in edges]
                if found.build_spec:
                    waiting.append(found.build_spec[1])

    def _write_input(self, uid: str) -> None:
        self.texts.setdefault(hash_of(uid), self.inputs[uid].document)
