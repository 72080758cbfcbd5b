"""The picture of a splice: as built beside as deployed, in the same layout."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.dags.splices import Splice
from service.web.pictures.folding import contract_edges, distances_from, reduce_edges
from service.web.pictures.picture import Picture, PictureEdge, PictureNode, version_note

MOST_DRAWN = 150
"""Most specs in a picture; those farthest from the root are folded."""
FEW_RELINKED = 12
"""Up to this many relinked specs are drawn without folding any."""
_FEW_DEPENDENTS = 3
"""An exchanged spec shows its relinked dependents if it has no more than this many."""

_BUILT, _DEPLOYED = range(2)
_IDS = ("built", "deployed")
_SEAMS = {"put_in": "put-in", "taken_out": "taken-out"}
"""Roles of the edges from a relinked spec to the dependencies that it lost and got."""
_RELINKED = ("before", "relinked")
"""For each lane the key in `folded` of the relinked specs that are not drawn."""


def node_id(lane: int, hash_: str) -> str:
    """Return the id of a spec of a lane in the picture."""
    return f"{_IDS[lane]}-{hash_}"


@dataclass(frozen=True)
class SpliceAddresses:
    """Addresses in the picture of a splice.

    Attributes:
        card: Returns the address of the details of a spec.
        draw_kept: The page that draws the kept specs, None if this one does.
        draw_relinked: The page that draws every relinked spec, None if this one does.
    """

    card: Callable[[str], str]
    draw_kept: str | None
    draw_relinked: str | None


class SpliceDrawing:
    """The part of a splice that is drawn.

    Attributes:
        drawn: The specs with a node of their own, in breadth-first order from the root.
        folded: For each role the specs without one.
        is_cut: Whether specs are left out because there are too many.
    """

    def __init__(
        self,
        splice: Splice,
        addresses: SpliceAddresses,
        broken: Mapping[tuple[str, str], str] = MappingProxyType({}),
    ) -> None:
        """Choose the specs to draw.

        Args:
            splice: The splice.
            addresses: Where nodes and folds lead.
            broken: What the first spec of a pair needs and the second one lacks, as deployed.
        """
        self.broken = broken
        self.splice = splice
        self.addresses = addresses
        roles = {**splice.roles, **dict.fromkeys(splice.after_relinking, "before")}
        self.roles = roles
        self.tabs = self._find_successors()
        hidden = self._relinked_to_fold() if addresses.draw_relinked else set()
        if addresses.draw_kept:
            hidden |= {each for each, role in roles.items() if role == "kept"}
        shown = [each for each in self._specs_by_distance() if each not in hidden]
        self.is_cut = len(shown) > MOST_DRAWN
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

    def _relinked_to_fold(self) -> set[str]:
        """Return the relinked specs, after and before, that tell least about many of them.

        The root is drawn, and the dependents of an exchanged spec if it has only a few. All others
        were relinked only because most specs depend on what was exchanged, or on a relinked spec.
        """
        splice = self.splice
        if len(splice.before_relinking) <= FEW_RELINKED:
            return set()
        dependents: dict[str, list[str]] = {}
        for after, before in splice.before_relinking.items():
            for hash_ in (after, before):
                for edge in splice.followed_edges(hash_):
                    if self.roles.get(edge.hash) in _SEAMS:
                        dependents.setdefault(edge.hash, []).append(after)
        kept = {splice.after}
        for some in sorted(dependents.values(), key=len):
            if len(some) <= _FEW_DEPENDENTS and len(kept | set(some)) <= FEW_RELINKED:
                kept |= set(some)
        folded = splice.before_relinking.keys() - kept
        return folded | {splice.before_relinking[each] for each in folded}

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
        if self._folds_relinked():
            source, target = (node_id(lane, _RELINKED[lane]) for lane in (_DEPLOYED, _BUILT))
            spliced.append(PictureEdge(source, target, "SPLICED_FROM", "built as"))
        nodes = [node for found, _ in lanes for node in found]
        edges = [edge for _, found in lanes for edge in found]
        return Picture(title, nodes, edges + spliced, self._lane_titles())

    def _folds_relinked(self) -> bool:
        return all(role in self.folded for role in _RELINKED)

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
            card=self.addresses.card(hash_),
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
        """Return the node of the specs with a role that are not drawn."""
        label, note, href = f"{count} more {role.replace('_', ' ')}", "listed in the table", None
        if role == "kept":
            label, note = f"{count} kept", "the same on both sides"
            href = self.addresses.draw_kept
        elif role in _RELINKED:
            label, note = f"{count} relinked", "because of what they depend on"
            href, role = self.addresses.draw_relinked, "relinked"
        return PictureNode(
            id=node_id(lane, _RELINKED[lane] if role == "relinked" else role),
            label=label,
            note=note,
            role="fold",
            slot=role,
            lane=lane,
            href=href or f"#{role.replace('_', '-')}",
        )

    def _draw_edges(self, lane: int, here: Collection[str]) -> Iterable[PictureEdge]:
        ends: dict[tuple[str, str], str] = {}
        relinked = self.folded.get(_RELINKED[lane], [])
        for hash_ in (*here, *relinked):
            for source, target, text in self._edges_from(lane, hash_):
                arrow = self._drawn_end(source), self._drawn_end(target)
                if arrow[0] != arrow[1]:
                    ends.setdefault(arrow, text if arrow == (source, target) else "")
        if relinked:
            ends = _without_cycles(ends, _RELINKED[lane])
        broken = self._broken_ends() if lane == _DEPLOYED else {}
        drawn = reduce_edges(contract_edges(ends, {}))
        for source, target in sorted(drawn | broken.keys()):
            ids = node_id(lane, source), node_id(lane, target)
            if missing := broken.get((source, target)):
                loose = (source, target) not in drawn
                yield PictureEdge(*ids, label=missing, role="broken", loose=loose)
            else:
                role = self._edge_role(lane, source, target)
                yield PictureEdge(*ids, label=ends[source, target], role=role)

    def _broken_ends(self) -> dict[tuple[str, str], str]:
        """Return what is missing by the ends of its edge, as far as they are drawn."""
        return {
            arrow: missing
            for arrow, missing in self.broken.items()
            if arrow[0] in self.drawn and arrow[1] in self.drawn
        }

    def _drawn_end(self, hash_: str) -> str:
        return self._fold_of.get(hash_, hash_)

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
            return "plain" if target in _RELINKED else "fold"
        if lane == _DEPLOYED and self.roles.get(target) == "taken_out":
            return "ghost"
        if self.roles.get(source) in _RELINKED or source in _RELINKED:
            return _SEAMS.get(self.roles.get(target, ""), "plain")
        return "plain"


def _without_cycles(edges: Mapping[tuple[str, str], str], fold: str) -> dict[tuple[str, str], str]:
    """Return edges without those that lead from below a fold back to it."""
    below = distances_from([arrow for arrow in edges if arrow[1] != fold], [fold])
    return {
        arrow: text for arrow, text in edges.items() if arrow[1] != fold or arrow[0] not in below
    }
