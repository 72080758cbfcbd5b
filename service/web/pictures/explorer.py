"""Which part of a DAG is drawn: helpers folded, edges reduced, never too many nodes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import networkx as nx

from service.dags.dag import Dag, Step
from service.dags.deptypes import ALL, RUNTIME
from service.web.pictures.folding import reduced

START = 60
"""Nodes that are drawn at first."""
MOST = 150
"""Most nodes that are drawn."""

HELPERS = frozenset(
    {
        *("gcc", "llvm", "aocc", "nvhpc", "intel-oneapi-compilers", "compiler-wrapper"),
        *("gcc-runtime", "intel-oneapi-runtime", "glibc", "musl"),
        *("gmake", "cmake", "ninja", "meson", "pkgconf", "pkg-config", "autoconf", "automake"),
        *("libtool", "m4", "gnuconfig", "bison", "flex", "texinfo", "help2man"),
        *("py-pip", "py-setuptools", "py-wheel", "python-venv"),
    }
)
"""Packages that build or run nearly everything: compilers, their libraries, build tools."""
SMALL = 12
"""In a DAG of so many nodes nothing is folded."""
_MOST_BELOW = 15
"""A helper that alone leads to more nodes than these is no detail, and stays drawn."""
_SHARE = 3
"""One in so many nodes depends on a node that counts as a helper whatever its name is."""
_LEAF = 2
"""Such a node has at most so many dependencies."""


@dataclass(frozen=True)
class Wish:
    """What is to be drawn of a DAG.

    :ivar types: the dependency types that are followed.
    :ivar expand: hashes, or starts of them: drawn with what they depend on.
    :ivar path: steps that are drawn in any case.
    :ivar fold: whether helpers become badges.
    :ivar reduce: whether an edge is left out where a longer way is drawn.
    :ivar build_specs: whether the way goes on to build specs.
    """

    types: frozenset[str] = ALL
    expand: tuple[str, ...] = ()
    path: tuple[Step, ...] = ()
    fold: bool = True
    reduce: bool = True
    build_specs: bool = False
    most: int = START


@dataclass(frozen=True)
class Explored:
    """What is drawn of a DAG, and what is not.

    :ivar drawn: hashes, nearest to the root first.
    :ivar steps: the edges between them that are drawn.
    :ivar reduced: edges between them, source and target, that a longer way stands for, drawn
        only where they are part of the path or the wish is for every edge.
    :ivar folded: helpers, and how many of all nodes depend on each; the most needed first.
    :ivar below: what only folded helpers lead to.
    :ivar rest: what is left out because there are too many.
    :ivar expanded: the hashes that were asked for by `expand`.
    :ivar hidden: for nodes that depend on some of `rest`: how many of `rest` are below them.
    :ivar size: how many nodes there are.
    """

    drawn: Sequence[str]
    steps: Sequence[Step]
    reduced: frozenset[tuple[str, str]]
    folded: Mapping[str, int]
    below: Sequence[str]
    rest: Sequence[str]
    expanded: Sequence[str]
    hidden: Mapping[str, int] = field(default_factory=dict)
    size: int = 0


def explore(dag: Dag, wish: Wish) -> Explored:
    """The part of a DAG that a wish asks for."""
    whole = _graph(dag, wish)
    expanded = [hash_ for start in wish.expand for hash_ in whole if hash_.startswith(start)]
    forced = _forced(whole, dag.root, expanded, wish.path)
    folded = _helpers(whole, dag) - forced.keys() if wish.fold else set()
    below = (each for hash_ in expanded for each in whole.successors(hash_))
    forced |= dict.fromkeys(each for each in below if each not in folded)
    kept = list(_breadth_first(whole, dag.root, folded))
    reached = set(kept)
    most = max(wish.most, min(len(forced), MOST))
    chosen = set(list(dict.fromkeys([*forced, *kept]))[:most])
    drawn = [hash_ for hash_ in kept if hash_ in chosen]
    rest = [hash_ for hash_ in kept if hash_ not in chosen]
    shown = whole.subgraph(drawn)
    needed = _needed(shown)
    told = needed | {(step.source, step.target) for step in wish.path}
    edges = [edge for edge in shown.edges if edge in told or not wish.reduce]
    return Explored(
        drawn=drawn,
        steps=[whole.edges[edge]["step"] for edge in edges],
        reduced=frozenset(shown.edges) - needed,
        folded=_most_needed(whole, folded),
        below=[hash_ for hash_ in whole if hash_ not in folded and hash_ not in reached],
        rest=rest,
        expanded=expanded,
        hidden=_hidden(whole, drawn, rest),
        size=len(whole),
    )


def _graph(dag: Dag, wish: Wish) -> "nx.DiGraph[str]":
    """All nodes that a wish leads to, nearest first, with the step of each edge."""
    every = wish.types >= ALL
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node(dag.root)
    waiting = [dag.root]
    for hash_ in waiting:
        for step in dag.steps(hash_, built=True):
            spliced = step.kind == "SPLICED_FROM"
            if not (wish.build_specs if spliced else every or wish.types & set(step.deptypes)):
                continue
            if step.target not in graph:
                waiting.append(step.target)
            _add(graph, step)
    for step in wish.path:
        _add(graph, step)
    return graph


def _add(graph: "nx.DiGraph[str]", step: Step) -> None:
    if not graph.has_edge(step.source, step.target):
        graph.add_edge(step.source, step.target, step=step)


def _forced(
    graph: "nx.DiGraph[str]", root: str, expanded: Iterable[str], path: Iterable[Step]
) -> dict[str, None]:
    """What is drawn before all else: the path, then a way to each expanded node."""
    found = {root: None}
    found |= dict.fromkeys(chain.from_iterable((step.source, step.target) for step in path))
    for hash_ in expanded:
        found |= dict.fromkeys(nx.shortest_path(graph, root, hash_))
    return found


def _breadth_first(graph: "nx.DiGraph[str]", root: str, without: Collection[str]) -> Iterator[str]:
    found = {root}
    waiting = [root]
    for hash_ in waiting:
        yield hash_
        for below in graph.successors(hash_):
            if below not in found and below not in without:
                found.add(below)
                waiting.append(below)


def _helpers(graph: "nx.DiGraph[str]", dag: Dag) -> set[str]:
    """The nodes that are no more than helpers: by name, or leaves that very many depend on."""
    if len(graph) <= SMALL:
        return set()
    found = set()
    for hash_, dependents in graph.in_degree():
        node = dag.nodes.get(hash_)
        leaf = graph.out_degree(hash_) <= _LEAF and dependents * _SHARE > len(graph)
        named = node is not None and node.name in HELPERS
        if hash_ != dag.root and (
            leaf or (named and _alone(graph, dag.root, hash_) <= _MOST_BELOW)
        ):
            found.add(hash_)
    return found


def _alone(graph: "nx.DiGraph[str]", root: str, hash_: str) -> int:
    """How many nodes are there for one node only."""
    return len(graph) - 1 - sum(1 for _ in _breadth_first(graph, root, {hash_}))


def _most_needed(graph: "nx.DiGraph[str]", folded: Collection[str]) -> dict[str, int]:
    needed = {hash_: graph.in_degree(hash_) for hash_ in graph if hash_ in folded}
    return dict(sorted(needed.items(), key=lambda each: -each[1]))


def _needed(graph: "nx.DiGraph[str]") -> set[tuple[str, str]]:
    """The edges that no longer way stands for.

    For an edge of run time such a way has to be of run time too: what is linked is not told by
    what is built. Steps to build specs stay.
    """
    spliced, runtime = set(), []
    for edge in graph.edges:
        step: Step = graph.edges[edge]["step"]
        if step.kind == "SPLICED_FROM":
            spliced.add(edge)
        elif not RUNTIME.isdisjoint(step.deptypes):
            runtime.append(edge)
    return spliced | reduced(graph.edges) | reduced(runtime)


def _hidden(graph: "nx.DiGraph[str]", drawn: Iterable[str], rest: Sequence[str]) -> dict[str, int]:
    """For each drawn node that directly depends on some of the rest: how many are below it."""
    if not rest:
        return {}
    part = graph.subgraph([*drawn, *rest])
    left_out = set(rest)
    return {
        hash_: len(left_out.intersection(_breadth_first(part, hash_, ())))
        for hash_ in drawn
        if not left_out.isdisjoint(part.successors(hash_))
    }
