"""Two locked environments compared: the requested specs and their concrete specs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from loaders.specs.node import NodeRecord
from service.dags.deptypes import ALL
from service.dags.diff import DagDiff, compare_nodes
from service.dags.labels import SpecLabel
from service.queries.errors import InvalidQuestionError, NotInGraphError
from service.queries.stored_dags import load_dags

ADVICE = "narrow it: compare environments with fewer roots"
"""How to narrow a comparison that takes too long."""

_DIGEST = re.compile(r"[0-9a-f]{6,64}\Z")
_MOST_STATES = 100


class StateRoot(SpecLabel):
    """A root of a state, with the abstract spec that it was concretized from and its group."""

    abstract: str
    group: str | None


class EnvironmentState(TypedDict):
    """One lockfile of an environment; `load` is the time and the id of the load that brought it."""

    uid: str
    name: str
    digest: str
    site: str
    load: str
    roots: list[StateRoot]


class RootChange(TypedDict):
    """A requested spec that differs: `added`, `removed`, or `changed` if its concrete spec does."""

    abstract: str
    group: str | None
    change: str
    a: SpecLabel | None
    b: SpecLabel | None


@dataclass(frozen=True, slots=True)
class EnvironmentDiff:
    """How two locked environments differ.

    Attributes:
        a: The first.
        b: The second.
        roots: The requested specs that differ, by abstract spec.
        specs: All specs, compared package by package.
    """

    a: EnvironmentState
    b: EnvironmentState
    roots: list[RootChange]
    specs: DagDiff


def compare_environments(
    database: Database, a: str, b: str | None, site: str | None
) -> EnvironmentDiff:
    """Compare two locked environments.

    Args:
        database: The graph, with the time budget of the question.
        a: Name of the first, or at least 6 characters of its id or of its digest. Of several with
            this name it is the one loaded last.
        b: The second, in the same way. Without it the state of `a` that was loaded last is the
            second, and the one before that is the first.
        site: Only environments of this site.

    Raises:
        NotInGraphError: There is no such environment.
        InvalidQuestionError: There is no state before the one loaded last.
        BudgetExceededError: The time is up.
    """
    if b is None:
        before, after = _last_states(_find_states(database, a, site))
    else:
        before, after = (_find_states(database, each, site)[0] for each in (a, b))
    specs = compare_nodes(
        _read_nodes(database, before["roots"]), _read_nodes(database, after["roots"])
    )
    return EnvironmentDiff(before, after, _compare_roots(before["roots"], after["roots"]), specs)


def _find_states(database: Database, text: str, site: str | None) -> list[EnvironmentState]:
    digest = text if _DIGEST.match(text) else None
    found: list[EnvironmentState] = database.read_one(
        "environment_states", name=text, digest=digest, site=site, limit=_MOST_STATES
    )
    if not found:
        at = f" at {site}" if site else ""
        raise NotInGraphError(f"no locked environment{at} has the name or the digest {text[:80]!r}")
    return found


def _last_states(
    states: Sequence[EnvironmentState],
) -> tuple[EnvironmentState, EnvironmentState]:
    last = states[0]
    for each in states[1:]:
        if (each["name"], each["site"]) == (last["name"], last["site"]):
            return each, last
    raise InvalidQuestionError(
        f"b: only one state of {last['name']} at {last['site']} is loaded; name another environment"
    )


def _read_nodes(database: Database, roots: Iterable[StateRoot]) -> dict[str, NodeRecord]:
    nodes: dict[str, NodeRecord] = {}
    for _, dag in load_dags(database, list(dict.fromkeys(root["uid"] for root in roots))):
        database.check_clock()
        nodes |= dag.reachable_nodes(ALL)
    return nodes


def _compare_roots(before: Iterable[StateRoot], after: Iterable[StateRoot]) -> list[RootChange]:
    old, new = ({(r["abstract"], r["group"] or ""): r for r in side} for side in (before, after))
    changes: list[RootChange] = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if a is not None and b is not None and a["uid"] == b["uid"]:
            continue
        change = "added" if a is None else "removed" if b is None else "changed"
        changes.append(RootChange(abstract=key[0], group=key[1] or None, change=change, a=a, b=b))
    return changes
