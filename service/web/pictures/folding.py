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

    Within a cycle, as contracting may make one, all edges are left.
    """
    graph: nx.DiGraph[str] = nx.DiGraph(sorted(arrows))
    parts = nx.condensation(graph)
    part_of: Mapping[str, int] = parts.graph["mapping"]
    needed = set(nx.transitive_reduction(parts).edges)
    ends = {arrow: (part_of[arrow[0]], part_of[arrow[1]]) for arrow in arrows}
    return {arrow for arrow, (a, b) in ends.items() if a == b or (a, b) in needed}


def nearness(arrows: Iterable[Arrow], tops: Iterable[str]) -> dict[str, int]:
    """How many steps each node is away from the nearest of some nodes that lead to it."""
    tops = sorted(tops)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(tops)
    graph.add_edges_from(arrows)
    layers = enumerate(nx.bfs_layers(graph, tops))
    return {node: steps for steps, layer in layers for node in layer}
