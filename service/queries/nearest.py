"""The stored specs nearest to a spec that Spack did not reuse one for, and how they differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from loaders.specs.document import read_records
from loaders.specs.node import NodeRecord
from service.dags.dag import Dag
from service.dags.deptypes import ALL
from service.dags.labels import SpecLabel, label_node
from service.dags.pairing import field_changes
from service.queries.errors import InvalidQuestionError
from service.queries.row_facts import mark_facts
from service.queries.selection import select, select_among
from service.queries.stored_dags import find_dag, load_dag
from service.text import format_variant
from spec_syntax import DependencyConstraint, SpecConstraint, VariantConstraint

ADVICE = "narrow it: give fewer dependencies"
"""How to narrow a question that takes too long."""

MOST_COMPARED = 1000
"""Most stored specs of the package that are compared."""


class Difference(TypedDict):
    """A difference between a stored spec and the requested one.

    `aspect` is `version`, `variant NAME`, `dependency NAME`, `target` or another attribute.
    """

    aspect: str
    wanted: list[str]
    found: list[str]


class NearSpec(SpecLabel):
    """A stored spec of the package, with all that differs.

    `facts` tell it apart from the others.
    """

    differs: list[Difference]
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest stored specs.

    Attributes:
        items: The specs, those with fewest differences first, then the newest version.
        compared: How many specs of the package were compared.
        total: How many specs of the package are stored.
    """

    items: list[NearSpec]
    compared: int
    total: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a constraint that a stored spec satisfies or not."""

    aspect: str
    text: str
    constraint: SpecConstraint


def find_nearest(database: Database, constraint: SpecConstraint, limit: int) -> Nearest:
    """Return the stored specs of a package that are nearest to a spec.

    Args:
        database: The graph, with the time budget of the question.
        constraint: An abstract spec of a package, or only the hash of a stored spec.
        limit: Most specs.

    Raises:
        InvalidQuestionError: It names no package.
        NotInGraphError: No stored spec has the hash.
        AmbiguousHashError: Several specs have it.
        BudgetExceededError: The time is up.
    """
    if constraint.abstract_hash is not None:
        found = _nearest_to_dag(database, find_dag(database, constraint.abstract_hash), limit)
    elif constraint.name is None:
        raise InvalidQuestionError("spec: name a package, or give the hash of a stored spec")
    else:
        found = _nearest_to_constraint(database, constraint, limit)
    mark_facts(database, found.items)  # type: ignore[arg-type]
    return found


def _nearest_to_constraint(database: Database, constraint: SpecConstraint, limit: int) -> Nearest:
    stored = sorted(select(database, SpecConstraint(name=constraint.name)))
    compared = stored[:MOST_COMPARED]
    missing: dict[str, list[_Part]] = {uid: [] for uid in compared}
    for part in _parts_of(constraint):
        database.check_clock()
        fitting = select_among(database, compared, part.constraint)
        for uid in compared:
            if uid not in fitting:
                missing[uid].append(part)
    newest_first = _by_version(database, compared)
    chosen = sorted(newest_first, key=lambda uid: len(missing[uid]))[:limit]
    items = []
    for uid in chosen:
        database.check_clock()
        dag = load_dag(database, uid)
        if dag is not None:
            label = label_node(dag.nodes[dag.root], uid)
            differs = [
                Difference(aspect=part.aspect, wanted=[part.text], found=_found(dag, part))
                for part in missing[uid]
            ]
            items.append(NearSpec(**label, differs=differs, facts={}))
    return Nearest(items, len(compared), len(stored))


def _nearest_to_dag(database: Database, dag: Dag, limit: int) -> Nearest:
    wanted = dag.nodes[dag.root]
    own = dag.identity_of(dag.root)
    stored = [
        uid for uid in sorted(select(database, SpecConstraint(name=wanted.name))) if uid != own
    ]
    compared = stored[:MOST_COMPARED]
    records = _read_records(database, compared)

    def distance(uid: str) -> tuple[int, int]:
        changes = field_changes(wanted, records[uid])
        variants = len(changes.pop("variants", ((), ()))[0] or ())  # type: ignore[arg-type]
        return len(changes) + variants, len(_exchanged(wanted, records[uid]))

    chosen = sorted(
        (uid for uid in _by_version(database, compared) if uid in records), key=distance
    )
    items = []
    for uid in chosen[:limit]:
        database.check_clock()
        other = load_dag(database, uid)
        if other is not None:
            label = label_node(other.nodes[other.root], uid)
            items.append(NearSpec(**label, differs=list(_differences(dag, other)), facts={}))
    return Nearest(items, len(compared), len(stored))


def _by_version(database: Database, uids: Sequence[str]) -> list[str]:
    return list(database.read_one("newest_versions_first", uids=uids))


def _read_records(database: Database, uids: Sequence[str]) -> dict[str, NodeRecord]:
    found = database.read_one("documents_of_specs", uids=uids)
    return {
        each["uid"]: read_records([each["document"].encode()], each["spec_format"])[0]
        for each in found
    }


def _exchanged(wanted: NodeRecord, other: NodeRecord) -> list[str]:
    """Return the names of the direct dependencies that both have, but not the same spec of."""
    hashes = {edge.name: edge.hash for edge in other.edges}
    return sorted({e.name for e in wanted.edges if hashes.get(e.name, e.hash) != e.hash})


def _differences(dag: Dag, other: Dag) -> Iterator[Difference]:
    wanted, found = dag.nodes[dag.root], other.nodes[other.root]
    for field, (left, right) in field_changes(wanted, found).items():
        yield Difference(aspect=field, wanted=_texts(left, field), found=_texts(right, field))
    for name in _exchanged(wanted, found):
        yield Difference(
            aspect=f"dependency {name}", wanted=_children(dag, name), found=_children(other, name)
        )


def _texts(value: object, field: str) -> list[str]:
    if value is None or isinstance(value, bool):
        return [] if value is None else [str(value).lower()]
    if isinstance(value, dict):
        return [f"{name}: {', '.join(types)}" for name, types in value.items()]
    if isinstance(value, (list, tuple)):
        return [format_variant(each) if field == "variants" else each for each in value]
    return [str(value)]


def _children(dag: Dag, name: str) -> list[str]:
    nodes = [dag.nodes.get(e.hash) for e in dag.nodes[dag.root].edges if e.name == name]
    return [f"{name}@{node.version}/{node.hash[:7]}" for node in nodes if node]


def _found(dag: Dag, part: _Part) -> list[str]:
    """Return the value that a stored spec has in place of a part of a constraint."""
    node = dag.nodes[dag.root]
    kind, _, name = part.aspect.partition(" ")
    if kind == "version":
        return [node.version]
    if kind == "variant":
        entries = node.properties["variants"]
        return [format_variant(each) for each in entries if each.startswith(f"{name}=")]
    if kind == "dependency":
        reached = dag.reachable_nodes(ALL)
        provided = {e.hash for n in reached.values() for e in n.edges if name in e.virtuals}
        return sorted(
            f"{n.name}@{n.version}"
            for uid, n in reached.items()
            if n.name == name or uid in provided
        )
    value = node.properties.get(kind)
    return [] if value is None else [str(value)]


def _parts_of(constraint: SpecConstraint) -> Iterator[_Part]:
    name = constraint.name
    if constraint.versions is not None:
        text = f"@{constraint.versions.text}"
        yield _Part("version", text, SpecConstraint(name=name, versions=constraint.versions))
    for key in ("namespace", "platform", "os", "target"):
        value = getattr(constraint, key)
        if value is not None:
            yield _Part(key, f"{key}={value}", SpecConstraint(name=name, **{key: value}))
    for variant in constraint.variants:
        part = SpecConstraint(name=name, variants=(variant,))
        yield _Part(f"variant {variant.name}", _variant_text(variant), part)
    for flag in constraint.flags:
        text = f'{flag.name}="{" ".join(flag.values)}"'
        yield _Part(flag.name, text, SpecConstraint(name=name, flags=(flag,)))
    for dependency in constraint.dependencies:
        part = SpecConstraint(name=name, dependencies=(dependency,))
        yield _Part(f"dependency {dependency.spec.name or ''}", _dependency_text(dependency), part)


def _variant_text(variant: VariantConstraint) -> str:
    if variant.values in ((True,), (False,)):
        return f"{'+' if variant.values[0] else '~'}{variant.name}"
    return f"{variant.name}={','.join(map(str, variant.values)) or '*'}"


def _dependency_text(dependency: DependencyConstraint) -> str:
    spec = dependency.spec
    parts = [part.text for part in _parts_of(spec)]
    first = f"{'%' if dependency.direct else '^'}{spec.name or ''}"
    if spec.abstract_hash:
        parts.append(f"/{spec.abstract_hash}")
    return _join(first, parts)


def _join(first: str, parts: Iterable[str]) -> str:
    text = first
    for part in parts:
        text += part if part[0] in "@+~" else f" {part}"
    return text
