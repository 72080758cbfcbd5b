"""A splice as rows: the fate of each spec, and how it differs from the one it replaces."""

from collections.abc import Sequence
from dataclasses import dataclass

from loaders.specs.node import Edge, NodeRecord
from service.dags.diff import LANGUAGES, compiler_attribute, virtual_providers
from service.dags.labels import SpecLabel
from service.dags.pairing import field_changes
from service.dags.splices import ROLES, Splice
from service.web.pictures.differences import DifferingField, readable_fields

_SHOWN_ELSEWHERE = frozenset(
    {"dependencies", "deptypes", "spliced", "compiler", "compiler_version"}
)
_OF_ANOTHER_PACKAGE = _SHOWN_ELSEWHERE | {"version", "variants"}
"""Fields that mean nothing if another package is in the place."""


@dataclass(frozen=True)
class SpliceRow:
    """The fate of one spec.

    Attributes:
        spec: The spec.
        role: One of `ROLES`.
        built_as: The build spec that it names.
        before: Its form before it was relinked, or the spec taken out for it.
        after: Its replacement.
        differences: From its counterpart before or after the splice, the older first.
        swaps: The dependencies of a relinked spec that changed, as before and after.
        parents: Its direct dependents, each with the edge.
    """

    spec: SpecLabel
    role: str
    built_as: SpecLabel | None = None
    before: SpecLabel | None = None
    after: Sequence[SpecLabel] = ()
    differences: Sequence[DifferingField] = ()
    swaps: Sequence[tuple[SpecLabel | None, SpecLabel | None]] = ()
    parents: Sequence[tuple[SpecLabel, Edge]] = ()


def rows_of(splice: Splice) -> list[SpliceRow]:
    """Return a row for each spec, ordered by its fate."""
    order = {role: place for place, role in enumerate(ROLES)}
    roles = sorted(splice.roles.items(), key=lambda each: order[each[1]])
    return [row_of(splice, hash_, role) for hash_, role in roles]


def row_of(splice: Splice, hash_: str, role: str) -> SpliceRow:
    """Return the row of one spec."""
    node = splice.dag.nodes.get(hash_)
    before = splice.before_relinking.get(hash_) or splice.stands_for.get(hash_)
    after = splice.replaced_by(hash_)
    swaps = splice.swapped_dependencies(hash_) if role == "relinked" else []
    pair = (before, hash_) if before else (hash_, after[0]) if after else None
    return SpliceRow(
        spec=splice.label_of(hash_),
        role=role,
        built_as=splice.label_of(node.build_spec[1]) if node and node.build_spec else None,
        before=splice.label_of(before) if before else None,
        after=[splice.label_of(each) for each in after],
        differences=differing_fields(splice, *pair) if pair else (),
        swaps=[
            (splice.label_of(old) if old else None, splice.label_of(new) if new else None)
            for old, new in swaps
        ],
        parents=parents_of(splice, hash_),
    )


def parents_of(splice: Splice, hash_: str) -> list[tuple[SpecLabel, Edge]]:
    """Return the direct dependents of a spec, each with the edge."""
    return [(splice.label_of(each), edge) for each, edge in splice.direct_dependents(hash_)]


def differing_fields(splice: Splice, before: str, after: str) -> list[DifferingField]:
    """Return the fields in which a spec differs from the one that it replaces."""
    old, new = (splice.dag.nodes.get(each) for each in (before, after))
    if old is None or new is None:
        return []
    ignored = _SHOWN_ELSEWHERE if old.name == new.name else _OF_ANOTHER_PACKAGE
    changes = {key: both for key, both in field_changes(old, new).items() if key not in ignored}
    found = readable_fields(changes)
    if "version" in changes:
        found.insert(0, DifferingField("version", [old.version], [new.version]))
    compilers = [_real_compilers(splice, each) for each in (old, new)]
    if compilers[0] and compilers[1] and compilers[0] != compilers[1]:
        found.append(DifferingField("compiler", *compilers))
    return found


def _real_compilers(splice: Splice, node: NodeRecord) -> list[str]:
    """Return the compilers that a spec was really compiled with."""
    nodes = splice.dag.nodes
    node = nodes.get(splice.dag.original_build(node.hash), node)
    own = compiler_attribute(node)
    if own:
        return [f"{own[0]}@{own[2]}"]
    found = [nodes[each] for each in virtual_providers(node.edges, LANGUAGES) if each in nodes]
    return sorted(f"{each.name}@{each.version}" for each in found)
