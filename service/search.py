"""The headline query: roots built with one spec and deployed with another."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.dag import Step, load_dag
from service.paging import Position
from service.provenance import matches, nearest
from service.selection import select
from spec_syntax import SpecConstraint

MATCHES_SHOWN = 3
"""Most matches that an answer explains for a side; `count` tells how many there are."""


@dataclass(frozen=True)
class Query:
    """What to look for; None asks for nothing.

    :ivar scope: `roots`, or `all` for every spec.
    """

    q: SpecConstraint | None = None
    built_with: SpecConstraint | None = None
    deployed_with: SpecConstraint | None = None
    spliced: bool | None = None
    scope: str = "roots"


@dataclass(frozen=True)
class Page:
    """Some of the answers, and how many there are in all."""

    items: list[dict[str, Any]]
    total: int


@dataclass(frozen=True)
class _Selected:
    hashes: list[str] | None
    built: list[str] | None
    deployed: list[str] | None

    @property
    def empty(self) -> bool:
        return [] in (self.hashes, self.built, self.deployed)

    @property
    def sides(self) -> dict[str, list[str]]:
        """What was asked of either side, by its name."""
        given = {"built": self.built, "deployed": self.deployed}
        return {side: hashes for side, hashes in given.items() if hashes is not None}


def find(database: Database, query: Query, position: Position, limit: int) -> Page:
    """A page of the specs that the query asks for, each with the reason for its match.

    :raises AmbiguousHashError: a hash in the query is abbreviated too much.
    """
    selected = _Selected(
        *(
            select(database, constraint) if constraint is not None else None
            for constraint in (query.q, query.built_with, query.deployed_with)
        )
    )
    if selected.empty:
        return Page([], 0)
    paging = {"spliced": query.spliced, "limit": limit, **position.parameters()}
    if query.scope == "all":
        page = _all(database, selected, paging)
        _explain_any(database, page.items, selected)
    else:
        page = _roots(database, selected, paging)
        _explain(database, page.items, selected)
    return page


def _roots(database: Database, selected: _Selected, paging: dict[str, Any]) -> Page:
    given = selected.sides
    if not given and selected.hashes is None:
        items = database.read_one("roots", **paging)
        return Page(items, database.read_one("roots_count", spliced=paging["spliced"]))
    if not given:
        return _page(database, "specs_listed", hashes=selected.hashes, roots_only=True, **paging)
    name = "_".join(["roots", *given])
    return _page(database, name, hashes=selected.hashes, **given, **paging)


def _all(database: Database, selected: _Selected, paging: dict[str, Any]) -> Page:
    sets = [] if selected.hashes is None else [set(selected.hashes)]
    if selected.built is not None:
        sets.append(set(database.read_one("all_built", built=selected.built)))
    if selected.deployed is not None:
        sets.append(set(database.read_one("all_deployed", deployed=selected.deployed)))
    if not sets:
        items = database.read_one("all_specs", **paging)
        return Page(items, database.read_one("all_specs_count", spliced=paging["spliced"]))
    hashes = sorted(set.intersection(*sets))
    return _page(database, "specs_listed", hashes=hashes, roots_only=False, **paging)


def _page(database: Database, listing: str, /, **parameters: Any) -> Page:
    record = database.read(listing, **parameters)[0]
    return Page(record["items"], record["total"])


def _explain(database: Database, items: Sequence[dict[str, Any]], selected: _Selected) -> None:
    """Add to each root which nodes matched on either side, and by which path.

    What a root reaches is what its document tells; where that is not what the graph shows, the
    path is read off the document too.
    """
    if not items or not selected.sides:
        return
    roots = [item["hash"] for item in items]
    graph = _Neighbourhood(database.read_one("edges_below", hashes=roots))
    in_conflict = set(database.read_one("roots_in_conflict", hashes=roots))
    for item in items:
        root = item["hash"]
        if root in in_conflict:
            item["matches"] = _from_document(database, root, selected)
        else:
            item["matches"] = graph.explain(root, selected)


def _explain_any(database: Database, items: Sequence[dict[str, Any]], selected: _Selected) -> None:
    """As :func:`_explain`, for any specs, which reach what the graph shows."""
    if items and selected.sides:
        found = database.read_one("edges_below_any", hashes=[item["hash"] for item in items])
        graph = _Neighbourhood(found)
        for item in items:
            item["matches"] = graph.explain(item["hash"], selected)


def _from_document(database: Database, root: str, selected: _Selected) -> dict[str, Any]:
    """Matches as the root's own document has them."""
    dag = load_dag(database, root)
    if dag is None:
        return {}
    return {
        f"{side}_with": matches(dag, frozenset(hashes), built=side == "built", limit=MATCHES_SHOWN)
        for side, hashes in selected.sides.items()
    }


class _Neighbourhood:
    """What a page of specs reaches.

    :param nodes: hash, name, version and edges of each, as `edges_below` returns them.
    """

    def __init__(self, nodes: Sequence[Any]) -> None:
        self.labels: dict[str, tuple[str, str]] = {}
        self.edges: dict[str, list[Step]] = {}
        for hash_, name, version, below in nodes:
            self.labels[hash_] = (name, version)
            self.edges[hash_] = [
                Step(hash_, target, "SPLICED_FROM")
                if deptypes is None
                else Step(hash_, target, "DEPENDS_ON", tuple(deptypes), tuple(virtuals))
                for target, deptypes, virtuals, _ in below
            ]

    def explain(self, root: str, selected: _Selected) -> dict[str, Any]:
        """The nearest nodes that matched on either side, each with its path."""
        return {
            f"{side}_with": self.matches(root, hashes, built=side == "built")
            for side, hashes in selected.sides.items()
        }

    def matches(self, root: str, hashes: Sequence[str], *, built: bool) -> list[dict[str, Any]]:
        """The nearest nodes of one side that are among `hashes`, each with its path."""
        wanted = frozenset(hashes)
        if built and self._spliced(root):
            wanted -= {root}
        steps = self._built(root) if built else self._deployed
        return nearest(self._label, root, wanted, steps, limit=MATCHES_SHOWN)

    def _label(self, hash_: str) -> dict[str, Any]:
        name, version = self.labels.get(hash_, (None, None))
        return {"hash": hash_, "name": name, "version": version}

    def _spliced(self, hash_: str) -> bool:
        return any(step.kind == "SPLICED_FROM" for step in self.edges.get(hash_, ()))

    def _deployed(self, hash_: str) -> Iterator[Step]:
        for step in self.edges.get(hash_, ()):
            if {"link", "run"} & set(step.deptypes):
                yield step

    def _built(self, root: str) -> Any:
        chain = self._chain(root)

        def steps(hash_: str) -> Iterator[Step]:
            edges = self.edges.get(hash_, [])
            if hash_ in chain and self._spliced(hash_):
                yield from (step for step in edges if step.kind == "SPLICED_FROM")
            else:
                yield from edges

        return steps

    def _chain(self, root: str) -> set[str]:
        """The root and the build specs that follow from it, up to the spec really built."""
        chain: set[str] = set()
        waiting = deque([root])
        while waiting:
            hash_ = waiting.popleft()
            if hash_ not in chain:
                chain.add(hash_)
                waiting += [s.target for s in self.edges.get(hash_, ()) if s.kind == "SPLICED_FROM"]
        return chain
