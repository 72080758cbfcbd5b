"""The part of a DAG to draw: helpers folded, edges reduced, never too many nodes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import networkx as nx

from service.dags.dag import Dag, Step
from service.dags.deptypes import ALL, RUNTIME
from service.web.pictures.folding import reduce_edges

START = 60
"""Most nodes drawn at first."""
MOST = 150
"""Most nodes drawn at all."""

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
"""Up to this many nodes, nothing is folded."""
_MOST_BEHIND_HELPER = 15
"""A helper that alone leads to more nodes than these is not a detail and stays drawn."""
_SHARE = 3
"""A leaf is a helper, whatever its name, if one in this many nodes depends on it."""
_LEAF = 2
"""Most dependencies of such a leaf."""


@dataclass(frozen=True)
class DrawOptions:
    """How to draw a DAG.

    Attributes:
        types: The dependency types that are followed.
        expand: Hashes, or starts of them, to draw with their direct dependencies.
        path: Steps that are drawn in any case.
        fold: Whether helpers become badges.
        reduce: Whether an edge is left out if a longer path is drawn.
        build_specs: Whether build specs are followed.
        most: Most nodes to draw.
    """

    types: frozenset[str] = ALL
    expand: tuple[str, ...] = ()
    path: tuple[Step, ...] = ()
    fold: bool = True
    reduce: bool = True
    build_specs: bool = False
    most: int = START


@dataclass(frozen=True)
class ExploredDag:
    """The part of a DAG that is drawn, and the parts that are not.

    Attributes:
        drawn: Hashes, nearest to the root first.
        steps: The edges between them that are drawn.
        reduced: Edges between them, source and target, that a longer path implies; only drawn if
            they are part of the path or every edge is asked for.
        folded: Helpers, with the number of nodes that depend on each; the most needed first.
        behind_helpers: Nodes that only folded helpers lead to.
        left_out: Nodes that are not drawn because there are too many.
        expanded: The hashes that `expand` asks for.
        hidden: For nodes that depend on some of `left_out`, how many of these they lead to.
        size: Number of all nodes.
    """

    drawn: Sequence[str]
    steps: Sequence[Step]
    reduced: frozenset[tuple[str, str]]
    folded: Mapping[str, int]
    behind_helpers: Sequence[str]
    left_out: Sequence[str]
    expanded: Sequence[str]
    hidden: Mapping[str, int] = field(default_factory=dict)
    size: int = 0


def explore_dag(dag: Dag, options: DrawOptions) -> ExploredDag:
    """Return the part of a DAG to draw."""
    whole = _reachable_graph(dag, options)
    expanded = [hash_ for start in options.expand for hash_ in whole if hash_.startswith(start)]
    forced = _forced_nodes(whole, dag.root, expanded, options.path)
    folded = _find_helpers(whole, dag) - forced.keys() if options.fold else set()
    dependencies = (each for hash_ in expanded for each in whole.successors(hash_))
    forced |= dict.fromkeys(each for each in dependencies if each not in folded)
    kept = list(_breadth_first(whole, dag.root, folded))
    reached = set(kept)
    most = max(options.most, min(len(forced), MOST))
    chosen = set(list(dict.fromkeys([*forced, *kept]))[:most])
    drawn = [hash_ for hash_ in kept if hash_ in chosen]
    left_out = [hash_ for hash_ in kept if hash_ not in chosen]
    shown = whole.subgraph(drawn)
    needed = _needed_edges(shown)
    always = needed | {(step.source, step.target) for step in options.path}
    edges = [edge for edge in shown.edges if edge in always or not options.reduce]
    return ExploredDag(
        drawn=drawn,
        steps=[whole.edges[edge]["step"] for edge in edges],
        reduced=frozenset(shown.edges) - needed,
        folded=_by_dependents(whole, folded),
        behind_helpers=[hash_ for hash_ in whole if hash_ not in folded and hash_ not in reached],
        left_out=left_out,
        expanded=expanded,
        hidden=_count_hidden(whole, drawn, left_out),
        size=len(whole),
    )


def _reachable_graph(dag: Dag, options: DrawOptions) -> "nx.DiGraph[str]":
    """Return all nodes that the options reach, nearest first, with the step of each edge."""
    every = options.types >= ALL
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_node(dag.root)
    waiting = [dag.root]
    for hash_ in waiting:
        for step in dag.steps_from(hash_, built=True):
            spliced = step.kind == "SPLICED_FROM"
            typed = every or not step.deptypes or bool(options.types & set(step.deptypes))
            if not (options.build_specs if spliced else typed):
                continue
            if step.target not in graph:
                waiting.append(step.target)
            _add_step(graph, step)
    for step in options.path:
        _add_step(graph, step)
    return graph


def _add_step(graph: "nx.DiGraph[str]", step: Step) -> None:
    if not graph.has_edge(step.source, step.target):
        graph.add_edge(step.source, step.target, step=step)


def _forced_nodes(
    graph: "nx.DiGraph[str]", root: str, expanded: Iterable[str], path: Iterable[Step]
) -> dict[str, None]:
    """Return the nodes to draw before all others: the path, then a path to each expanded node."""
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
        for dependency in graph.successors(hash_):
            if dependency not in found and dependency not in without:
                found.add(dependency)
                waiting.append(dependency)


def _find_helpers(graph: "nx.DiGraph[str]", dag: Dag) -> set[str]:
    """Return the nodes that are mere helpers: by name, or leaves with very many dependents."""
    if len(graph) <= SMALL:
        return set()
    found = set()
    for hash_, dependents in graph.in_degree():
        node = dag.nodes.get(hash_)
        leaf = graph.out_degree(hash_) <= _LEAF and dependents * _SHARE > len(graph)
        named = node is not None and node.name in HELPERS
        if hash_ != dag.root and (
            leaf or (named and _count_behind(graph, dag.root, hash_) <= _MOST_BEHIND_HELPER)
        ):
            found.add(hash_)
    return found


def _count_behind(graph: "nx.DiGraph[str]", root: str, hash_: str) -> int:
    """Return the number of nodes that only one node leads to."""
    return len(graph) - 1 - sum(1 for _ in _breadth_first(graph, root, {hash_}))


def _by_dependents(graph: "nx.DiGraph[str]", folded: Collection[str]) -> dict[str, int]:
    needed = {hash_: graph.in_degree(hash_) for hash_ in graph if hash_ in folded}
    return dict(sorted(needed.items(), key=lambda each: -each[1]))


def _needed_edges(graph: "nx.DiGraph[str]") -> set[tuple[str, str]]:
    """Return the edges that no longer path implies. Steps to build specs always remain."""
    # Run-time edges are reduced on their own too: a path of build dependencies does not imply
    # that something is linked.
    spliced, runtime = set(), []
    for edge in graph.edges:
        step: Step = graph.edges[edge]["step"]
        if step.kind == "SPLICED_FROM":
            spliced.add(edge)
        elif not RUNTIME.isdisjoint(step.deptypes):
            runtime.append(edge)
    return spliced | reduce_edges(graph.edges) | reduce_edges(runtime)


def _count_hidden(
    graph: "nx.DiGraph[str]", drawn: Iterable[str], left_out: Sequence[str]
) -> dict[str, int]:
    """Return for each drawn node with a dependency that is left out how many it leads to."""
    if not left_out:
        return {}
    part = graph.subgraph([*drawn, *left_out])
    hidden = set(left_out)
    return {
        hash_: len(hidden.intersection(_breadth_first(part, hash_, ())))
        for hash_ in drawn
        if not hidden.isdisjoint(part.successors(hash_))
    }
