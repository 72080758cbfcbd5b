"""Drawing abstract specs: a version, variants and a compiler, from what a package class defines.

For the class of a package in Spack 0.21 to 1.x; part of `generate_random_specs.py`.
"""

import random
import re

import spack.spec


class Draws:
    """Random numbers that are the same in every Python."""

    def __init__(self, *seed):
        self._random = random.Random(":".join(map(str, seed)))

    def chance(self, probability):
        """True so often."""
        return self._random.random() < probability

    def one(self, of):
        """One of some things."""
        return of[int(self._random.random() * len(of))]

    def some(self, of):
        """One or more of some things, in their order."""
        kept = [each for each in of if self.chance(0.5)]
        return kept or [self.one(of)]


def versions_of(package, *, deprecated=False):
    """The versions of a package class, the oldest first."""
    found = [v for v, said in package.versions.items() if deprecated or not said.get("deprecated")]
    return [str(version) for version in sorted(found)]


def variants_of(package):
    """All definitions of variants as (name, condition, variant): first those without a condition.

    Up to 0.22 a name leads to a variant and its conditions, later a condition to names.
    """
    found = []
    for key, value in package.variants.items():
        if isinstance(value, tuple):
            found += [(key, when, value[0]) for when in value[1]]
        else:
            found += [(name, key, variant) for name, variant in value.items()]
    return sorted(found, key=lambda each: (str(each[1]) != "", each[0], str(each[1])))


def holds(spec, condition):
    """Whether a condition may hold for an abstract spec; None is one that never does."""
    return condition is not None and spec.intersects(spack.spec.Spec(str(condition)))


def draw_value(draws, variant, spec):
    """A value for a variant as in specs, such as `+shared`; None where none can be drawn."""
    values = variant.values
    if values is None:
        return None
    if getattr(values, "sets", None):  # Disjoint sets, of which only one may be used.
        values = draws.one(sorted(sorted(map(str, each)) for each in values.sets))
    allowed = [each for each in values if not hasattr(each, "when") or holds(spec, each.when)]
    names = sorted({str(each) for each in allowed})
    if not names:
        return None
    if {"True", "False"} >= set(names):
        return ("+" if draws.one(names) == "True" else "~") + variant.name
    chosen = draws.some(names) if variant.multi else [draws.one(names)]
    if "none" in chosen:
        chosen = ["none"]
    text = ",".join(chosen)
    if not re.match(r"[\w.,:+=/*-]+\Z", text):
        text = '"{}"'.format(text.replace('"', '\\"'))
    return f" {variant.name}={text} "


def draw_spec(draws, name, versions, variants, compilers):
    """The text of a random abstract spec."""
    text = name
    if versions and draws.chance(0.9):
        text += "@=" + draws.one(versions)
    drawn = set()
    for variant_name, condition, variant in variants:
        if variant_name in drawn or not draws.chance(0.5):
            continue
        spec = spack.spec.Spec(text)
        value = draw_value(draws, variant, spec) if holds(spec, condition) else None
        if value is not None:
            drawn.add(variant_name)
            text += value
    if compilers and draws.chance(0.8):
        text = text.rstrip() + " %" + draws.one(compilers)
    return " ".join(text.split())
