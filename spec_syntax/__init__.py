"""Spack's spec syntax: parse specs, order versions, and match concrete specs against constraints.

The rules are those of Spack 1.1. Nothing here reads files or talks to a database.
"""

from spec_syntax.completion import CompletionContext, CompletionKind, completion_context
from spec_syntax.concrete import ConcreteEdge, ConcreteNode, build_dag
from spec_syntax.constraint import (
    DependencyConstraint,
    FlagConstraint,
    SpecConstraint,
    VariantConstraint,
)
from spec_syntax.errors import SpecSyntaxError
from spec_syntax.expression import AllOf, AnyOf, Atom, Expression, Not, iter_atoms, parse_query
from spec_syntax.lexemes import Side
from spec_syntax.matching import COMPILER_LANGUAGES, reachable_edges, satisfies, satisfies_node
from spec_syntax.parser import COMPILER_PACKAGES, parse_spec
from spec_syntax.targets import matching_targets, target_satisfies
from spec_syntax.versions import KeyInterval, VersionRanges, version_key

__all__ = [
    "COMPILER_LANGUAGES",
    "COMPILER_PACKAGES",
    "AllOf",
    "AnyOf",
    "Atom",
    "CompletionContext",
    "CompletionKind",
    "ConcreteEdge",
    "ConcreteNode",
    "DependencyConstraint",
    "Expression",
    "FlagConstraint",
    "KeyInterval",
    "Not",
    "Side",
    "SpecConstraint",
    "SpecSyntaxError",
    "VariantConstraint",
    "VersionRanges",
    "build_dag",
    "completion_context",
    "iter_atoms",
    "matching_targets",
    "parse_query",
    "parse_spec",
    "reachable_edges",
    "satisfies",
    "satisfies_node",
    "target_satisfies",
    "version_key",
]
