"""Concrete nodes, environments that choose versions, and splices."""

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
from loaders.specs.dag_hash import compute_hash, node_text

ENVIRONMENT_CHANGES = 0.3
"""Share of packages for which an environment chooses another version."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the template in all nodes of one package.

    Attributes:
        version: another version, or None.
        parameters: other variants and flags, as pairs.

    """

    version: str | None = None
    parameters: tuple[tuple[str, str | bool | tuple[str, ...]], ...] = ()

    def over(self, other: "Change | None") -> "Change":
        """Return both changes, of which this one takes precedence."""
        if other is None:
            return self
        return Change(self.version or other.version, other.parameters + self.parameters)

    def apply(self, body: Body) -> Body:
        """Return the node's members with the change applied."""
        changed = dict(body)
        if self.version is not None:
            changed["version"] = self.version
        if self.parameters and "parameters" in body:
            values = {k: list(v) if isinstance(v, tuple) else v for k, v in self.parameters}
            changed["parameters"] = {**body["parameters"], **values}
        return changed


class Node:
    """A concrete node with its hash.

    Attributes:
        name: name of the package.
        body: its members, without hash, dependencies and build spec.
        entries: its dependencies as written.
        children: the nodes of its dependencies, in the same order.
        spec_format: version of the spec format.
        build_spec: the build spec of a spliced node.
        hash: its DAG hash.
        raw: its JSON, which is dropped when the node has been written.

    """

    __slots__ = ("body", "build_spec", "children", "entries", "hash", "name", "raw", "spec_format")

    def __init__(
        self,
        body: Body,
        entries: Sequence[Body],
        children: Sequence["Node"],
        spec_format: int,
        build_spec: "Node | None" = None,
    ) -> None:
        """Assemble the node and compute its hash."""
        self.name: str = body["name"]
        self.body = body
        self.entries = entries
        self.children = children
        self.build_spec = build_spec
        self.spec_format = spec_format
        whole = self._whole()
        self.hash = compute_hash(whole, spec_format)
        self.raw = f'{node_text(whole, spec_format)[:-1]},"hash":"{self.hash}"}}'.encode()

    def _whole(self) -> Body:
        whole = dict(self.body)
        annotations = whole.pop("annotations", None)
        if self.entries:
            whole["dependencies"] = [
                {**entry, "name": child.name, "hash": child.hash}
                for entry, child in zip(self.entries, self.children, strict=True)
            ]
        else:
            whole.pop("dependencies", None)
        if self.build_spec is not None:
            whole["build_spec"] = {"name": self.build_spec.name, "hash": self.build_spec.hash}
        if annotations is not None:
            whole["annotations"] = annotations
        return whole


def document_nodes(root: Node) -> list[Node]:
    """Return all nodes of a root's document: each once, build specs last."""
    found: dict[str, Node] = {}
    starts = [root]
    while starts:
        pending = [starts.pop()]
        while pending:
            node = pending.pop()
            if node.hash not in found:
                found[node.hash] = node
                pending += reversed(node.children)
                if node.build_spec is not None:
                    starts.append(node.build_spec)
    return list(found.values())


def splice(root: Node, replacement_of: Callable[[Node], Node | None]) -> Node:
    """Return the root with some run-time dependencies replaced and their dependents relinked.

    Args:
        root: the root.
        replacement_of: returns the replacement of a node, or None.

    Returns:
        The spliced root; the root itself if nothing was replaced.

    """
    done: dict[str, Node] = {}

    def splice_node(node: Node) -> Node:
        result = done.get(node.hash)
        if result is None:
            result = done[node.hash] = replacement_of(node) or _relink(node, splice_node)
        return result

    return _relink(root, splice_node)


def _relink(node: Node, splice_node: Callable[[Node], Node]) -> Node:
    entries: list[Body] = []
    children: list[Node] = []
    changed = False
    for entry, child in zip(node.entries, node.children, strict=True):
        # As in Spack, a relinked spec has no build dependencies: they are in its build spec.
        deptypes = [each for each in entry["parameters"]["deptypes"] if each in RUNTIME]
        if deptypes:
            new = splice_node(child)
            changed = changed or new is not child
            entries.append({**entry, "parameters": {**entry["parameters"], "deptypes": deptypes}})
            children.append(new)
    return Node(node.body, entries, children, node.spec_format, node) if changed else node


