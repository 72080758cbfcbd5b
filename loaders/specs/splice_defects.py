"""Separate the records of a document that Spack has spliced wrongly.

Two defects are known of Spack 1.0 and 1.1, and neither is a reason to lose the document: a splice
that carries the hash of its build spec, so that one hash has two records, and a build spec that is
abstract. The records of such build specs are kept as they are, but are not specs of the DAG.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loaders.errors import DocumentError
from loaders.specs.node import NodeRecord


@dataclass(frozen=True)
class AbstractNode:
    """A node that is abstract.

    Attributes:
        record: Its record, which is not verified.
        error: Why a document with such a node is refused, unless it is a build spec.
    """

    record: NodeRecord
    error: DocumentError


@dataclass(frozen=True)
class SeparatedRecords:
    """The records of a document.

    Attributes:
        nodes: Those of the DAG's specs, in the document's order.
        others: Those of build specs that are abstract, or have the hash of their splice.
        defects: A sentence for each defect.
    """

    nodes: list[NodeRecord]
    others: list[NodeRecord]
    defects: list[str]


def separate_records(read: Sequence[NodeRecord | AbstractNode]) -> SeparatedRecords:
    """Separate the records of a document.

    Raises:
        DocumentError: A node is abstract and no build spec.
    """
    concrete = [each for each in read if isinstance(each, NodeRecord)]
    abstract = [each for each in read if isinstance(each, AbstractNode)]
    nodes, others, defects = _separate_shared_hashes(concrete)
    _refuse_abstract_specs(read, concrete)
    for each in abstract:
        record = each.record
        others.append(record)
        defects.append(f"the build spec {record.name}/{record.hash[:7]} is abstract")
    return SeparatedRecords(nodes, others, defects)


def _refuse_abstract_specs(
    read: Sequence[NodeRecord | AbstractNode], concrete: Iterable[NodeRecord]
) -> None:
    """Refuse abstract nodes unless the document has splices and no spec depends on such a node."""
    needed = {hash_ for record in concrete for hash_ in record.dependencies}
    has_splices = any(record.build_spec for record in concrete)
    for index, each in enumerate(read):
        is_needed = isinstance(each, AbstractNode) and each.record.hash in needed
        if isinstance(each, AbstractNode) and (index == 0 or is_needed or not has_splices):
            raise each.error


def _separate_shared_hashes(
    records: Sequence[NodeRecord],
) -> tuple[list[NodeRecord], list[NodeRecord], list[str]]:
    """Separate build specs from the splices that carry their hash."""
    carriers = {record.hash: record for record in records if _carries_build_hash(record)}
    nodes, others, defects = [], [], []
    for record in records:
        carrier = carriers.get(record.hash)
        if carrier is None or _carries_build_hash(record):
            nodes.append(record)
        else:
            others.append(record)
    for record in carriers.values():
        label = f"{record.name}@{record.version}/{record.hash[:7]}"
        defects.append(f"{label} was spliced, but carries the hash of its build spec")
    return nodes, others, defects


def _carries_build_hash(record: NodeRecord) -> bool:
    return record.build_spec is not None and record.build_spec[1] == record.hash
