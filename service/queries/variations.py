"""Other roots of a package that differ from one in a single thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.dags.aspects import Aspect
from service.dags.dag import Dag
from service.dags.dependency_tree import DependencyTree
from service.dags.labels import SpecLabel
from service.dags.single_difference import SingleDifference, Values
from service.paging import cursors, offsets
from service.queries.stored_dags import load_dags

ADVICE = "narrow it: say with `only` what may differ"
"""How to narrow the question if it takes too long."""

MAX_CANDIDATES = 500
"""Most roots that are compared for one answer."""

# Bounds the memory: documents of 500 large DAGs would not fit into a small service's.
_CHUNK = 50
"""Number of candidates that are read at once."""

_OWN = ("version", "namespace", "platform", "os", "target", "compiler", "compiler_version")
_MAY_DIFFER = {
    "compiler": {"compiler", "compiler_version"},
    "variant": {"variants"},
    **{word: {word} for word in ("version", "target", "os", "variants")},
}
"""The root's own properties that may differ, by the kind of an aspect."""


class Variation(SpecLabel):
    """A root that differs in one thing.

    `only` is the aspect, `a` its values in the spec that was asked for, `b` those in this one.
    """

    version_key: str
    only: str
    a: list[str]
    b: list[str]


class _Candidate(SpecLabel):
    version_key: str


@dataclass(frozen=True, slots=True)
class Block:
    """A run of candidates that are compared for one answer, and how much of it was shown.

    Attributes:
        before: Number of variations in the blocks before it.
        shown: Number of its own that earlier pages had.
        version_key: Version key of the last root of the block before.
        uid: Identity of that root.
    """

    before: int = 0
    shown: int = 0
    version_key: str = ""
    uid: str = ""

    @classmethod
    def decode(cls, cursor: str | None, scope: str) -> "Block":
        """Return the place that a cursor stands for, the start without one.

        Raises:
            CursorError: It is not a cursor, or one of another query.
        """
        if not cursor:
            return cls()
        position = cursors.decode(cursor, scope)
        before, _, shown = position.name.partition(" ")
        numbers = offsets.parse_number(before), offsets.parse_number(shown)
        return cls(*numbers, position.version_key, position.uid)

    def cursor(self, scope: str) -> str:
        """Return the cursor that stands for this place."""
        place = {"version_key": self.version_key, "uid": self.uid}
        return cursors.encode({"name": f"{self.before} {self.shown}", **place}, scope)


@dataclass(frozen=True, slots=True)
class VariationsPage:
    """Some variations.

    Attributes:
        items: The variations of this page.
        following: Where the next page starts, None after the last.
        total: How many there are, at least.
        exact: Whether there are no more than `total`.
    """

    items: list[Variation]
    following: Block | None
    total: int
    exact: bool


def list_variations(
    database: Database, dag: Dag, aspect: Aspect | None, block: Block, limit: int
) -> VariationsPage:
    """Return a page of the variations of a spec.

    Args:
        database: The graph, with the time budget of the question.
        dag: The DAG of the spec.
        aspect: The aspect in which they differ; None for any one thing.
        block: Where the page starts.
        limit: Most items of the page.

    Raises:
        BudgetExceededError: The time is up.
    """
    candidates = database.read_one(
        "variation_candidates",
        root=dag.identity_of(dag.root),
        package=dag.nodes[dag.root].name,
        own=_required_properties(dag, aspect),
        version_key=block.version_key,
        uid=block.uid,
        limit=MAX_CANDIDATES + 1,
    )
    compared = candidates[:MAX_CANDIDATES]
    more = len(candidates) > MAX_CANDIDATES
    found = list(_compare(database, dag, aspect, compared))
    end = block.shown + limit
    following = None
    if end < len(found):
        following = Block(block.before, end, block.version_key, block.uid)
    elif more:
        last = compared[-1]
        following = Block(block.before + len(found), 0, last["version_key"], last["uid"])
    return VariationsPage(found[block.shown : end], following, block.before + len(found), not more)


def _required_properties(dag: Dag, aspect: Aspect | None) -> dict[str, Any]:
    """Return the root's own properties that a candidate must have, None for any value."""
    properties = dag.nodes[dag.root].properties
    own: dict[str, Any] = {key: properties.get(key, "") for key in _OWN}
    own["variants"] = properties["variants"]
    if aspect is None:
        return dict.fromkeys(own)
    differing = _MAY_DIFFER.get(aspect.kind, set())
    return {key: None if key in differing else value for key, value in own.items()}


def _compare(
    database: Database, dag: Dag, aspect: Aspect | None, candidates: Sequence[_Candidate]
) -> Iterator[Variation]:
    """Yield the candidates that differ in one thing, or only in the aspect that is asked for."""
    a = DependencyTree(dag)
    by_uid = {candidate["uid"]: candidate for candidate in candidates}
    uids = list(by_uid)
    for start in range(0, len(uids), _CHUNK):
        for uid, other in load_dags(database, uids[start : start + _CHUNK]):
            database.check_clock()
            comparison = SingleDifference(a, DependencyTree(other))
            found = _find_difference(comparison, aspect)
            if found is not None:
                differing, (left, right) = found
                yield {**by_uid[uid], "only": str(differing), "a": left, "b": right}


def _find_difference(
    comparison: SingleDifference, aspect: Aspect | None
) -> tuple[Aspect, Values] | None:
    if aspect is None:
        return comparison.find_aspect()
    values = comparison.values_if_only(aspect)
    return None if values is None else (aspect, values)
