"""Concrete nodes, the environments that choose versions, and splices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from benchmarks.packages import (
    BACKDOOR_SHARE,
    BACKDOORED_XZ,
    FLAGS,
    PINNED,
    versions_of,
)
from benchmarks.templates import RUNTIME, Base, Body, Template
from loaders.specs.dag_hash import compute, node_text

ENVIRONMENT_CHANGES = 0.3
"""Share of the packages whose version an environment chooses anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from the template in all nodes of one package.

    :ivar version: another version, or None.
    :ivar parameters: other variants and flags, as pairs.
    """

    version: str | None = None
    parameters: tuple[tuple[str, str | bool | tuple[str, ...]], ...] = ()

    def over(self, other: "Change | None") -> "Change":
        """Both, this one first where both say something."""
        if other is None:
            return self
        return Change(self.version or other.version, other.parameters + self.parameters)

    def apply(self, body: Body) -> Body:
        """The node's members with the change in place."""
        changed = dict(body)
        if self.version is not None:
            changed["version"] = self.version
        if self.parameters and "parameters" in body:
            values = {k: list(v) if isinstance(v, tuple) else v for k, v in self.parameters}
            changed["parameters"] = {**body["parameters"], **values}
        return changed


class Node:
    """A concrete node with its hash.

    :ivar body: its members, without hash, dependencies and build spec.
    :ivar entries: its dependencies as written, each with the node that it leads to in `below`.
    :ivar build_spec: what a spliced node was built as.
    :ivar raw: its JSON, until it has been given out.
    """

    __slots__ = ("below", "body", "build_spec", "entries", "hash", "name", "raw", "spec_format")

    def __init__(
        self,
        body: Body,
        entries: Sequence[Body],
        below: Sequence["Node"],
        spec_format: int,
        build_spec: "Node | None" = None,
    ) -> None:
        """Complete the node and compute its hash."""
        self.name: str = body["name"]
        self.body = body
        self.entries = entries
        self.below = below
        self.build_spec = build_spec
        self.spec_format = spec_format
        whole = self._whole()
        self.hash = compute(whole, spec_format)
        self.raw = f'{node_text(whole, spec_format)[:-1]},"hash":"{self.hash}"}}'.encode()

    def _whole(self) -> Body:
        whole = dict(self.body)
        annotations = whole.pop("annotations", None)
        if self.entries:
            whole["dependencies"] = [
                {**entry, "name": child.name, "hash": child.hash}
                for entry, child in zip(self.entries, self.below, strict=True)
            ]
        else:
            whole.pop("dependencies", None)
        if self.build_spec is not None:
            whole["build_spec"] = {"name": self.build_spec.name, "hash": self.build_spec.hash}
        if annotations is not None:
            whole["annotations"] = annotations
        return whole


def reached(root: Node) -> list[Node]:
    """The node and all that its document must hold: each once, build specs last."""
    found: dict[str, Node] = {}
    starts = [root]
    while starts:
        pending = [starts.pop()]
        while pending:
            node = pending.pop()
            if node.hash not in found:
                found[node.hash] = node
                pending += reversed(node.below)
                if node.build_spec is not None:
                    starts.append(node.build_spec)
    return list(found.values())


def splice(root: Node, replaces: Callable[[Node], Node | None]) -> Node:
    """The root with some nodes at run time replaced and all above them linked anew.

    :param replaces: the node to put in for a node, or None.
    :returns: the root itself where nothing was replaced.
    """
    done: dict[str, Node] = {}

    def relinked(node: Node) -> Node:
        known = done.get(node.hash)
        if known is None:
            known = done[node.hash] = replaces(node) or _relink(node, relinked)
        return known

    return _relink(root, relinked)


def _relink(node: Node, relinked: Callable[[Node], Node]) -> Node:
    entries: list[Body] = []
    below: list[Node] = []
    changed = False
    for entry, child in zip(node.entries, node.below, strict=True):
        kinds = [kind for kind in entry["parameters"]["deptypes"] if kind in RUNTIME]
        if kinds:
            new = relinked(child)
            changed = changed or new is not child
            entries.append({**entry, "parameters": {**entry["parameters"], "deptypes": kinds}})
            below.append(new)
    return Node(node.body, entries, below, node.spec_format, node) if changed else node


