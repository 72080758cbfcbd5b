"""Write generated graphs as files for Neo4j's offline import, with the loaders' properties.

The bare graph is also returned as arrays, so that other forms can answer from the same graph.
"""

import hashlib
import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.generate import GeneratedRoot
from loaders.specs.closure import dependencies_first
from loaders.specs.contents import Identities, hash_of
from loaders.specs.node import NodeRecord, read_node
from loaders.specs.pure_hash import pure_hashes
from loaders.store.spec_rows import Content, spec_row

ClosureForm = Literal["plain", "reaches", "both"]

DELIMITER, ARRAY_DELIMITER, QUOTE = "\t", "\x1f", "\x1e"
"""None of these occurs in values: JSON escapes them."""

BUILD, RUNTIME = 1, 2
"""Flags of a pair of a root and a spec that it was built or is deployed with."""

_STRINGS = "uid hash name version version_key namespace platform os target compiler"
_MORE = "compiler_version compiler_version_key package_hash pure_hash document standing origin load"
SPEC_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(f"{_STRINGS} {_MORE}".split(), ""),
    "variants": ":string[]",
    **dict.fromkeys(("external", "spliced", "verified"), ":boolean"),
    "spec_format": ":long",
}
DOCUMENT_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("digest", "standing", "envelope", "origin", "load"), ""),
    "records": ":string[]",
    "spec_format": ":long",
    "unverified": ":long",
}
_PAIR = f":START_ID(S){DELIMITER}:END_ID(S)"
HEADERS = {
    "specs": DELIMITER.join([":ID(S)", *(f"{k}{v}" for k, v in SPEC_COLUMNS.items())]),
    "documents": DELIMITER.join([":ID(D)", *(f"{k}{v}" for k, v in DOCUMENT_COLUMNS.items())]),
    "virtuals": f":ID(V){DELIMITER}name",
    "depends_on": DELIMITER.join(
        [_PAIR, "deptypes:string[]", "virtuals:string[]", "runtime:boolean"]
    ),
    "spliced_from": _PAIR,
    "provides": f":START_ID(S){DELIMITER}:END_ID(V)",
    "describes": f":START_ID(D){DELIMITER}:END_ID(S)",
    "built_with": _PAIR,
    "deployed_with": _PAIR,
    "reaches": DELIMITER.join([_PAIR, "build:boolean", "runtime:boolean"]),
}


