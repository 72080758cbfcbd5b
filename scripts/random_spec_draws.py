"""Draws of abstract specs: a version, variants and a compiler, from a package class.

Works with the package classes of Spack 0.21 to 1.x; part of `generate_random_specs.py`.
"""

import random
import re
from typing import Any, Iterable, List, Optional, Sequence, Tuple, TypeVar

import spack.spec

T = TypeVar("T")
VariantDefinition = Tuple[str, Any, Any]
"""The name of a variant, its condition, and the variant."""


class Draws:
    """Random numbers that depend only on the seed, in all versions of Python.

    Args:
        seed: any values; their texts are the seed.

    """

    def __init__(self, *seed: object) -> None:
        self._random = random.Random(":".join(map(str, seed)))

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random.random() < probability

    def one(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        # Only the sequence of random() is the same in all versions of Python.
        return choices[int(self._random.random() * len(choices))]

    def some(self, choices: Sequence[T]) -> List[T]:
        """Return one or more of the choices, in their order."""
        drawn = [each for each in choices if self.chance(0.5)]
        return drawn or [self.one(choices)]


def list_versions(package: Any, *, deprecated: bool = False) -> List[str]:
    """Return the versions of a package class, the oldest first.

    Args:
        package: the package class.
        deprecated: whether to include deprecated versions.

    """
    versions = [
        version
        for version, attributes in package.versions.items()
        if deprecated or not attributes.get("deprecated")
    ]
    return [str(version) for version in sorted(versions)]


def list_variants(package: Any) -> List[VariantDefinition]:
    """Return all definitions of variants, those without a condition first."""
    definitions: List[VariantDefinition] = []
    for key, value in package.variants.items():
        # Up to Spack 0.22, a name maps to a variant and its conditions; later, a condition maps to
        # variants by name.
        if isinstance(value, tuple):
            definitions += [(key, when, value[0]) for when in value[1]]
        else:
            definitions += [(name, key, variant) for name, variant in value.items()]
    return sorted(definitions, key=lambda each: (str(each[1]) != "", each[0], str(each[1])))


def may_hold(spec: Any, condition: Any) -> bool:
    """Return whether a condition may hold for an abstract spec; None is one that never does."""
    return condition is not None and bool(spec.intersects(spack.spec.Spec(str(condition))))


def draw_value(draws: Draws, variant: Any, spec: Any) -> Optional[str]:
    """Return a value of a variant in spec syntax, such as `+shared`; None if it has no values."""
    values = variant.values
    if values is None:
        return None
    if getattr(values, "sets", None):  # disjoint sets, of which only one may be used
        values = draws.one(sorted(sorted(map(str, each)) for each in values.sets))
    allowed = [each for each in values if not hasattr(each, "when") or may_hold(spec, each.when)]
    names = sorted({str(each) for each in allowed})
    if not names:
        return None
    if {"True", "False"} >= set(names):
        return str(("+" if draws.one(names) == "True" else "~") + variant.name)
    drawn = draws.some(names) if variant.multi else [draws.one(names)]
    if "none" in drawn:  # excludes all other values
        drawn = ["none"]
    text = ",".join(drawn)
    if not re.match(r"[\w.,:+=/*-]+\Z", text):
        text = '"{}"'.format(text.replace('"', '\\"'))
    return f" {variant.name}={text} "


def draw_spec(
    draws: Draws,
    name: str,
    versions: Sequence[str],
    variants: Iterable[VariantDefinition],
    compilers: Sequence[str],
) -> str:
    """Return the text of a random abstract spec."""
    text = name
    if versions and draws.chance(0.9):
        text += "@=" + draws.one(versions)
    drawn_names = set()
    for variant_name, condition, variant in variants:
        if variant_name in drawn_names or not draws.chance(0.5):
            continue
        spec = spack.spec.Spec(text)
        value = draw_value(draws, variant, spec) if may_hold(spec, condition) else None
        if value is not None:
            drawn_names.add(variant_name)
            text += value
    if compilers and draws.chance(0.8):
        text = text.rstrip() + " %" + draws.one(compilers)
    return " ".join(text.split())