def skewed(count: int, exponent: float) -> list[float]:
    """Cumulative weights of `count` things, the first one the most popular."""
    return list(accumulate((rank + 1) ** -exponent for rank in range(count)))


def pick(random: Random, values: Sequence[str], exponent: float = 1.0) -> str:
    """One of the values, the first ones more often."""
    return random.choices(values, cum_weights=skewed(len(values), exponent))[0]


def vary(random: Random, base: Base, breadth: int) -> Change:
    """Another version, variant or flags of a node.

    :param breadth: how many things may differ from the template at once.
    """
    versions = versions_of(base.name, base.body["version"])
    version = pick(random, versions) if base.name != "xz" and random.random() < 0.6 else None
    parameters: dict[str, str | bool | tuple[str, ...]] = {}
    switches = [k for k, v in base.body.get("parameters", {}).items() if isinstance(v, bool)]
    for _ in range(breadth):
        if switches and random.random() < 0.5:
            name = pick(random, switches, 0.7)
            parameters[name] = not base.body["parameters"][name]
        elif "cflags" in base.body.get("parameters", {}):
            flag = "cxxflags" if random.random() < 0.2 else "cflags"
            parameters[flag] = tuple(random.choices(FLAGS, cum_weights=skewed(len(FLAGS), 1))[0])
    return Change(version, tuple(parameters.items()))


@dataclass
class Environment:
    """What one site pins: versions of packages, and the nodes that follow from them."""

    changes: Mapping[str, Change]
    memo: dict[tuple[int, tuple[tuple[str, Change], ...]], Node] = field(default_factory=dict)
    dags: dict[int, list[Node]] = field(default_factory=dict)
    spliced: list[Node] = field(default_factory=list)

    def dag(self, template: Template, extra: Mapping[str, Change]) -> list[Node]:
        """The nodes of a template, children first, with changes of this root alone."""
        key = template.root.number
        if key not in self.dags:
            nodes: list[Node] = []
            for position in range(len(template.nodes)):
                nodes.append(self._node(template, position, nodes, ()))
            self.dags[key] = nodes
        nodes = list(self.dags[key])
        applied: dict[int, list[tuple[str, Change]]] = {}
        for package, change in extra.items():
            for position in template.above.get(package, ()):
                applied.setdefault(position, []).append((package, change))
        for position in sorted(applied):
            nodes[position] = self._node(template, position, nodes, tuple(applied[position]))
        return nodes

    def _node(
        self,
        template: Template,
        position: int,
        nodes: Sequence[Node],
        extra: tuple[tuple[str, Change], ...],
    ) -> Node:
        """One node, from those below it."""
        base = template.nodes[position]
        node = self.memo.get((base.number, extra))
        if node is None:
            change = self.changes.get(base.name)
            for package, other in extra:
                if package == base.name:
                    change = other.over(change)
            body = change.apply(base.body) if change else base.body
            below = [nodes[child] for child in template.below[position]]
            node = Node(body, base.entries, below, base.spec_format)
            self.memo[base.number, extra] = node
        return node


def new_environment(random: Random, number: int, packages: Mapping[str, str]) -> Environment:
    """The environment of this number.

    :param packages: every package with a version that it has in some template.
    """
    changes: dict[str, Change] = {}
    for name, version in packages.items():
        if name in PINNED or random.random() < ENVIRONMENT_CHANGES:
            changes[name] = Change(pick(random, versions_of(name, version)))
    before, after = int(number * BACKDOOR_SHARE), int((number + 1) * BACKDOOR_SHARE)
    xz = versions_of("xz", "")
    changes["xz"] = Change(BACKDOORED_XZ[after % 3] if after > before else pick(random, xz))
    return Environment(changes)
