"""Why a spec is in an answer: the nodes that matched on its sides, each with a path to it."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cypher.run import Database
from service.clauses import Literal
from service.dag import Step, load_dag
from service.provenance import matches, nearest
from service.wanted import Wanted

MATCHES_SHOWN = 3
"""Most matches that an answer explains for a side."""

Sides = Mapping[str, Sequence[Literal]]
"""For each side that was asked for, the literals of which it can hold a match."""


def explain(
    database: Database, items: Sequence[dict[str, Any]], sides: Sides, *, roots: bool
) -> None:
    """Add to each item which nodes matched on its sides, and by which path.

    What a root reaches is what its document tells; where that is not what the graph shows, the
    path is read off the document too. Other specs reach what the graph shows.
    """
    if not items or not sides:
        return
    wanted = {
        side: [literal.set or literal.wanted or {} for literal in literals]
        for side, literals in sides.items()
    }
    hashes = [item["hash"] for item in items]
    graph = _read(database, "edges_below" if roots else "edges_below_any", hashes, wanted)
    in_conflict = set(database.read_one("roots_in_conflict", hashes=hashes)) if roots else set()
    for item in items:
        database.tick()
        item["matches"] = graph.explain(item["hash"], sides)
        if item["hash"] in in_conflict:
            item["matches"] = _from_document(database, item["hash"], graph, item["matches"])


def _from_document(
    database: Database, root: str, graph: "_Neighbourhood", shown: dict[str, Any]
) -> dict[str, Any]:
    """Matches as the root's own document has them, where that is known."""
    dag = load_dag(database, root)
    if dag is None:
        return shown
    told = {
        side: matches(dag, graph.fitting[side], built=side == "built_with", limit=MATCHES_SHOWN)
        for side in shown
        if side != "spliced_from"
    }
    return {**shown, **told}


def _read(
    database: Database, name: str, hashes: Sequence[str], wanted: Mapping[str, Sequence[Wanted]]
) -> "_Neighbourhood":
    places = [(side, each) for side, sources in wanted.items() for each in sources]
    nodes = database.read_one(name, hashes=hashes, wanted=[each for _, each in places])
    fitting: dict[str, set[str]] = {side: set() for side in wanted}
    for hash_, _, _, _, fits in nodes:
        for place in fits:
            fitting[places[place][0]].add(hash_)
    return _Neighbourhood(nodes, {side: frozenset(each) for side, each in fitting.items()})


class _Neighbourhood:
    """What a page of specs reaches.

    :param nodes: hash, name, version and edges of each, as `edges_below` returns them.
    :param fitting: for each side the nodes that are wanted there.
    """

    def __init__(self, nodes: Sequence[Any], fitting: Mapping[str, frozenset[str]]) -> None:
        self.fitting = fitting
        self.labels: dict[str, tuple[str, str]] = {}
        self.edges: dict[str, list[Step]] = {}
        for hash_, name, version, below, _ in nodes:
            self.labels[hash_] = (name, version)
            self.edges[hash_] = [
                Step(hash_, target, "SPLICED_FROM")
                if deptypes is None
                else Step(hash_, target, "DEPENDS_ON", tuple(deptypes), tuple(virtuals))
                for target, deptypes, virtuals in below
            ]

    def explain(self, root: str, sides: Sides) -> dict[str, Any]:
        """The nearest nodes that matched on each side, each with its path."""
        return {side: self._matches(root, side) for side in sides}

    def _matches(self, root: str, side: str) -> list[dict[str, Any]]:
        wanted = self.fitting[side]
        if side == "deployed_with":
            return nearest(self._label, root, wanted, self._deployed, limit=MATCHES_SHOWN)
        if self._spliced(root) or side == "spliced_from":
            wanted -= {root}
        steps = self._built(root) if side == "built_with" else self._splices
        return nearest(self._label, root, wanted, steps, limit=MATCHES_SHOWN)

    def _label(self, hash_: str) -> dict[str, Any]:
        name, version = self.labels.get(hash_, (None, None))
        return {"hash": hash_, "name": name, "version": version}

    def _spliced(self, hash_: str) -> bool:
        return any(step.kind == "SPLICED_FROM" for step in self.edges.get(hash_, ()))

    def _splices(self, hash_: str) -> Iterator[Step]:
        yield from (step for step in self.edges.get(hash_, ()) if step.kind == "SPLICED_FROM")

    def _deployed(self, hash_: str) -> Iterator[Step]:
        for step in self.edges.get(hash_, ()):
            if {"link", "run"} & set(step.deptypes):
                yield step

    def _built(self, root: str) -> Any:
        chain = self._chain(root)

        def steps(hash_: str) -> Iterator[Step]:
            if hash_ in chain and self._spliced(hash_):
                return self._splices(hash_)
            return iter(self.edges.get(hash_, ()))

        return steps

    def _chain(self, root: str) -> set[str]:
        """The root and the build specs that follow from it, up to the spec really built."""
        chain: set[str] = set()
        waiting = deque([root])
        while waiting:
            hash_ = waiting.popleft()
            if hash_ not in chain:
                chain.add(hash_)
                waiting += [step.target for step in self._splices(hash_)]
        return chain
