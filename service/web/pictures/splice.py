"""The picture of a splice: as built beside as deployed, in one layout."""

from collections.abc import Callable, Collection, Iterable

from service.dags.splices import Splice
from service.web.pictures.folding import contracted, reduced
from service.web.pictures.picture import Picture, PictureEdge, PictureNode, version_note
from service.web.splice_rows import label_of

MOST_DRAWN = 150
"""Most specs in a picture; what is farthest from the root is folded."""

_BUILT, _DEPLOYED = range(2)
_IDS = ("built", "deployed")
_SEAMS = {"put_in": "put-in", "taken_out": "taken-out"}
"""Roles of the edges from what was relinked to what it lost and what it got."""


def node_id(lane: int, hash_: str) -> str:
    """How a spec of a lane is called in the picture."""
    return f"{_IDS[lane]}-{hash_}"


class Drawing:
    """What is drawn of a splice.

    :ivar drawn: the specs with a node of their own, in the order of the walk from the root.
    :ivar folded: for each role the specs without.
    """

    def __init__(self, splice: Splice, card: Callable[[str], str], unfold: str | None) -> None:
        """Choose what to draw.

        :param card: makes the address of what is told of a spec.
        :param unfold: address of the page with what was kept, None where it is there already.
        """
        self.splice = splice
        self.card = card
        self.unfold = unfold
        roles = {**splice.roles, **dict.fromkeys(splice.became, "before")}
        wanted = [each for each in self._walk() if unfold is None or roles.get(each) != "kept"]
        self.roles = roles
        self.tabs = self._tabs()
        self.drawn = dict.fromkeys(wanted[:MOST_DRAWN])
        self.folded: dict[str, list[str]] = {}
        for each, role in roles.items():
            if each not in self.drawn:
                self.folded.setdefault(role, []).append(each)
        self._fold_of = {each: role for role, some in self.folded.items() for each in some}

    def _walk(self) -> list[str]:
        """All specs by distance: from the root first, then from what it was built as."""
        found: dict[str, None] = {}
        frontier = [self.splice.after, self.splice.before]
        while frontier:
            found |= dict.fromkeys(frontier)
            below = (edge.hash for each in frontier for edge in self.splice.edges(each))
            frontier = [each for each in dict.fromkeys(below) if each not in found]
        return list(found)

    def _tabs(self) -> dict[str, str]:
        """For each spec taken out the one of its package that has its place."""
        nodes, found = self.splice.dag.nodes, dict[str, str]()
        for after, before in self.splice.stands_for.items():
            if nodes[after].name == nodes[before].name:
                found.setdefault(before, after)
        return found

    def slot(self, hash_: str) -> str:
        """What was relinked, or put in for one of its package, has the place of what it was."""
        before = self.splice.origins.get(hash_) or self.splice.stands_for.get(hash_)
        shared = hash_ in self.splice.origins or self.tabs.get(before or "") == hash_
        return before if before and shared else hash_

    def picture(self) -> Picture:
        """The whole picture."""
        name, before = (label_of(self.splice, h) for h in (self.splice.after, self.splice.before))
        title = (
            f"{name['name']}@{name['version']}/{name['hash'][:7]} "
            f"beside /{before['hash'][:7]} that it was built as"
        )
        lanes = [self._lane(_BUILT), self._lane(_DEPLOYED)]
        spliced = [
            PictureEdge(
                node_id(_DEPLOYED, after), node_id(_BUILT, origin), "SPLICED_FROM", "built as"
            )
            for after, origin in self.splice.origins.items()
            if after in self.drawn and origin in self.drawn
        ]
        nodes = [node for found, _ in lanes for node in found]
        edges = [edge for _, found in lanes for edge in found]
        return Picture(title, nodes, edges + spliced, self._titles())

    def _titles(self) -> tuple[str, str]:
        """Of the lanes; steps in the middle of a chain are neither built nor deployed."""
        dag = self.splice.dag
        built = self.splice.before == dag.original(dag.root)
        deployed = self.splice.after == dag.root
        return (
            "As built" if built else "Before this step",
            "As deployed" if deployed else "After this step",
        )

    def _lane(self, lane: int) -> tuple[list[PictureNode], list[PictureEdge]]:
        outside = {_BUILT: {"put_in", "relinked"}, _DEPLOYED: {"before"}}[lane]
        here = [each for each in self.drawn if self.roles.get(each) not in {*outside, None}]
        nodes = [self._node(lane, each) for each in here]
        for role, some in self.folded.items():
            if role not in outside:
                nodes.append(self._fold(lane, role, len(some)))
        return nodes, list(self._edges(lane, here))

    def _node(self, lane: int, hash_: str) -> PictureNode:
        label, note = label_of(self.splice, hash_)["name"] or "?", self._note(hash_)
        if lane == _DEPLOYED and hash_ in self.tabs:
            label, note = note.split()[-1], ""
        return PictureNode(
            id=node_id(lane, hash_),
            label=label,
            note=note,
            role=self._role(lane, hash_),
            slot=self.slot(hash_),
            lane=lane,
            badges=list(self._badges(lane, hash_)),
            href=f"/spec/{hash_}",
            card=self.card(hash_),
        )

    def _note(self, hash_: str) -> str:
        """The version; and the hash, where both sides have the same version."""
        node = self.splice.dag.nodes.get(hash_)
        if node is None or self.roles[hash_] in ("relinked", "before"):
            return version_note(node, hash_)
        other = self.tabs.get(hash_) or self.slot(hash_)
        same = other != hash_ and self.splice.dag.nodes[other].version == node.version
        return version_note(node, hash_) if same else f"@{node.version}"

    def _role(self, lane: int, hash_: str) -> str:
        role = self.roles[hash_]
        if role == "taken_out":
            return "ghost" if lane == _DEPLOYED else "taken-out"
        return {"before": "relinked", "put_in": "put-in"}.get(role, role)

    def _badges(self, lane: int, hash_: str) -> Iterable[str]:
        if self.roles[hash_] == "put_in":
            if hash_ in self.splice.stands_for and self.slot(hash_) == hash_:
                yield f"for {self._short(self.splice.stands_for[hash_])}"
            node = self.splice.dag.nodes.get(hash_)
            if node and node.build_spec:
                yield "spliced"
        elif self.roles[hash_] == "taken_out" and lane == _BUILT and hash_ not in self.tabs:
            yield from (f"now {self._short(each)}" for each in self.splice.replaced_by(hash_))

    def _short(self, hash_: str) -> str:
        told = label_of(self.splice, hash_)
        return f"{told['name']}@{told['version']}" if told["version"] else str(told["name"])

    def _fold(self, lane: int, role: str, count: int) -> PictureNode:
        words = {"put_in": "put in", "taken_out": "taken out"}.get(role, role)
        kept = role == "kept"
        return PictureNode(
            id=node_id(lane, role),
            label=f"{count} {words}" if kept else f"{count} more {words}",
            note="the same on both sides" if kept else "told in the table",
            role="fold",
            slot=role,
            lane=lane,
            href=self.unfold if kept and self.unfold else f"#{role.replace('_', '-')}",
        )

    def _edges(self, lane: int, here: Collection[str]) -> Iterable[PictureEdge]:
        ends: dict[tuple[str, str], str] = {}
        for hash_ in here:
            for source, target, text in self._below(lane, hash_):
                end = self._fold_of.get(target, target)
                ends.setdefault((source, end), text if end == target else "")
        for source, target in sorted(reduced(contracted(ends, {}))):
            role = self._edge_role(lane, source, target)
            yield PictureEdge(
                node_id(lane, source), node_id(lane, target), label=ends[source, target], role=role
            )

    def _below(self, lane: int, hash_: str) -> Iterable[tuple[str, str, str]]:
        """The edges of a spec in a lane; as deployed also those to ghosts of what it lost."""
        gone = lane == _DEPLOYED and self.roles[hash_] == "taken_out"
        for edge in self.splice.edges(hash_):
            if not gone or self._is_ghost(edge.hash):
                yield hash_, edge.hash, ", ".join((*edge.deptypes, *edge.virtuals))
        if lane == _DEPLOYED and hash_ in self.splice.origins:
            for edge in self.splice.edges(self.splice.origins[hash_]):
                if self._is_ghost(edge.hash):
                    yield hash_, edge.hash, "before the splice"

    def _is_ghost(self, hash_: str) -> bool:
        """Whether a spec has a place of its own as deployed though it was taken out."""
        return self.roles.get(hash_) == "taken_out" and hash_ not in self.tabs

    def _edge_role(self, lane: int, source: str, target: str) -> str:
        if target in self.folded:
            return "fold"
        if lane == _DEPLOYED and self.roles.get(target) == "taken_out":
            return "ghost"
        if self.roles.get(source) in ("relinked", "before"):
            return _SEAMS.get(self.roles.get(target, ""), "plain")
        return "plain"