def skewed_weights(count: int, exponent: float) -> list[float]:
    """Return cumulative weights of `count` choices, of which the first is the most popular."""
    return list(accumulate((rank + 1) ** -exponent for rank in range(count)))


def pick_skewed(random: Random, values: Sequence[str], exponent: float = 1.0) -> str:
    """Return one of the values, more often one of the first."""
    return random.choices(values, cum_weights=skewed_weights(len(values), exponent))[0]


def vary_node(random: Random, base: Base, breadth: int) -> Change:
    """Return another version, variant or flags of a node.

    Args:
        random: the generator of random numbers.
        base: the node.
        breadth: maximum number of variants and flags that differ from the template.

    """
    versions = versions_of(base.name, base.body["version"])
    version = pick_skewed(random, versions) if base.name != "xz" and random.random() < 0.6 else None
    parameters: dict[str, str | bool | tuple[str, ...]] = {}
    switches = [k for k, v in base.body.get("parameters", {}).items() if isinstance(v, bool)]
    for _ in range(breadth):
        if switches and random.random() < 0.5:
            name = pick_skewed(random, switches, 0.7)
            parameters[name] = not base.body["parameters"][name]
        elif "cflags" in base.body.get("parameters", {}):
            flag = "cxxflags" if random.random() < 0.2 else "cflags"
            weights = skewed_weights(len(FLAGS), 1)
            parameters[flag] = tuple(random.choices(FLAGS, cum_weights=weights)[0])
    return Change(version, tuple(parameters.items()))


@dataclass
class Environment:
    """The versions pinned by one site, and the nodes that result from them.

    Attributes:
        changes: the changes of packages.
        memo: nodes by template node and further changes.
        dags: the nodes of templates without further changes, by number of the root.
        spliced: spliced roots.

    """

    changes: Mapping[str, Change]
    memo: dict[tuple[int, tuple[tuple[str, Change], ...]], Node] = field(default_factory=dict)
    dags: dict[int, list[Node]] = field(default_factory=dict)
    spliced: list[Node] = field(default_factory=list)

    def dag(self, template: Template, extra: Mapping[str, Change]) -> list[Node]:
        """Return the nodes of a template, children first, with further changes for this root."""
        key = template.root.number
        if key not in self.dags:
            nodes: list[Node] = []
            for position in range(len(template.nodes)):
                nodes.append(self._make_node(template, position, nodes, ()))
            self.dags[key] = nodes
        nodes = list(self.dags[key])
        applied: dict[int, list[tuple[str, Change]]] = {}
        for package, change in extra.items():
            for position in template.above.get(package, ()):
                applied.setdefault(position, []).append((package, change))
        for position in sorted(applied):
            nodes[position] = self._make_node(template, position, nodes, tuple(applied[position]))
        return nodes

    def _make_node(
        self,
        template: Template,
        position: int,
        nodes: Sequence[Node],
        extra: tuple[tuple[str, Change], ...],
    ) -> Node:
        """Return one node, given its dependencies."""
        base = template.nodes[position]
        node = self.memo.get((base.number, extra))
        if node is None:
            change = self.changes.get(base.name)
            for package, other in extra:
                if package == base.name:
                    change = other.over(change)
            body = change.apply(base.body) if change else base.body
            children = [nodes[child] for child in template.children[position]]
            node = Node(body, base.entries, children, base.spec_format)
            self.memo[base.number, extra] = node
        return node


def new_environment(random: Random, number: int, packages: Mapping[str, str]) -> Environment:
    """Return the environment with this number.

    Args:
        random: the generator of random numbers.
        number: the number, which decides whether its xz has the backdoor.
        packages: all packages, each with its version in some template.

    """
    changes: dict[str, Change] = {}
    for name, version in packages.items():
        if name in PINNED or random.random() < ENVIRONMENT_CHANGES:
            changes[name] = Change(pick_skewed(random, versions_of(name, version)))
    before, after = int(number * BACKDOOR_SHARE), int((number + 1) * BACKDOOR_SHARE)
    backdoored = after > before  # an even share, not a random one
    xz = BACKDOORED_XZ[after % 3] if backdoored else pick_skewed(random, versions_of("xz", ""))
    changes["xz"] = Change(xz)
    return Environment(changes)
