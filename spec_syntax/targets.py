"""Resolve ``target=`` constraints to microarchitectures, by the order of the archspec package."""

from collections.abc import Iterator
from functools import lru_cache

import archspec.cpu


def target_satisfies(target: str, constraint: str) -> bool:
    """Return whether a target satisfies ``target=constraint`` (Spack 1.1, ``ArchSpec``).

    A name that archspec does not know satisfies only itself.

    Args:
        target: the name of one microarchitecture, ``zen4``.
        constraint: names and ranges separated by commas: ``zen4``, ``x86_64_v3:`` (this target or
            any that extends it), ``:zen4`` (this target or any that it extends),
            ``x86_64_v3:zen4``; ``*`` for any.

    """
    return constraint == "*" or any(_in_range(target, part) for part in constraint.split(","))


def matching_targets(constraint: str) -> Iterator[str]:
    """Yield the targets that satisfy a constraint, of those in archspec or in the constraint."""
    named = {name for part in constraint.split(",") for name in part.split(":")} - {"", "*"}
    for target in sorted({*archspec.cpu.TARGETS, *named}):
        if target_satisfies(target, constraint):
            yield target


def _in_range(target: str, target_range: str) -> bool:
    low, separator, high = target_range.partition(":")
    if not separator:
        return target == target_range
    return (not low or low in _target_ancestry(target)) and (
        not high or target in _target_ancestry(high)
    )


@lru_cache(maxsize=1024)
def _target_ancestry(target: str) -> frozenset[str]:
    """Return the target and all targets that it extends."""
    found = archspec.cpu.TARGETS.get(target)
    return frozenset({target, *(each.name for each in found.ancestors)} if found else {target})
