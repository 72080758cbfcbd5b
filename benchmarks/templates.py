"""Templates: real DAGs, taken apart so that new ones can be generated from them."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.packages import ROOT_NAMES
from loaders import source
from loaders.specs.closure import dependencies_first, transitive_dependencies
from loaders.specs.dag_hash import body_of
from loaders.specs.document import parse_document
from loaders.specs.node import NodeRecord

RUNTIME = frozenset({"link", "run"})
SAMPLES = Path(__file__).parents[1] / "service" / "samples" / "stacks.jsonl.zst"
MAX_NODES = 90
"""Larger DAGs are not used as templates."""

Body = dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Base:
    """A node of a template: its JSON without its hash.

    Attributes:
        number: unique among all nodes.
        name: name of the package.
        spec_format: version of the spec format.
        body: the node's members in order; `dependencies` only holds their position.
        entries: its dependencies as written, in order.

    """

    number: int
    name: str
    spec_format: int
    body: Body
    entries: tuple[Body, ...]


@dataclass(frozen=True, eq=False)
class Template:
    """One DAG.

    Attributes:
        nodes: all nodes, each after its dependencies; the root is last.
        children: for each node the positions of its dependencies, in the order of its entries.
        order: the positions in document order, the root first.

    """

    nodes: tuple[Base, ...]
    children: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]

    @property
    def root(self) -> Base:
        """The root."""
        return self.nodes[-1]

    @cached_property
    def above(self) -> dict[str, tuple[int, ...]]:
        """For each package, the positions of its nodes and their dependents, children first."""
        packages: list[set[str]] = []
        found: dict[str, list[int]] = defaultdict(list)
        for position, node in enumerate(self.nodes):
            own = {node.name}.union(*(packages[child] for child in self.children[position]))
            packages.append(own)
            for package in own:
                found[package].append(position)
        return {package: tuple(found[package]) for package in sorted(found)}

    def renamed(self, name: str, number: int) -> "Template":
        """Return the same DAG with another name of the root."""
        body = {**self.root.body, "name": name}
        if "package_hash" in body:
            digest = hashlib.sha256(name.encode()).digest()
            body["package_hash"] = base64.b32encode(digest).decode().lower()
        root = replace(self.root, number=number, name=name, body=body)
        return Template((*self.nodes[:-1], root), self.children, self.order)


@dataclass
class Templates:
    """All templates.

    Attributes:
        by_root: the templates by the name of their root, in a fixed order.
        nodes: the template and position of each node, by package and spec format.

    """

    by_root: dict[str, list[Template]] = field(default_factory=dict)
    nodes: dict[tuple[str, int], list[tuple[Template, int]]] = field(default_factory=dict)

    def add(self, template: Template) -> None:
        """Add a template."""
        self.by_root.setdefault(template.root.name, []).append(template)
        for position, node in enumerate(template.nodes):
            occurrences = self.nodes.setdefault((node.name, node.spec_format), [])
            occurrences.append((template, position))


def read_templates() -> Templates:
    """Return the templates from the project's samples, and copies with roots of other names.

    These are the DAGs of documents without a splice, and the DAGs of build specs.
    """
    bases: dict[str, Base] = {}
    templates = Templates()
    for root, nodes, spec_format in _real_dags():
        template = _make_template(root, nodes, spec_format, bases)
        if len(template.nodes) <= MAX_NODES:
            templates.add(template)
    real = [template for each in templates.by_root.values() for template in each]
    typical = [template for template in real if 25 <= len(template.nodes) <= 50]
    number = len(bases)
    for index, name in enumerate(ROOT_NAMES):
        pool = [each for each in typical if _has_python(each) == name.startswith("py-")]
        for step in range(2):
            chosen = pool[(index * 2 + step) % len(pool)]
            templates.add(chosen.renamed(name, number + index * 2 + step))
    return templates


def _has_python(template: Template) -> bool:
    return "python" in template.above


def _real_dags() -> Iterator[tuple[str, dict[str, NodeRecord], int]]:
    """Yield root, nodes in document order and spec format of each DAG without a splice."""
    done: set[str] = set()
    with SAMPLES.open("rb") as packed:
        for line in source.read_lines(source.open_decompressed(packed)):
            document = parse_document(line)
            nodes = document.by_hash
            builds = [node.build_spec[1] for node in document.nodes if node.build_spec]
            for root in [document.root.hash, *builds]:
                if root in done or root not in nodes:
                    continue
                members = transitive_dependencies([root], nodes, runtime_only=False)
                if any(nodes[hash_].build_spec for hash_ in members):
                    continue
                done.add(root)
                yield (
                    root,
                    {hash_: node for hash_, node in nodes.items() if hash_ in members},
                    document.spec_format,
                )


def _make_template(
    root: str, nodes: Mapping[str, NodeRecord], spec_format: int, bases: dict[str, Base]
) -> Template:
    ordered = [node.hash for node in dependencies_first(nodes) if node.hash != root]
    ordered.append(root)
    positions = {hash_: position for position, hash_ in enumerate(ordered)}
    members = []
    children = []
    for hash_ in ordered:
        if hash_ not in bases:
            bases[hash_] = _make_base(len(bases), nodes[hash_], spec_format)
        base = bases[hash_]
        members.append(base)
        children.append(tuple(positions[entry["hash"]] for entry in base.entries))
    order = (root, *(hash_ for hash_ in nodes if hash_ != root))
    return Template(tuple(members), tuple(children), tuple(positions[hash_] for hash_ in order))


def _make_base(number: int, record: NodeRecord, spec_format: int) -> Base:
    body = body_of(msgspec.json.decode(record.document))
    return Base(number, record.name, spec_format, body, tuple(body.get("dependencies", ())))
