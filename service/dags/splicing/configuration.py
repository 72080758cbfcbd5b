"""Planned splices as configuration of Spack's concretizer."""

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ExplicitSplice:
    """An entry of `concretizer:splice:explicit`.

    Attributes:
        target: Package or virtual that is replaced.
        replacement: Name and hash of the replacement, `NAME/HASH`.
        transitive: As of a planned splice.
    """

    target: str
    replacement: str
    transitive: bool


def concretizer_yaml(splices: Iterable[ExplicitSplice]) -> str:
    """Return the section `concretizer` of a configuration that makes some splices.

    Names are quoted as in JSON, which is YAML.
    """
    lines = ["concretizer:", "  splice:", "    explicit:"]
    for each in splices:
        lines += [
            f"    - target: {json.dumps(each.target)}",
            f"      replacement: {json.dumps(each.replacement)}",
            f"      transitive: {json.dumps(each.transitive)}",
        ]
    return "\n".join(lines) + "\n"
