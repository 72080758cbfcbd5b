"""What separates the last success from the first failure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

ENDED = ("succeeded", "failed")


def turning_point(
    attempts: Sequence[dict[str, Any]],
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The last success that a failure followed, and the first failure after it.

    Of several such turns the latest. Without one: the last success alone, if there is any, which no
    failure followed; else the first failure alone.

    :param attempts: those of one package, oldest first.
    """
    ended = [each for each in attempts if each["status"] in ENDED]
    for before, after in reversed(list(pairwise(ended))):
        if before["status"] == "succeeded" and after["status"] == "failed":
            return before, after
    successes = [each for each in ended if each["status"] == "succeeded"]
    return (successes[-1], None) if successes else (None, ended[0] if ended else None)


def differing(a: dict[str, Any] | None, b: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The entries that two flat maps both have and that differ, by name.

    What only one side knows is no difference: of an installation Spack keeps what it changed in the
    environment, of a failed build the whole of it.
    """
    left, right = a or {}, b or {}
    return [
        {"name": name, "a": left[name], "b": right[name]}
        for name in sorted(left.keys() & right.keys())
        if left[name] != right[name]
    ]


def values_of(variables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Environment variables as a map from name to value."""
    return {each["name"]: each.get("value") for each in variables}
