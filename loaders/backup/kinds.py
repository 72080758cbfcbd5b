"""The kinds of nodes in a backup: their keys, their order, and where their relationships lead.

A *unit* is a node with the relationships that belong to it, and with its parts: nodes that exist
only together with it, such as the phases of an attempt. Units are read and written as a whole.
"""

from collections.abc import Mapping

from graph_models import NODE_MODELS
from graph_models.schema import relationships_of

KINDS = (
    *("Document", "Store", "Lockfile", "TestRun", "Report", "Announcement"),
    *("FailedConcretization", "Build", "Installation", "Compiler", "CanSplice"),
    *("Artifact", "Prefix", "Spec"),
    *("Library", "SymbolSet", "Soname"),
    *("Recipe", "Claim", "Virtual", "Diagnostic", "Blob", "Environment", "Variable", "Archive"),
    *("Site", "Mirror", "Token", "Counter", "AuditEntry"),
)
"""All kinds of units, those that refer to others before these.

A unit was stored after its references, so a later read finds these. A store precedes its
installations: its time is set after them, and without them it would say that they are gone.
"""

PART_TYPES: Mapping[str, tuple[str, str]] = {
    "Build": ("RAN", "Phase"),
    "Announcement": ("TOLD", "PhaseReport"),
}
"""For each kind with parts, the relationship to them and their kind."""

INCOMING: Mapping[str, Mapping[str, str]] = {
    "Artifact": {"INSTALLED_FILE": "Spec"},
    "Prefix": {"INSTALLED_IN": "Spec"},
    "Spec": {"OFFERS": "Mirror"},
}
"""For each kind the relationships that belong to their end, and the kind of their start.

At their start there would be as many as an installation has files, or a build cache specs.
"""

DERIVED = frozenset({"BUILT_WITH", "DEPLOYED_WITH"})
"""Relationships that are derived from others, and so are not in a backup."""

DERIVED_KINDS = frozenset({"PostingIndex", "Posting", "GoneRoot"})
"""Kinds of nodes that are derived from others: postings are made anew after a restore."""

DERIVED_PROPERTIES = frozenset({"unsealed", "sealing", "places"})
"""Properties of roots that say where they are in postings of one database."""

NOT_KEPT = ("schema", "restore")
"""Counters that describe the database and not its content."""


def _outgoing(label: str) -> dict[str, str]:
    model = next(model for model in NODE_MODELS if model.__label__ == label)
    apart = DERIVED | {kind for types in INCOMING.values() for kind in types}
    apart |= {PART_TYPES[label][0]} if label in PART_TYPES else set()
    return {kind: end for kind, end in relationships_of(model) if kind not in apart}


OUTGOING: Mapping[str, Mapping[str, str]] = {
    kind: _outgoing(kind) for kind in (*KINDS, *(part for _, part in PART_TYPES.values()))
}
"""For each kind, parts included, the types of its relationships, and the kind of their end."""


def _key_property(label: str) -> str:
    model = next(model for model in NODE_MODELS if model.__label__ == label)
    properties = model.defined_properties(aliases=False, rels=False)
    return next(str(name) for name, prop in properties.items() if prop.unique_index)


KEYS: Mapping[str, str] = {kind: _key_property(kind) for kind in OUTGOING}
"""For each kind, parts included, the property that identifies a node."""

REFERRED = frozenset(
    end for types in (*OUTGOING.values(), *INCOMING.values()) for end in types.values()
)
"""Kinds that units refer to."""
