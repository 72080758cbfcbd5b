"""A splice as rows: what became of each spec, and how it differs from what it stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loaders.specs.node import Edge, NodeRecord
from service.dags.diff import LANGUAGES, compiler_of, providers
from service.dags.pairing import changes
from service.dags.provenance import label
from service.dags.splices import ROLES, Splice
from service.web.pictures.differences import Field, packages

Label = Mapping[str, Any]

_TOLD_OTHERWISE = frozenset({"dependencies", "deptypes", "spliced", "compiler", "compiler_version"})
_OF_ANOTHER_PACKAGE = _TOLD_OTHERWISE | {"version", "variants"}
"""What says nothing where another package stands in the place."""


@dataclass(frozen=True)
class Row:
    """What became of one spec.

    :ivar role: one of `ROLES`.
    :ivar built_as: the build spec that it names.
    :ivar before: what it was before it was relinked, or what was taken out for it.
    :ivar after: what is in its place.
    :ivar differences: from what stands before or after it, the older first.
    :ivar swaps: of a relinked spec, its dependencies before and after.
    :ivar parents: who depends on it directly, with how.
    """

    spec: Label
    role: str
    built_as: Label | None = None
    before: Label | None = None
    after: Sequence[Label] = ()
    differences: Sequence[Field] = ()
    swaps: Sequence[tuple[Label | None, Label | None]] = ()
    parents: Sequence[tuple[Label, Edge]] = field(default_factory=tuple)


def rows_of(splice: Splice) -> list[Row]:
    """A row a spec, by what became of it."""
    order = {role: place for place, role in enumerate(ROLES)}
    roles = sorted(splice.roles.items(), key=lambda each: order[each[1]])
    return [row_of(splice, hash_, role) for hash_, role in roles]


def row_of(splice: Splice, hash_: str, role: str) -> Row:
    """The row of one spec."""

    def named(each: str) -> Label:
        return label_of(splice, each)

    node = splice.dag.nodes.get(hash_)
    before = splice.origins.get(hash_) or splice.stands_for.get(hash_)
    after = splice.replaced_by(hash_)
    swaps = splice.swaps(hash_) if role == "relinked" else []
    pair = (before, hash_) if before else (hash_, after[0]) if after else None
    return Row(
        spec=named(hash_),
        role=role,
        built_as=named(node.build_spec[1]) if node and node.build_spec else None,
        before=named(before) if before else None,
        after=[named(each) for each in after],
        differences=differences(splice, *pair) if pair else (),
        swaps=[tuple(each and named(each) for each in swap) for swap in swaps],  # type: ignore[misc]
        parents=parents_of(splice, hash_),
    )


def parents_of(splice: Splice, hash_: str) -> list[tuple[Label, Edge]]:
    """Who depends on a spec directly, with how."""
    return [(label_of(splice, each), edge) for each, edge in splice.parents(hash_)]


def label_of(splice: Splice, hash_: str) -> Label:
    """The words for a spec; of one that nobody uploaded, its name at least."""
    node = splice.dag.nodes.get(hash_)
    if node is None:
        names = (n.build_spec for n in splice.dag.nodes.values() if n.build_spec)
        return {**label(None, hash_), "name": next((n for n, h in names if h == hash_), None)}
    return label(node, hash_)


def differences(splice: Splice, before: str, after: str) -> list[Field]:
    """In what two specs differ of which one stands for the other."""
    old, new = (splice.dag.nodes.get(each) for each in (before, after))
    if old is None or new is None:
        return []
    ignored = _TOLD_OTHERWISE if old.name == new.name else _OF_ANOTHER_PACKAGE
    fields = {key: both for key, both in changes(old, new).items() if key not in ignored}
    entry = {"name": new.name, "a": [label(old, before)], "b": [label(new, after)]}
    (row,) = packages([{**entry, "change": "changed", "pairs": [], "fields_": fields}])[0].rows
    found = list(row.fields)
    if "version" in fields:
        found.insert(0, Field("version", [old.version], [new.version]))
    compilers = [_compilers(splice, each) for each in (old, new)]
    if compilers[0] and compilers[1] and compilers[0] != compilers[1]:
        found.append(Field("compiler", *compilers))
    return found


def _compilers(splice: Splice, node: NodeRecord) -> list[str]:
    """The compilers that a spec was really compiled by."""
    nodes = splice.dag.nodes
    node = nodes.get(splice.dag.original(node.hash), node)
    own = compiler_of(node)
    if own:
        return [f"{own[0]}@{own[2]}"]
    found = [nodes[each] for each in providers(node.edges, LANGUAGES) if each in nodes]
    return sorted(f"{each.name}@{each.version}" for each in found)
