"""Decide which relationships and parts a unit of a backup adds to the graph."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from loaders.backup.archive import Edge, Part, Unit
from loaders.backup.kinds import INCOMING, OUTGOING, PART_TYPES
from loaders.backup.merging import is_shown

_RECORD_TYPES = ("DEPENDS_ON", "SPLICED_FROM")


@dataclass(frozen=True)
class NewEdge:
    """A relationship to create, between nodes named by their kind and key."""

    start: tuple[str, str]
    type: str
    end: tuple[str, str]
    properties: dict[str, Any]


@dataclass
class Additions:
    """The additions of a unit.

    Attributes:
        dropped: Types of the relationships that the unit replaces.
        parts: Parts to create, by kind.
        edges: Relationships to create, those of the parts included.
    """

    unit: Unit
    dropped: list[str] = field(default_factory=list)
    parts: list[tuple[str, Part]] = field(default_factory=list)
    edges: list[NewEdge] = field(default_factory=list)


def additions_of(unit: Unit, stored: Unit) -> Additions:
    """Return the additions of a unit of a backup to the same unit in the graph.

    Args:
        unit: The unit of the backup.
        stored: The unit in the graph, its properties merged with those of the backup.
    """
    made = Additions(unit)
    shown = is_shown(unit.kind, stored.properties, unit.properties)
    kept = _kept_edges(unit, stored, shown=shown, made=made)
    wanted = [edge for edge in unit.edges if _is_wanted(unit, stored, edge, shown=shown)]
    ends = OUTGOING[unit.kind]
    for kind, key, properties in _missing(wanted, kept):
        made.edges.append(NewEdge(unit.reference, kind, (ends[kind], key), properties))
    starts = INCOMING.get(unit.kind, {})
    # A build cache offers a spec once, however it described the archive.
    present = {(kind, key) for kind, key, _ in stored.incoming}
    for kind, key, properties in unit.incoming:
        if (kind, key) not in present:
            made.edges.append(NewEdge((starts[kind], key), kind, unit.reference, properties))
    _add_parts(unit, stored, shown=shown, made=made)
    return made


def _kept_edges(unit: Unit, stored: Unit, *, shown: bool, made: Additions) -> list[Edge]:
    """Return the relationships that stay; note in `made` the types of those that do not."""
    if not shown or unit.kind not in ("Spec", "Build", "Report"):
        return stored.edges
    # A record says everything about a spec. A document on an attempt replaces its own part.
    types = set(_RECORD_TYPES) if unit.kind == "Spec" else {kind for kind, *_ in unit.edges}
    outdated = {
        kind for kind in types if _identities(stored.edges, kind) - _identities(unit.edges, kind)
    }
    if unit.kind == "Build" and unit.parts:
        keys = {part.key for part in unit.parts}
        outdated |= {"RAN"} if any(part.key not in keys for part in stored.parts) else set()
    if unit.kind == "Spec" and outdated:
        outdated = types
    made.dropped = sorted(outdated)
    return [edge for edge in stored.edges if edge[0] not in outdated]


def _is_wanted(unit: Unit, stored: Unit, edge: Edge, *, shown: bool) -> bool:
    """Return whether a relationship belongs to the record or document that is shown."""
    if shown or (unit.kind == "Spec" and edge[0] not in _RECORD_TYPES):
        return True
    # A worse document only fills gaps of the better one.
    agrees = stored.properties.get("status") == unit.properties.get("status")
    absent = all(edge[0] != kind for kind, *_ in stored.edges)
    return unit.kind == "Build" and absent and (agrees or edge[0] != "FAILED_BY")


def _add_parts(unit: Unit, stored: Unit, *, shown: bool, made: Additions) -> None:
    if not unit.parts:
        return
    kind, label = PART_TYPES[unit.kind]
    present = set() if kind in made.dropped else {part.key for part in stored.parts}
    if not shown and (present or stored.properties.get("status") != unit.properties.get("status")):
        return
    ends = OUTGOING[label]
    for part in unit.parts:
        if part.key not in present:
            made.parts.append((label, part))
            made.edges.append(NewEdge(unit.reference, kind, (label, part.key), {}))
            made.edges += [
                NewEdge((label, part.key), each, (ends[each], key), properties)
                for each, key, properties in part.edges
            ]


def _identities(edges: Iterable[Edge], kind: str) -> set[str]:
    return {_identity(edge) for edge in edges if edge[0] == kind}


def _identity(edge: Edge) -> str:
    kind, key, properties = edge
    return repr((kind, key, sorted(properties.items())))


def _missing(wanted: Iterable[Edge], present: Iterable[Edge]) -> list[Edge]:
    known = {_identity(edge) for edge in present}
    return [edge for edge in wanted if _identity(edge) not in known]
