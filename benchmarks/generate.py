"""Graphs of any size that look like what Spack concretizes.

    python -m benchmarks.generate --nodes N [--seed S] OUT.jsonl[.zst]

Real DAGs are the templates. A root is a template in an environment, which chooses versions of
packages, with a few packages changed for this root alone; every hash is computed as Spack does.
Some roots are spliced. The same numbers give the same graph.
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
    new_environment,
    pick,
    reached,
    skewed,
    splice,
    vary,
)

ROOTS_AN_ENVIRONMENT = 800
WINDOW = 24
"""Environments in use at one time; the newest ones most."""
SPLICED_SHARE = 0.03
TRIES = 1.15
"""Splices begun for each one that comes out."""
SPLICES = (
    *(("mpich", "mvapich2"), ("zlib", "zlib-ng"), ("hdf5", "hdf5"), ("zlib-ng", "zlib")),
    *(("zlib", "zlib"), ("mpich", "openmpi"), ("openmpi", "mvapich2")),
)
"""What is replaced by what, the most popular first."""


@dataclass(frozen=True, slots=True)
class GeneratedRoot:
    """One document.

    :ivar order: hashes of all its nodes in document order, the root first.
    :ivar new: JSON of the nodes that no root before had, in document order.
    :ivar envelope: the document's JSON with its nodes replaced by null.
    :ivar spliced: whether the root was spliced.
    """

    order: tuple[str, ...]
    new: list[bytes]
    envelope: str
    spec_format: int
    spliced: bool


class Generator:
    """The state behind `generate`."""

    def __init__(self, seed: int) -> None:
        """Read the templates; nothing is made yet."""
        self.random = Random(seed)
        self.templates = read_templates()
        self.names = sorted(self.templates.by_root)
        self.random.shuffle(self.names)
        self.popularity = skewed(len(self.names), 0.7)
        self.packages = _packages(self.templates)
        self.environments: deque[Environment] = deque(maxlen=WINDOW)
        self.recency = skewed(WINDOW, 0.3)
        self.weights: dict[int, tuple[list[str], list[float]]] = {}
        self.known: set[str] = set()
        self.roots: set[str] = set()

    def run(self, nodes: int) -> Iterator[GeneratedRoot]:
        """Roots until so many nodes are known."""
        number = 0
        while len(self.known) < nodes:
            if len(self.roots) >= number * ROOTS_AN_ENVIRONMENT:
                self.environments.appendleft(new_environment(self.random, number, self.packages))
                number += 1
            found = self._next()
            if found is not None and found[0].hash not in self.roots:
                self.roots.add(found[0].hash)
                yield self._given(found)

    def _given(self, found: list[Node]) -> GeneratedRoot:
        new = []
        for node in found:
            if node.hash not in self.known:
                self.known.add(node.hash)
                new.append(node.raw)
            node.raw = b""
        root = found[0]
        return GeneratedRoot(
            tuple(dict.fromkeys(node.hash for node in found)),
            new,
            f'{{"spec":{{"_meta":{{"version":{root.spec_format}}},"nodes":null}}}}',
            root.spec_format,
            root.build_spec is not None,
        )

    def _next(self) -> list[Node] | None:
        """The nodes of one more document, the root first; None where nothing came of it."""
        random = self.random
        recency = self.recency[: len(self.environments)]
        environment = random.choices(self.environments, cum_weights=recency)[0]
        pair = None
        if random.random() < SPLICED_SHARE * TRIES:
            pair = random.choices(SPLICES, cum_weights=skewed(len(SPLICES), 0.9))[0]
        template = self._template("" if pair is None else pair[0])
        extra = self._changes(template)
        nodes = environment.dag(template, extra)
        if pair is None:
            return [nodes[position] for position in template.order]
        return self._spliced(environment, nodes, extra, pair)

    def _template(self, package: str) -> Template:
        """A template, by the popularity of its root; one with a package below where one is named.

        Looks for the package only so often.
        """
        for _ in range(20):
            name = self.random.choices(self.names, cum_weights=self.popularity)[0]
            template = self.random.choice(self.templates.by_root[name])
            if not package or (package in template.above and package != name):
                break
        return template

    def _changes(self, template: Template) -> dict[str, Change]:
        """The root itself and up to two packages, those near the root more often."""
        random = self.random
        root = template.root
        extra = {root.name: vary(random, root, 3)}
        if root.number not in self.weights:
            packages = [each for each in template.above if each != root.name]
            total = 0.0
            weights = [total := total + len(template.above[each]) ** -2.0 for each in packages]
            self.weights[root.number] = (packages, weights)
        packages, weights = self.weights[root.number]
        for _ in range(random.choices((0, 1, 2), (2, 5, 3))[0] if packages else 0):
            package = random.choices(packages, cum_weights=weights)[0]
            base = next(node for node in template.nodes if node.name == package)
            extra[package] = vary(random, base, 1)
        return extra

    def _spliced(
        self,
        environment: Environment,
        nodes: list[Node],
        extra: dict[str, Change],
        pair: tuple[str, str],
    ) -> list[Node] | None:
        """The nodes of a spliced root, a few of them spliced for the second time."""
        random = self.random
        root = nodes[-1]
        if environment.spliced and random.random() < 0.1:
            root = random.choice(environment.spliced)
        old, new = pair
        places = self.templates.nodes.get((new, root.spec_format))
        if not places or old == root.name:
            return None
        donor, place = places[0] if new != old else random.choice(places)
        if new == old:
            base = donor.nodes[place]
            version = pick(random, versions_of(new, base.body["version"]))
            extra = {new: Change(version)}
        put_in = environment.dag(donor, {new: extra[new]} if new in extra else {})[place]

        def replaces(node: Node) -> Node | None:
            return put_in if node.name == old and node is not put_in else None

        spliced = splice(root, replaces)
        if spliced is root:
            return None
        environment.spliced.append(spliced)
        return reached(spliced)


def _packages(templates: Templates) -> dict[str, str]:
    return {
        name: places[0][0].nodes[places[0][1]].body["version"]
        for (name, _), places in sorted(templates.nodes.items())
    }


def generate(nodes: int, seed: int = 1) -> Iterator[GeneratedRoot]:
    """Roots until there are `nodes` distinct nodes, or a few more."""
    return Generator(seed).run(nodes)


class Documents:
    """Whole documents of generated roots, taken in their order.

    Keeps the JSON of every node, some 1.7 KB each.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, bytes] = {}

    def document(self, root: GeneratedRoot) -> bytes:
        """The JSON of one document, compact; every root before must have been taken."""
        for raw in root.new:
            self.nodes[raw[-34:-2].decode()] = raw
        head, _, tail = root.envelope.rpartition("null")
        nodes = b",".join(self.nodes[hash_] for hash_ in root.order)
        return b"%b[%b]%b" % (head.encode(), nodes, tail.encode())


def write(nodes: int, seed: int, stream: BinaryIO) -> int:
    """Write documents one a line, telling the progress on stderr; returns their number."""
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
    """Write the file that is asked for."""
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
