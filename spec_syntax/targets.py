"""Which microarchitectures a ``target=`` means, by the order of the archspec package."""

from collections.abc import Iterator
from functools import lru_cache

import archspec.cpu


def target_satisfies(target: str, wanted: str) -> bool:
    """Whether a node's target is one that ``target=wanted`` asks for (Spack 1.1, ``ArchSpec``).

    Args:
        target: the name of one microarchitecture, ``zen4``.
        wanted: names and ranges separated by commas: ``zen4``, ``x86_64_v3:`` (it or anything that
            extends it), ``:zen4`` (it or anything it extends), ``x86_64_v3:zen4``; ``*`` for any.

    A name that archspec does not know satisfies only itself.

    """
    return wanted == "*" or any(_in_range(target, part) for part in wanted.split(","))


def matching_targets(wanted: str) -> Iterator[str]:
    """Yield every target that satisfies ``wanted`` among those archspec or ``wanted`` name."""
    named = {name for part in wanted.split(",") for name in part.split(":")} - {"", "*"}
    for target in sorted({*archspec.cpu.TARGETS, *named}):
        if target_satisfies(target, wanted):
            yield target


def _in_range(target: str, wanted: str) -> bool:
    low, separator, high = wanted.partition(":")
    if not separator:
        return target == wanted
    return (not low or low in _lineage(target)) and (not high or target in _lineage(high))


@lru_cache(maxsize=1024)
def _lineage(target: str) -> frozenset[str]:
    """Return the target and all that it extends."""
    known = archspec.cpu.TARGETS.get(target)
    return frozenset({target, *(each.name for each in known.ancestors)} if known else {target})