def field(value: Any) -> str:
    """Return a value as a field.

    None becomes an empty field, and an empty list a quoted empty field, which the import treats as
    a missing value as well.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ARRAY_DELIMITER.join(value) if value else QUOTE * 2
    return str(value)


def row(number: int, columns: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """Return a line of a file of nodes.

    Raises:
        ValueError: if a value has no column or contains a delimiter.

    """
    fields = [str(number), *(field(values.get(column)) for column in columns)]
    line = DELIMITER.join(fields)
    if line.count(DELIMITER) != len(columns) or "\n" in line or not values.keys() <= columns.keys():
        raise ValueError(f"not a valid row: {line[:200]!r}")
    return line + "\n"


@dataclass(frozen=True)
class Graph:
    """The bare graph, with specs numbered from 0 in the order of their generation.

    Attributes:
        hashes: the hash of each spec.
        package: for each spec its index in `packages`.
        packages: name, version and version key.
        is_root: for each spec whether it is a root.
        edges: sources and targets of dependencies, shape (edges, 2).
        runtime: for each edge whether it is a link or run dependency.
        splices: spliced specs and their build specs, shape (splices, 2).
        reach: roots and the specs that they were built or are deployed with, shape (pairs, 2).
        flags: for each pair, `BUILD` and `RUNTIME`.

    """

    hashes: NDArray[np.bytes_]
    package: NDArray[np.int32]
    packages: Sequence[tuple[str, str, str]]
    is_root: NDArray[np.bool_]
    edges: NDArray[np.uint32]
    runtime: NDArray[np.bool_]
    splices: NDArray[np.uint32]
    reach: NDArray[np.uint32]
    flags: NDArray[np.uint8]

    def save(self, folder: Path) -> None:
        """Write `graph.npz` and `packages.json`."""
        arrays = {k: v for k, v in vars(self).items() if k != "packages"}
        np.savez(folder / "graph.npz", **arrays)
        (folder / "packages.json").write_text(json.dumps(self.packages), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Graph":
        """Read the files that `save` wrote."""
        packages = [tuple(each) for each in json.loads((folder / "packages.json").read_text())]
        with np.load(folder / "graph.npz") as arrays:
            return cls(packages=packages, **{name: arrays[name] for name in arrays.files})


class CsvWriter:
    """Writes the rows of roots in their order; memory grows with the bare graph."""

    def __init__(self, folder: Path, closure: ClosureForm, load: str, origin: str) -> None:
        """Open the files in `folder`, which must exist."""
        self._folder = folder
        self._closure = closure
        self._names = {"load": load, "origin": origin}
        self._files: dict[str, IO[str]] = {
            name: (folder / f"{name}.csv").open("w", encoding="utf-8", buffering=1 << 20)
            for name in HEADERS
        }
        self._index: dict[str, int] = {}
        self._identities = Identities()
        self._pure_hashes: dict[str, str] = {}
        self._digests: list[str] = []
        self._children: list[tuple[int, ...]] = []
        self._runtime_children: list[tuple[int, ...]] = []
        self._build_spec: dict[int, int] = {}
        self._packages: dict[tuple[str, str, str], int] = {}
        self._virtuals: dict[str, int] = {}
        self._provided: set[tuple[int, int]] = set()
        self._package, self._roots = array("i"), array("I")
        self._edges, self._runtime = array("I"), array("B")
        self._reach, self._flags = array("I"), array("B")

    def add(self, root: GeneratedRoot) -> None:
        """Write the rows of a root and its new specs."""
        records = [read_node(raw, root.spec_format) for raw in root.new]
        for record in records:
            self._index[record.hash] = len(self._index)
        by_hash = {record.hash: record for record in records}
        for record in dependencies_first(by_hash):
            self._identities.add(record)
        self._pure_hashes |= pure_hashes(by_hash, self._pure_hashes)
        for record in records:
            self._write_spec(record)
        self._write_root(root)

    def _write_spec(self, record: NodeRecord) -> None:
        number = self._index[record.hash]
        pure_hash = self._pure_hashes.get(record.hash)
        content = Content(record, self._identities.uids, pure_hash=pure_hash)
        loader_row = spec_row(content, self._names["origin"])
        named = {"uid": content.uid, "hash": record.hash, "load": self._names["load"]}
        values = {**loader_row["properties"], **named}
        self._files["specs"].write(row(number, SPEC_COLUMNS, values))
        key = (record.name, record.version, record.properties["version_key"])
        self._package.append(self._packages.setdefault(key, len(self._packages)))
        self._digests.append(record.digest)
        children, runtime_children, lines = [], [], []
        for edge in loader_row["dependencies"]:
            target = self._index[hash_of(edge["uid"])]
            children.append(target)
            if edge["runtime"]:
                runtime_children.append(target)
            kinds = (edge["deptypes"], edge["virtuals"], edge["runtime"])
            fields = (str(number), str(target), *map(field, kinds))
            lines.append(DELIMITER.join(fields) + "\n")
            self._edges.extend((number, target))
            self._runtime.append(edge["runtime"])
            self._write_virtuals(target, edge["virtuals"])
        self._files["depends_on"].writelines(lines)
        self._children.append(tuple(children))
        self._runtime_children.append(tuple(runtime_children))
        for uid in loader_row["build_specs"]:
            self._build_spec[number] = self._index[hash_of(uid)]
            self._files["spliced_from"].write(f"{number}\t{self._build_spec[number]}\n")

    def _write_virtuals(self, spec: int, virtuals: Iterable[str]) -> None:
        for virtual in virtuals:
            if virtual not in self._virtuals:
                self._virtuals[virtual] = len(self._virtuals)
                self._files["virtuals"].write(f"{self._virtuals[virtual]}\t{virtual}\n")
            pair = (spec, self._virtuals[virtual])
            if pair not in self._provided:
                self._provided.add(pair)
                self._files["provides"].write(f"{pair[0]}\t{pair[1]}\n")

    def _write_root(self, root: GeneratedRoot) -> None:
        members = [self._index[hash_] for hash_ in root.order]
        number = len(self._roots)
        texts = [root.envelope, *(self._digests[each] for each in members)]
        digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        values = {
            "digest": digest,
            "standing": f"0:{0:08d}:{digest}",
            "spec_format": root.spec_format,
            "envelope": root.envelope,
            "records": root.order,
            "unverified": 0,
            **self._names,
        }
        self._files["documents"].write(row(number, DOCUMENT_COLUMNS, values))
        self._files["describes"].write(f"{number}\t{members[0]}\n")
        self._roots.append(members[0])
        self._write_closure(members[0], members)

    def _write_closure(self, root: int, members: Sequence[int]) -> None:
        build, runtime = self._closures(root, members)
        closure = sorted(build | runtime)
        flags = [BUILD * (each in build) + RUNTIME * (each in runtime) for each in closure]
        for each in closure:
            self._reach.extend((root, each))
        self._flags.extend(flags)
        if self._closure != "reaches":
            for name, specs in (("built_with", build), ("deployed_with", runtime)):
                self._files[name].writelines(f"{root}\t{each}\n" for each in sorted(specs))
        if self._closure != "plain":
            words = {0: "", 1: "true\tfalse", 2: "false\ttrue", 3: "true\ttrue"}
            self._files["reaches"].writelines(
                f"{root}\t{each}\t{words[flag]}\n"
                for each, flag in zip(closure, flags, strict=True)
            )

    def _closures(self, root: int, members: Sequence[int]) -> tuple[set[int], set[int]]:
        """Return the numbers of the specs that a root was built and is deployed with.

        The definition is that of `loaders.specs.closure`.
        """
        runtime = _walk(root, self._runtime_children, {})
        if self._build_spec.keys().isdisjoint(members):
            return set(members), runtime
        start = root
        while start in self._build_spec:
            start = self._build_spec[start]
        return _walk(start, self._children, self._build_spec), runtime

    def close(self) -> Graph:
        """Close the files, separate roots from other specs, and return the bare graph."""
        for file in self._files.values():
            file.close()
        is_root = np.zeros(len(self._index), dtype=np.bool_)
        is_root[np.frombuffer(self._roots, dtype=np.uint32)] = True
        _split_specs(self._folder, is_root.tolist())
        for name, header in HEADERS.items():
            (self._folder / f"{name}-header.csv").write_text(header + "\n", "utf-8")
        splices = np.array(list(self._build_spec.items()), dtype=np.uint32).reshape(-1, 2)
        return Graph(
            hashes=np.array([hash_.encode() for hash_ in self._index], dtype="S32"),
            package=np.frombuffer(self._package, dtype=np.int32),
            packages=list(self._packages),
            is_root=is_root,
            edges=np.frombuffer(self._edges, dtype=np.uint32).reshape(-1, 2),
            runtime=np.frombuffer(self._runtime, dtype=np.uint8).astype(np.bool_),
            splices=splices,
            reach=np.frombuffer(self._reach, dtype=np.uint32).reshape(-1, 2),
            flags=np.frombuffer(self._flags, dtype=np.uint8),
        )


def _walk(start: int, children: Sequence[Sequence[int]], build_spec: Mapping[int, int]) -> set[int]:
    seen = {start}
    pending = [start]
    while pending:
        number = pending.pop()
        new = [each for each in children[number] if each not in seen]
        if number in build_spec and build_spec[number] not in seen:
            new.append(build_spec[number])
        seen.update(new)
        pending += new
    return seen


def _split_specs(folder: Path, is_root: Sequence[bool]) -> None:
    """Move the rows of roots to a separate file: a spec may become a root after it was written."""
    with (
        (folder / "specs.csv").open("rb") as rows,
        (folder / "roots.csv").open("wb", buffering=1 << 20) as roots,
        (folder / "others.csv").open("wb", buffering=1 << 20) as others,
    ):
        for line, root in zip(rows, is_root, strict=True):
            (roots if root else others).write(line)
    (folder / "specs.csv").unlink()
