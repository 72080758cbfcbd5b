"""Fewer nodes in a picture: nodes that are not worth drawing become part of a fold."""

from collections.abc import Collection, Iterable, Mapping

import networkx as nx

Arrow = tuple[str, str]
"""An edge by the ids of its two ends."""


def connected_groups(arrows: Iterable[Arrow], folded: Collection[str]) -> list[list[str]]:
    """Return the nodes to fold as connected parts, in either direction, the largest first."""
    within = set(folded)
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(within))
    graph.add_edges_from(each for each in arrows if within.issuperset(each))
    found = [sorted(part) for part in nx.connected_components(graph)]
    return sorted(found, key=lambda part: (-len(part), part))


def contract_edges(arrows: Iterable[Arrow], fold_of: Mapping[str, str]) -> list[Arrow]:
    """Return the edges between the drawn nodes, each once; those within a fold are left out.

    Args:
        arrows: All edges.
        fold_of: For each folded node the id of its fold.
    """
    ends = ((fold_of.get(a, a), fold_of.get(b, b)) for a, b in arrows)
    return list(dict.fromkeys(each for each in ends if each[0] != each[1]))


def reduce_edges(arrows: Collection[Arrow]) -> set[Arrow]:
    """Return the transitive reduction: the edges without which a node would not be reached.

    All edges of a cycle, which contracting may create, remain.
    """
    graph: nx.DiGraph[str] = nx.DiGraph(sorted(arrows))
    parts = nx.condensation(graph)
    part_of: Mapping[str, int] = parts.graph["mapping"]
    needed = set(nx.transitive_reduction(parts).edges)
    ends = {arrow: (part_of[arrow[0]], part_of[arrow[1]]) for arrow in arrows}
    return {arrow for arrow, (a, b) in ends.items() if a == b or (a, b) in needed}


def distances_from(arrows: Iterable[Arrow], tops: Iterable[str]) -> dict[str, int]:
    """Return for each node the number of steps from the nearest of some nodes."""
    tops = sorted(tops)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(tops)
    graph.add_edges_from(arrows)
    layers = enumerate(nx.bfs_layers(graph, tops))
    return {node: steps for steps, layer in layers for node in layer}
