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


def environment_yaml(target: str, splices: Iterable[ExplicitSplice]) -> str:
    """Return a `spack.yaml` whose only root is an installed spec with some splices.

    With `unify: true` the concretizer of Spack 1.1 takes a root that is named by its hash as it is,
    and then splices it; with `unify: false` it would not ask the configuration at all
    (`concretize_one` in `lib/spack/spack/concretize.py`).

    Args:
        target: Name and hash of the spec that is spliced into, `NAME/HASH`.
        splices: The splices.
    """
    lines = [
        "spack:",
        "  specs:",
        f"  - {json.dumps(target)}",
        "  view: false",
        "  concretizer:",
        "    reuse: true",
        "    unify: true",
    ]
    configuration = concretizer_yaml(splices).splitlines()[1:]
    return "\n".join([*lines, *(f"  {line}" for line in configuration)]) + "\n"


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
