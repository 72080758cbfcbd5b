"""Generate graphs of any size that resemble those concretized by Spack.

    python -m benchmarks.generate --nodes N [--seed S] OUT.jsonl[.zst]

Real DAGs are the templates. A root is a template in an environment, which chooses versions of
packages, with a few packages changed for this root only. All hashes are computed as in Spack. Some
roots are spliced. The same number of nodes and seed yield the same graph.
"""

import argparse
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import BinaryIO

import zstandard

from benchmarks.packages import versions_of
from benchmarks.templates import Template, Templates, read_templates
from benchmarks.worlds import (
    Change,
    Environment,
    Node,
    document_nodes,
    new_environment,
    pick_skewed,
    skewed_weights,
    splice,
    vary_node,
)

ROOTS_PER_ENVIRONMENT = 800
WINDOW = 24
"""Number of environments in use at the same time; newer ones are used more."""
SPLICED_SHARE = 0.03
SPLICE_ATTEMPTS = 1.15
"""Splices begun per completed splice: some pairs do not occur in the chosen DAG."""
SPLICES = (
    *(("mpich", "mvapich2"), ("zlib", "zlib-ng"), ("hdf5", "hdf5"), ("zlib-ng", "zlib")),
    *(("zlib", "zlib"), ("mpich", "openmpi"), ("openmpi", "mvapich2")),
)
"""Replaced and replacing packages, the most popular first."""


@dataclass(frozen=True, slots=True)
class GeneratedRoot:
    """One document.

    Attributes:
        order: hashes of all its nodes in document order, the root first.
        new: JSON of the nodes that no earlier root had, in document order.
        envelope: the document's JSON with its nodes replaced by null.
        spec_format: version of the spec format.
        spliced: whether the root was spliced.

    """

    order: tuple[str, ...]
    new: list[bytes]
    envelope: str
    spec_format: int
    spliced: bool


class Generator:
    """The state of `generate`."""

    def __init__(self, seed: int) -> None:
        """Read the templates without generating anything."""
        self.random = Random(seed)
        self.templates = read_templates()
        self.names = sorted(self.templates.by_root)
        self.random.shuffle(self.names)
        self.popularity = skewed_weights(len(self.names), 0.7)
        self.packages = _package_versions(self.templates)
        self.environments: deque[Environment] = deque(maxlen=WINDOW)
        self.recency = skewed_weights(WINDOW, 0.3)
        self.weights: dict[int, tuple[list[str], list[float]]] = {}
        self.generated_hashes: set[str] = set()
        self.root_hashes: set[str] = set()

    def run(self, nodes: int) -> Iterator[GeneratedRoot]:
        """Yield roots until there are at least this many nodes."""
        number = 0
        while len(self.generated_hashes) < nodes:
            if len(self.root_hashes) >= number * ROOTS_PER_ENVIRONMENT:
                self.environments.appendleft(new_environment(self.random, number, self.packages))
                number += 1
            dag = self._next_dag()
            if dag is not None and dag[0].hash not in self.root_hashes:
                self.root_hashes.add(dag[0].hash)
                yield self._to_root(dag)

    def _to_root(self, dag: list[Node]) -> GeneratedRoot:
        new = []
        for node in dag:
            if node.hash not in self.generated_hashes:
                self.generated_hashes.add(node.hash)
                new.append(node.raw)
            node.raw = b""  # environments keep their nodes, but not the JSON of these
        root = dag[0]
        return GeneratedRoot(
            tuple(dict.fromkeys(node.hash for node in dag)),
            new,
            f'{{"spec":{{"_meta":{{"version":{root.spec_format}}},"nodes":null}}}}',
            root.spec_format,
            root.build_spec is not None,
        )

    def _next_dag(self) -> list[Node] | None:
        """Return the nodes of one more document, root first; None if a splice was impossible."""
        random = self.random
        recency = self.recency[: len(self.environments)]
        environment = random.choices(self.environments, cum_weights=recency)[0]
        pair = None
        if random.random() < SPLICED_SHARE * SPLICE_ATTEMPTS:
            pair = random.choices(SPLICES, cum_weights=skewed_weights(len(SPLICES), 0.9))[0]
        template = self._choose_template("" if pair is None else pair[0])
        extra = self._draw_changes(template)
        nodes = environment.dag(template, extra)
        if pair is None:
            return [nodes[position] for position in template.order]
        return self._splice_dag(environment, nodes, extra, pair)

    def _choose_template(self, package: str) -> Template:
        """Return a template, weighted by the popularity of its root.

        Args:
            package: a package that it should depend on; ignored after 20 attempts, or if empty.

        """
        for _ in range(20):
            name = self.random.choices(self.names, cum_weights=self.popularity)[0]
            template = self.random.choice(self.templates.by_root[name])
            if not package or (package in template.above and package != name):
                break
        return template

    def _draw_changes(self, template: Template) -> dict[str, Change]:
        """Return changes of the root and of up to two packages, more often ones near the root."""
        random = self.random
        root = template.root
        extra = {root.name: vary_node(random, root, 3)}
        if root.number not in self.weights:
            packages = [each for each in template.above if each != root.name]
            total = 0.0
            weights = [total := total + len(template.above[each]) ** -2.0 for each in packages]
            self.weights[root.number] = (packages, weights)
        packages, weights = self.weights[root.number]
        for _ in range(random.choices((0, 1, 2), (2, 5, 3))[0] if packages else 0):
            package = random.choices(packages, cum_weights=weights)[0]
            base = next(node for node in template.nodes if node.name == package)
            extra[package] = vary_node(random, base, 1)
        return extra

    def _splice_dag(
        self,
        environment: Environment,
        nodes: list[Node],
        extra: dict[str, Change],
        pair: tuple[str, str],
    ) -> list[Node] | None:
        """Return the nodes of a spliced root, in a few cases of one spliced twice."""
        random = self.random
        root = nodes[-1]
        if environment.spliced and random.random() < 0.1:
            root = random.choice(environment.spliced)
        old, new = pair
        donors = self.templates.nodes.get((new, root.spec_format))
        if not donors or old == root.name:
            return None
        donor, position = donors[0] if new != old else random.choice(donors)
        if new == old:
            base = donor.nodes[position]
            version = pick_skewed(random, versions_of(new, base.body["version"]))
            extra = {new: Change(version)}
        put_in = environment.dag(donor, {new: extra[new]} if new in extra else {})[position]

        def replacement_of(node: Node) -> Node | None:
            return put_in if node.name == old and node is not put_in else None

        spliced = splice(root, replacement_of)
        if spliced is root:
            return None
        environment.spliced.append(spliced)
        return document_nodes(spliced)


