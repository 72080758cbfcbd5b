"""Fewer nodes in a picture: what is not worth a node of its own becomes part of a fold."""

from collections.abc import Collection, Iterable, Mapping

import networkx as nx

Arrow = tuple[str, str]
"""An edge by the ids of its two ends."""


def groups(arrows: Iterable[Arrow], folded: Collection[str]) -> list[list[str]]:
    """The nodes to fold as connected parts, in either direction, the largest first."""
    within = set(folded)
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(within))
    graph.add_edges_from(each for each in arrows if within.issuperset(each))
    found = [sorted(part) for part in nx.connected_components(graph)]
    return sorted(found, key=lambda part: (-len(part), part))


def contracted(arrows: Iterable[Arrow], fold_of: Mapping[str, str]) -> list[Arrow]:
    """The edges between what is drawn, each once; those within a fold are gone.

    :param fold_of: of each folded node the id of its fold.
    """
    ends = ((fold_of.get(a, a), fold_of.get(b, b)) for a, b in arrows)
    return list(dict.fromkeys(each for each in ends if each[0] != each[1]))


def reduced(arrows: Collection[Arrow]) -> set[Arrow]:
    """The edges without which something would not be reached: the transitive reduction.

    All of them where there is a cycle, as contracting may make one.
    """
    graph: nx.DiGraph[str] = nx.DiGraph(sorted(arrows))
    if not nx.is_directed_acyclic_graph(graph):
        return set(arrows)
    return set(nx.transitive_reduction(graph).edges)
