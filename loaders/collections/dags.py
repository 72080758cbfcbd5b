"""Assemble DAGs from records that refer to each other by hash, in any number.

Indexes and lockfiles contain each spec once. A document holds a whole DAG, so one has to be
assembled for every root. Records are spooled to a temporary SQLite database; hashes and edges,
about 300 bytes per record, are kept in memory.
"""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from loaders import limits, source
from loaders.collections.outline import Outline, read_outline
from loaders.collections.record_spool import RecordSpool
from loaders.collections.whole_document import RecordOrigin, WholeDocument
from loaders.errors import Fault, Problem

# Flags of a record.
_EXPLICIT = 1  # The user asked for it, so it is a root even if other records depend on it.
_DEPENDENCY = 2  # Another record depends on it.
_VISITING = 4  # It is on the current path of the traversal.
_VISITED = 8
_COMPLETE = 16  # It and everything that it depends on is present.
_EMBEDDED = 32  # A complete record depends on it, so it is in that record's document.
_REPORTED = 64  # A problem with it was reported.
_UNVERIFIABLE = 128  # Its hash was not computed from its content.


class DagBuilder(AbstractContextManager["DagBuilder"]):
    """Collects records and assembles documents from them. Close it: it holds a temporary file."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._hashes: list[str] = []
        self._flags = bytearray()
        self._origins: list[RecordOrigin] = []
        self._origin_of = array("I")
        # Edges are stored flat, since objects would take several times the memory: for each record
        # their number, then the dependencies, from `_first_edge` on (-1 if the record is absent).
        self._first_edge = array("q")
        self._edges = array("I")
        self._build_specs: dict[int, int] = {}
        self._spool = RecordSpool()

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def new_origin(self, place: str, parent: str, suffix: str = "") -> RecordOrigin:
        """Declare the origin of the records that are added next.

        Args:
            place: The file, as the caller names it.
            parent: JSON pointer to the object that holds the records by hash.
            suffix: JSON pointer from a record to its node.
        """
        origin = RecordOrigin(place, parent, suffix)
        self._origins.append(origin)
        return origin

    def add_record(
        self,
        hash_: str,
        node: Outline,
        raw: bytes,
        *,
        explicit: bool = False,
        unverifiable: bool = False,
    ) -> bytes | None:
        """Add a record of the newest origin, unless its hash is already present.

        Args:
            hash_: The hash by which edges of other records refer to it.
            node: Its outline.
            raw: Its JSON.
            explicit: The user asked for it, so it is a root even if other records depend on it.
            unverifiable: Its hash was not computed from its content; passed on to documents.

        Returns:
            The JSON of the record that was present before, if that is of the same origin.
        """
        id_ = self._id_of(hash_)
        if explicit:
            self._flags[id_] |= _EXPLICIT
        newest = len(self._origins) - 1
        # The first record for a hash counts, as Spack prefers the local store to its upstreams.
        if self._first_edge[id_] >= 0:
            return self._spool.record_json(id_) if self._origin_of[id_] == newest else None
        self._origin_of[id_] = newest
        self._flags[id_] |= _UNVERIFIABLE if unverifiable else 0
        self._first_edge[id_] = len(self._edges)
        edges = [(self._id_of(edge.hash), edge.in_use) for edge in node.edges]
        self._edges.append(len(edges))
        for other, in_use in edges:
            self._flags[other] |= _DEPENDENCY
            self._edges.append(other << 1 | in_use)
        if node.build_spec:
            self._set_build_spec(id_, self._id_of(node.build_spec))
        self._spool.put(id_, node.name, raw)
        return None

    def put_row(self, hash_: str, raw: bytes) -> None:
        """Keep the row of a record until the version of its document is known."""
        self._spool.put_row(self._ids[hash_], raw)

    def rows(self) -> Iterator[tuple[str, bytes]]:
        """Yield the hash and the row of each record whose format is known."""
        for id_, raw in self._spool.rows():
            if self._origins[self._origin_of[id_]].spec_format is not None:
                yield self._hashes[id_], raw

    def replace_record(self, hash_: str, raw: bytes, build_spec: str) -> None:
        """Replace a record, which now names its build spec."""
        id_ = self._ids[hash_]
        self._set_build_spec(id_, self._id_of(build_spec))
        self._spool.put(id_, self._spool.record_name(id_), raw)

    def mark_explicit(self, hash_: str) -> bool:
        """Make a record a root; return False if there is none."""
        id_ = self._ids.get(hash_)
        if id_ is None or self._first_edge[id_] < 0:
            return False
        self._flags[id_] |= _EXPLICIT
        return True

    def spec_format(self, hash_: str) -> int | None:
        """Return the spec format of a record that is present."""
        return self._origins[self._origin_of[self._ids[hash_]]].spec_format

    def record_json(self, hash_: str) -> bytes:
        """Return the JSON of a record that is present."""
        return self._spool.record_json(self._ids[hash_])

    def __len__(self) -> int:
        """Return the number of records."""
        return sum(first >= 0 for first in self._first_edge)

    def record_hashes(self) -> Iterator[str]:
        """Return the hashes of all records."""
        return (self._hashes[id_] for id_ in self._present_ids())

    def is_spliced(self, hash_: str) -> bool:
        """Return whether a record names a build spec."""
        return self._ids[hash_] in self._build_specs

    def build_documents(self) -> Iterator[WholeDocument | Problem]:
        """Yield a document for each root with a complete DAG, and the problems with the others.

        Roots are the explicit records, and those on which no complete record depends: if a record
        cannot be stored, the complete records below it still are. A missing or incomplete build
        spec is omitted: documents may name one that they do not contain.
        """
        yield from self._visit_all()
        for id_ in self._present_ids():
            flags = self._flags[id_]
            if not flags & _COMPLETE:
                if not flags & _REPORTED and (flags & _EXPLICIT or not flags & _DEPENDENCY):
                    yield self._report_incomplete(id_)
            elif flags & _EXPLICIT or not flags & _EMBEDDED:
                document = self._build_document(id_)
                if document is not None:
                    yield document

    def _id_of(self, hash_: str) -> int:
        id_ = self._ids.setdefault(hash_, len(self._hashes))
        if id_ == len(self._hashes):
            self._hashes.append(hash_)
            self._flags.append(0)
            self._origin_of.append(0)
            self._first_edge.append(-1)
        return id_

    def _present_ids(self) -> Iterator[int]:
        return (id_ for id_, first in enumerate(self._first_edge) if first >= 0)

    def _edges_of(self, id_: int) -> Sequence[int]:
        """Return the ids of the dependencies, shifted left by a bit that is set if in use."""
        first = self._first_edge[id_]
        return self._edges[first + 1 : first + 1 + self._edges[first]]

    def _set_build_spec(self, id_: int, build_spec: int) -> None:
        self._build_specs[id_] = build_spec
        self._flags[build_spec] |= _DEPENDENCY

    def _visit_all(self) -> Iterator[Problem]:
        """Find out which records are complete, and report missing dependencies and cycles.

        The traversal is iterative, since DAGs may be deeper than Python's recursion limit.
        """
        for start in self._present_ids():
            path = [start]
            while path:
                id_ = path[-1]
                if self._flags[id_] & _VISITED:
                    path.pop()
                elif self._flags[id_] & _VISITING:
                    self._finish_visit(id_)
                    path.pop()
                else:
                    self._flags[id_] |= _VISITING
                    yield from self._start_visit(id_, path)

    def _start_visit(self, id_: int, path: list[int]) -> Iterator[Problem]:
        """Push the dependencies of a record onto the path."""
        dependencies = [edge >> 1 for edge in self._edges_of(id_)]
        if id_ in self._build_specs:
            dependencies.append(self._build_specs[id_])
        for other in dependencies:
            if self._first_edge[other] < 0:
                if other != self._build_specs.get(id_):
                    yield self._report_missing(id_, other)
            elif self._flags[other] & _VISITING:
                # The splice stays usable without its build spec.
                if other == self._build_specs.get(id_):
                    del self._build_specs[id_]
                yield self._report_cycle(id_, other)
            elif not self._flags[other] & _VISITED:
                path.append(other)

    def _finish_visit(self, id_: int) -> None:
        dependencies = [edge >> 1 for edge in self._edges_of(id_)]
        complete = all(self._flags[other] & _COMPLETE for other in dependencies)
        self._flags[id_] |= _VISITED | (_COMPLETE if complete else 0)
        self._flags[id_] &= ~_VISITING
        if complete:
            for other in [*dependencies, self._build_specs.get(id_, id_)]:
                if other != id_ and self._flags[other] & _COMPLETE:
                    self._flags[other] |= _EMBEDDED

    def _build_document(self, root: int) -> WholeDocument | Problem | None:
        origin = self._origins[self._origin_of[root]]
        hash_ = self._hashes[root]
        order = self._nodes_in_preorder(root)
        formats = {self._origins[self._origin_of[id_]].spec_format for id_ in order}
        spec_format = _common_format(formats)
        if spec_format is None:
            if None in formats:
                return None
            detail = f"its DAG mixes records of spec formats {sorted(map(str, formats))}"
            return origin.record_problem(hash_, Fault.UNSUPPORTED, detail)
        most = limits.current().nodes
        if len(order) > most:
            return origin.record_problem(hash_, Fault.TOO_LARGE, f"more than {most} nodes")
        nodes = b",".join(map(self._spool.record_json, order))
        if len(nodes) > source.MAX_DOCUMENT_BYTES:
            return origin.record_problem(hash_, Fault.TOO_LARGE, "the document would be too large")
        unverifiable = any(self._flags[id_] & _UNVERIFIABLE for id_ in order)
        raw = _encode_document(nodes, spec_format)
        return WholeDocument(hash_, raw, spec_format, unverifiable)

    def _nodes_in_preorder(self, root: int) -> list[int]:
        """Return a DAG in the order of `Spec.to_dict` of Spack 1.1: depth first, build spec first.

        Spack does not follow dependencies that are no longer in use; those reached in no other way
        come last here.
        """
        order: list[int] = []
        seen: set[int] = set()
        unused: list[int] = []
        path = [root]
        while path or unused:
            id_ = path.pop() if path else unused.pop()
            if id_ in seen or len(order) > limits.current().nodes:
                continue
            seen.add(id_)
            order.append(id_)
            edges = self._edges_of(id_)
            path += [edge >> 1 for edge in reversed(edges) if edge & 1]
            unused += [edge >> 1 for edge in reversed(edges) if not edge & 1]
            build_spec = self._build_specs.get(id_)
            if build_spec is not None and self._flags[build_spec] & _COMPLETE:
                path.append(build_spec)
        return order

    def _display_name(self, id_: int) -> str:
        return f"{self._spool.record_name(id_)}/{self._hashes[id_][:7]}"

    def _report_missing(self, id_: int, other: int) -> Problem:
        names = {edge.hash: edge.name for edge in read_outline(self._spool.record_json(id_)).edges}
        hash_ = self._hashes[other]
        detail = (
            f"{self._display_name(id_)} depends on {names.get(hash_, '')}/{hash_}, which is missing"
        )
        return self._record_problem(id_, Fault.MISSING_DEPENDENCY, detail)

    def _report_cycle(self, id_: int, other: int) -> Problem:
        one, two = self._display_name(id_), self._display_name(other)
        detail = f"{one} depends on {two}, which in turn depends on it"
        return self._record_problem(id_, Fault.CYCLE, detail)

    def _report_incomplete(self, id_: int) -> Problem:
        dependencies = (edge >> 1 for edge in self._edges_of(id_))
        lacking = next(other for other in dependencies if not self._flags[other] & _COMPLETE)
        missing = f"/{self._hashes[lacking][:7]}"
        detail = (
            f"{self._display_name(id_)} has no document because {missing} is missing or incomplete"
        )
        return self._record_problem(id_, Fault.MISSING_DEPENDENCY, detail)

    def _record_problem(self, id_: int, fault: Fault, detail: str) -> Problem:
        self._flags[id_] |= _REPORTED
        return self._origins[self._origin_of[id_]].record_problem(self._hashes[id_], fault, detail)


def _common_format(formats: set[int | None]) -> int | None:
    """Return the format of a document that can hold records of several formats.

    From format 4 on nodes are hashed alike, and a reader of a later format accepts those of an
    earlier one, as Spack does with an upstream store.

    Returns:
        None if there is no such format, or if a format is unknown.
    """
    known = {each for each in formats if each is not None}
    if len(known) != len(formats):
        return None
    return max(known) if len(known) == 1 or min(known) >= 4 else None


def _encode_document(nodes: bytes, spec_format: int) -> bytes:
    if spec_format == 1:
        return b'{"spec":[%b]}' % nodes
    return b'{"spec":{"_meta":{"version":%d},"nodes":[%b]}}' % (spec_format, nodes)