def _package_versions(templates: Templates) -> dict[str, str]:
    return {
        name: occurrences[0][0].nodes[occurrences[0][1]].body["version"]
        for (name, _), occurrences in sorted(templates.nodes.items())
    }


def generate(nodes: int, seed: int = 1) -> Iterator[GeneratedRoot]:
    """Return roots with `nodes` distinct nodes, or a few more."""
    return Generator(seed).run(nodes)


class Documents:
    """Complete documents of generated roots, which must be passed in their order.

    Keeps the JSON of all nodes in memory, about 1.7 KB each.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, bytes] = {}

    def document(self, root: GeneratedRoot) -> bytes:
        """Return the compact JSON of one document; all earlier roots must have been passed."""
        for raw in root.new:
            self.nodes[raw[-34:-2].decode()] = raw
        head, _, tail = root.envelope.rpartition("null")
        nodes = b",".join(self.nodes[hash_] for hash_ in root.order)
        return b"%b[%b]%b" % (head.encode(), nodes, tail.encode())


def write(nodes: int, seed: int, stream: BinaryIO) -> int:
    """Write one document per line, print the progress to stderr, and return their number."""
    documents = Documents()
    started = time.perf_counter()
    count = 0
    for count, root in enumerate(generate(nodes, seed), 1):
        stream.write(documents.document(root) + b"\n")
        if count % 10_000 == 0:
            seconds = time.perf_counter() - started
            print(f"{count} roots, {len(documents.nodes)} nodes, {seconds:.0f} s", file=sys.stderr)
    print(f"{count} roots, {len(documents.nodes)} nodes", file=sys.stderr)
    return count


def main() -> None:
    """Write a file of documents."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    with arguments.out.open("wb") as raw:
        if arguments.out.suffix == ".zst":
            with zstandard.ZstdCompressor(level=3).stream_writer(raw) as packed:
                write(arguments.nodes, arguments.seed, packed)
        else:
            write(arguments.nodes, arguments.seed, raw)


if __name__ == "__main__":
    main()
