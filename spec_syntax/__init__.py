"""Spack's spec syntax: parse it, order versions, and tell which concrete specs satisfy it.

The rules are those of Spack 1.1. Nothing here reads files or talks to a database.
"""

from spec_syntax.completion import Place, Typed, typed_at
from spec_syntax.concrete import ConcreteEdge, ConcreteNode, build_dag
from spec_syntax.constraint import (
    DependencyConstraint,
    FlagConstraint,
    SpecConstraint,
    VariantConstraint,
)
from spec_syntax.errors import SpecSyntaxError
from spec_syntax.expression import AllOf, AnyOf, Atom, Expression, Not, atoms, parse_query
from spec_syntax.lexemes import Side
from spec_syntax.matching import COMPILER_LANGUAGES, reachable_edges, satisfies, satisfies_node
from spec_syntax.parser import COMPILER_PACKAGES, parse
from spec_syntax.targets import matching_targets, target_satisfies
from spec_syntax.versions import KeyInterval, VersionRanges, version_key

__all__ = [
    "COMPILER_LANGUAGES",
    "COMPILER_PACKAGES",
    "AllOf",
    "AnyOf",
    "Atom",
    "ConcreteEdge",
    "ConcreteNode",
    "DependencyConstraint",
    "Expression",
    "FlagConstraint",
    "KeyInterval",
    "Not",
    "Place",
    "Side",
    "SpecConstraint",
    "SpecSyntaxError",
    "Typed",
    "VariantConstraint",
    "VersionRanges",
    "atoms",
    "build_dag",
    "matching_targets",
    "parse",
    "parse_query",
    "reachable_edges",
    "satisfies",
    "satisfies_node",
    "target_satisfies",
    "typed_at",
    "version_key",
]
