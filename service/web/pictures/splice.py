"""The picture of a splice: as built beside as deployed, in the same layout."""

from collections.abc import Callable, Collection, Iterable, Iterator

from service.dags.splices import Splice
from service.web.pictures.folding import contract_edges, reduce_edges
from service.web.pictures.picture import Picture, PictureEdge, PictureNode, version_note

MOST_DRAWN = 150
"""Most specs in a picture; those farthest from the root are folded."""

_BUILT, _DEPLOYED = range(2)
_IDS = ("built", "deployed")
_SEAMS = {"put_in": "put-in", "taken_out": "taken-out"}
"""Roles of the edges from a relinked spec to the dependencies that it lost and got."""


def node_id(lane: int, hash_: str) -> str:
    """Return the id of a spec of a lane in the picture."""
    return f"{_IDS[lane]}-{hash_}"


class SpliceDrawing:
    """The part of a splice that is drawn.

    Attributes:
        drawn: The specs with a node of their own, in breadth-first order from the root.
        folded: For each role the specs without one.
    """

    def __init__(self, splice: Splice, card: Callable[[str], str], unfold: str | None) -> None:
        """Choose the specs to draw.

        Args:
            splice: The splice.
            card: Returns the address of the details of a spec.
            unfold: Address of the page that draws the kept specs, None if this one does.
        """
        self.splice = splice
        self.card = card
        self.unfold = unfold
        roles = {**splice.roles, **dict.fromkeys(splice.after_relinking, "before")}
        shown = [
            each
            for each in self._specs_by_distance()
            if unfold is None or roles.get(each) != "kept"
        ]
        self.roles = roles
        self.tabs = self._find_successors()
        self.drawn = dict.fromkeys(shown[:MOST_DRAWN])
        self.folded: dict[str, list[str]] = {}
        for each, role in roles.items():
            if each not in self.drawn:
                self.folded.setdefault(role, []).append(each)
        self._fold_of = {each: role for role, some in self.folded.items() for each in some}

    def _specs_by_distance(self) -> list[str]:
        """Return all specs by distance: from the root first, then from its build spec."""
        found: dict[str, None] = {}
        frontier = [self.splice.after, self.splice.before]
        while frontier:
            found |= dict.fromkeys(frontier)
            targets = (edge.hash for each in frontier for edge in self.splice.followed_edges(each))
            frontier = [each for each in dict.fromkeys(targets) if each not in found]
        return list(found)

    def _find_successors(self) -> dict[str, str]:
        """Map each spec that was taken out to the one of its package that has its place."""
        nodes, found = self.splice.dag.nodes, dict[str, str]()
        for after, before in self.splice.stands_for.items():
            if nodes[after].name == nodes[before].name:
                found.setdefault(before, after)
        return found

    def slot_of(self, hash_: str) -> str:
        """Return whose place a spec has: its own, or that of its counterpart before the splice.

        A relinked spec has the place of its build spec, and a spec that was put in that of the
        spec of its package that it replaces.
        """
        before = self.splice.before_relinking.get(hash_) or self.splice.stands_for.get(hash_)
        shared = hash_ in self.splice.before_relinking or self.tabs.get(before or "") == hash_
        return before if before and shared else hash_

    def draw_picture(self) -> Picture:
        """Return the whole picture."""
        name, before = (self.splice.label_of(h) for h in (self.splice.after, self.splice.before))
        title = (
            f"{name['name']}@{name['version']}/{name['hash'][:7]} "
            f"beside /{before['hash'][:7]} that it was built as"
        )
        lanes = [self._draw_lane(_BUILT), self._draw_lane(_DEPLOYED)]
        spliced = [
            PictureEdge(
                node_id(_DEPLOYED, after), node_id(_BUILT, origin), "SPLICED_FROM", "built as"
            )
            for after, origin in self.splice.before_relinking.items()
            if after in self.drawn and origin in self.drawn
        ]
        nodes = [node for found, _ in lanes for node in found]
        edges = [edge for _, found in lanes for edge in found]
        return Picture(title, nodes, edges + spliced, self._lane_titles())

    def _lane_titles(self) -> tuple[str, str]:
        """Return the titles of the lanes; a step within a chain is neither built nor deployed."""
        dag = self.splice.dag
        built = self.splice.before == dag.original_build(dag.root)
        deployed = self.splice.after == dag.root
        return (
            "As built" if built else "Before this step",
            "As deployed" if deployed else "After this step",
        )

    def _draw_lane(self, lane: int) -> tuple[list[PictureNode], list[PictureEdge]]:
        outside = {_BUILT: {"put_in", "relinked"}, _DEPLOYED: {"before"}}[lane]
        here = [each for each in self.drawn if self.roles.get(each) not in {*outside, None}]
        nodes = [self._draw_node(lane, each) for each in here]
        for role, some in self.folded.items():
            if role not in outside:
                nodes.append(self._draw_fold(lane, role, len(some)))
        return nodes, list(self._draw_edges(lane, here))

    def _draw_node(self, lane: int, hash_: str) -> PictureNode:
        label, note = self.splice.label_of(hash_)["name"] or "?", self._version_note(hash_)
        if lane == _DEPLOYED and hash_ in self.tabs:
            label, note = note.split()[-1], ""
        return PictureNode(
            id=node_id(lane, hash_),
            label=label,
            note=note,
            role=self._role_in_lane(lane, hash_),
            slot=self.slot_of(hash_),
            lane=lane,
            badges=list(self._node_badges(lane, hash_)),
            href=f"/spec/{hash_}",
            card=self.card(hash_),
        )

    def _version_note(self, hash_: str) -> str:
        """Return the version, and the hash if both sides have the same version."""
        node = self.splice.dag.nodes.get(hash_)
        if node is None or self.roles[hash_] in ("relinked", "before"):
            return version_note(node, hash_)
        other = self.tabs.get(hash_) or self.slot_of(hash_)
        same = other != hash_ and self.splice.dag.nodes[other].version == node.version
        return version_note(node, hash_) if same else f"@{node.version}"

    def _role_in_lane(self, lane: int, hash_: str) -> str:
        role = self.roles[hash_]
        if role == "taken_out":
            return "ghost" if lane == _DEPLOYED else "taken-out"
        return {"before": "relinked", "put_in": "put-in"}.get(role, role)

    def _node_badges(self, lane: int, hash_: str) -> Iterable[str]:
        if self.roles[hash_] == "put_in":
            if hash_ in self.splice.stands_for and self.slot_of(hash_) == hash_:
                yield f"for {self._short_label(self.splice.stands_for[hash_])}"
            node = self.splice.dag.nodes.get(hash_)
            if node and node.build_spec:
                yield "spliced"
        elif self.roles[hash_] == "taken_out" and lane == _BUILT and hash_ not in self.tabs:
            yield from (f"now {self._short_label(each)}" for each in self.splice.replaced_by(hash_))

    def _short_label(self, hash_: str) -> str:
        label = self.splice.label_of(hash_)
        name, version = label["name"], label["version"]
        return f"{name}@{version}" if version else str(name)

    def _draw_fold(self, lane: int, role: str, count: int) -> PictureNode:
        words = {"put_in": "put in", "taken_out": "taken out"}.get(role, role)
        kept = role == "kept"
        return PictureNode(
            id=node_id(lane, role),
            label=f"{count} {words}" if kept else f"{count} more {words}",
            note="the same on both sides" if kept else "listed in the table",
            role="fold",
            slot=role,
            lane=lane,
            href=self.unfold if kept and self.unfold else f"#{role.replace('_', '-')}",
        )

    def _draw_edges(self, lane: int, here: Collection[str]) -> Iterable[PictureEdge]:
        ends: dict[tuple[str, str], str] = {}
        for hash_ in here:
            for source, target, text in self._edges_from(lane, hash_):
                end = self._fold_of.get(target, target)
                ends.setdefault((source, end), text if end == target else "")
        for source, target in sorted(reduce_edges(contract_edges(ends, {}))):
            role = self._edge_role(lane, source, target)
            yield PictureEdge(
                node_id(lane, source), node_id(lane, target), label=ends[source, target], role=role
            )

    def _edges_from(self, lane: int, hash_: str) -> Iterator[tuple[str, str, str]]:
        """Yield source, target and label of a spec's edges in a lane.

        In the lane as deployed, edges also lead to the ghosts of dependencies that were taken out.
        """
        gone = lane == _DEPLOYED and self.roles[hash_] == "taken_out"
        for edge in self.splice.followed_edges(hash_):
            if not gone or self._is_ghost(edge.hash):
                yield hash_, edge.hash, ", ".join((*edge.deptypes, *edge.virtuals))
        if lane == _DEPLOYED and hash_ in self.splice.before_relinking:
            for edge in self.splice.followed_edges(self.splice.before_relinking[hash_]):
                if self._is_ghost(edge.hash):
                    yield hash_, edge.hash, "before the splice"

    def _is_ghost(self, hash_: str) -> bool:
        """Return whether a spec that was taken out keeps a place of its own as deployed."""
        return self.roles.get(hash_) == "taken_out" and hash_ not in self.tabs

    def _edge_role(self, lane: int, source: str, target: str) -> str:
        if target in self.folded:
            return "fold"
        if lane == _DEPLOYED and self.roles.get(target) == "taken_out":
            return "ghost"
        if self.roles.get(source) in ("relinked", "before"):
            return _SEAMS.get(self.roles.get(target, ""), "plain")
        return "plain"
