"""A reader of spec documents that is independent of the code under test."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Arrow:
    """An edge of a document; several entries for the same dependency are one edge."""

    source: str
    target: str
    kind: str
    deptypes: frozenset[str] = frozenset()

    @property
    def runtime(self) -> bool:
        return self.kind == "DEPENDS_ON" and (
            not self.deptypes or bool(self.deptypes & {"link", "run"})
        )


class Reading:
    """The nodes and edges of a document of formats 2 to 5."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = json.loads(path.read_bytes())
        self.format: int = self.document["spec"]["_meta"]["version"]
        self.key = "full_hash" if self.format == 2 else "hash"
        self.nodes = {node[self.key]: node for node in self.document["spec"]["nodes"]}
        self.root: str = self.document["spec"]["nodes"][0][self.key]
        self.arrows = {arrow for hash_ in self.nodes for arrow in self.arrows_of(hash_)}

    def arrows_of(self, hash_: str) -> list[Arrow]:
        node = self.nodes[hash_]
        kinds: dict[str, set[str]] = {}
        for entry in node.get("dependencies", ()):
            given = entry["parameters"]["deptypes"] if self.format > 3 else entry["type"]
            kinds.setdefault(entry[self.key], set()).update(given)
        found = [Arrow(hash_, to, "DEPENDS_ON", frozenset(some)) for to, some in kinds.items()]
        if "build_spec" in node:
            found.append(Arrow(hash_, node["build_spec"][self.key], "SPLICED_FROM"))
        return found

    def original(self, hash_: str) -> str:
        while "build_spec" in self.nodes[hash_]:
            hash_ = self.nodes[hash_]["build_spec"][self.key]
        return hash_

    def runtime(self, start: str) -> set[str]:
        """Return a node and its dependencies at run time, transitively."""
        below = [a.target for a in self.arrows_of(start) if a.runtime]
        return {start}.union(*(self.runtime(hash_) for hash_ in below))

    def linked(self, start: str) -> set[str]:
        """Return a node and its dependencies over edges with the type link or run."""
        arrows = [a for a in self.arrows_of(start) if a.deptypes & {"link", "run"}]
        return {start}.union(*(self.linked(a.target) for a in arrows))

    def built(self, start: str) -> set[str]:
        """Return a node and its dependencies over all edges and build specs, transitively."""
        reached = {start}
        waiting = [start]
        while waiting:
            for arrow in self.arrows_of(waiting.pop()):
                if arrow.target not in reached:
                    reached.add(arrow.target)
                    waiting.append(arrow.target)
        return reached

    def exact(self, hash_: str) -> str:
        """Return the node in spec syntax: name@=version."""
        return f"{self.nodes[hash_]['name']}@={self.nodes[hash_]['version']}"

    def label(self, hash_: str) -> dict[str, str]:
        node = self.nodes[hash_]
        return {"hash": hash_, "name": node["name"], "version": node["version"]}
