"""DAGs put together from records that name each other by hash, however many there are.

Indexes and lockfiles keep each spec once. A document holds a whole DAG, so one has to be made for
every root. Records are spooled to a temporary SQLite database; hashes and edges, some 300 bytes a
record, are kept in memory.
"""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from loaders import source
from loaders.collections.found import Origin, WholeDocument
from loaders.collections.outline import Outline, outline
from loaders.collections.record_spool import RecordSpool
from loaders.errors import Fault, Problem
from loaders.specs.document import MAX_NODES

_WANTED = 1
"""Somebody asked for it."""
_NEEDED = 2
"""Another record needs it."""
_OPEN = 4
"""Being looked at."""
_SETTLED = 8
_COMPLETE = 16
"""It and all that it needs is there."""
_PART = 32
"""Another complete record needs it, so that it is in that one's document."""
_TOLD = 64
"""What is wrong with it was told."""
_UNVERIFIABLE = 128
"""Its hash is not one of its content."""


class Dags(AbstractContextManager["Dags"]):
    """Records, and the documents that they make up. Close it: it holds a temporary file."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._hashes: list[str] = []
        self._flags = bytearray()
        self._origins: list[Origin] = []
        self._origin_of = array("I")
        self._first_edge = array("q")
        self._edges = array("I")
        self._build_specs: dict[int, int] = {}
        self._spool = RecordSpool()

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def new_origin(self, place: str, above: str, below: str = "") -> Origin:
        """Name where the records that are added next are from; the arguments as in `Origin`."""
        origin = Origin(place, above, below)
        self._origins.append(origin)
        return origin

    def add(
        self,
        hash_: str,
        node: Outline,
        raw: bytes,
        *,
        wanted: bool = False,
        unverifiable: bool = False,
    ) -> bytes | None:
        """Take a record of the newest origin, unless its hash is known already.

        :param hash_: what the edges of others name it by.
        :param wanted: somebody asked for it, so that it is a root whatever needs it.
        :param unverifiable: its hash was not made of its content; passed on to documents.
        :returns: the record that is there in its place where that is from the same origin.
        """
        id_ = self._id(hash_)
        if wanted:
            self._flags[id_] |= _WANTED
        newest = len(self._origins) - 1
        if self._first_edge[id_] >= 0:
            return self._spool.raw(id_) if self._origin_of[id_] == newest else None
        self._origin_of[id_] = newest
        self._flags[id_] |= _UNVERIFIABLE if unverifiable else 0
        self._first_edge[id_] = len(self._edges)
        needs = [(self._id(need.hash), need.in_use) for need in node.needs]
        self._edges.append(len(needs))
        for other, in_use in needs:
            self._flags[other] |= _NEEDED
            self._edges.append(other << 1 | in_use)
        if node.build_spec:
            self._set_build_spec(id_, self._id(node.build_spec))
        self._spool.put(id_, node.name, raw)
        return None

    def replace(self, hash_: str, raw: bytes, build_spec: str) -> None:
        """Put another record in the place of one, which names the build spec of that one."""
        id_ = self._ids[hash_]
        self._set_build_spec(id_, self._id(build_spec))
        self._spool.put(id_, self._spool.name(id_), raw)

    def want(self, hash_: str) -> bool:
        """Make a record a root; False where there is none."""
        id_ = self._ids.get(hash_)
        if id_ is None or self._first_edge[id_] < 0:
            return False
        self._flags[id_] |= _WANTED
        return True

    def spec_format(self, hash_: str) -> int | None:
        """The format of a record that is there."""
        return self._origins[self._origin_of[self._ids[hash_]]].spec_format

    def raw(self, hash_: str) -> bytes:
        """A record that is there."""
        return self._spool.raw(self._ids[hash_])

    def hashes(self) -> Iterator[str]:
        """The hashes of all records."""
        return (self._hashes[id_] for id_ in self._present())

    def spliced(self, hash_: str) -> bool:
        """Whether a record names a build spec."""
        return self._ids[hash_] in self._build_specs

    def documents(self) -> Iterator[WholeDocument | Problem]:
        """One document for each root whose DAG is complete, and what keeps others from it.

        Roots are the records that were asked for, and those that no complete record needs: where a
        record cannot be stored, what lies below it and is complete still is. A build spec that is
        not there, or is incomplete, is left out: documents may name one that they do not hold.
        """
        yield from self._settle_all()
        for id_ in self._present():
            flags = self._flags[id_]
            if not flags & _COMPLETE:
                if not flags & _TOLD and (flags & _WANTED or not flags & _NEEDED):
                    yield self._incomplete(id_)
            elif flags & _WANTED or not flags & _PART:
                found = self._document(id_)
                if found is not None:
                    yield found

    def _id(self, hash_: str) -> int:
        id_ = self._ids.setdefault(hash_, len(self._hashes))
        if id_ == len(self._hashes):
            self._hashes.append(hash_)
            self._flags.append(0)
            self._origin_of.append(0)
            self._first_edge.append(-1)
        return id_

    def _present(self) -> Iterator[int]:
        return (id_ for id_, first in enumerate(self._first_edge) if first >= 0)

    def _needs(self, id_: int) -> Sequence[int]:
        """Ids of the dependencies, shifted by one bit that tells whether they are in use."""
        first = self._first_edge[id_]
        return self._edges[first + 1 : first + 1 + self._edges[first]]

    def _set_build_spec(self, id_: int, build_spec: int) -> None:
        self._build_specs[id_] = build_spec
        self._flags[build_spec] |= _NEEDED

    def _settle_all(self) -> Iterator[Problem]:
        """Find out which records are complete, and tell what is missing and which are cyclic."""
        for start in self._present():
            path = [start]
            while path:
                id_ = path[-1]
                if self._flags[id_] & _SETTLED:
                    path.pop()
                elif self._flags[id_] & _OPEN:
                    self._settle(id_)
                    path.pop()
                else:
                    self._flags[id_] |= _OPEN
                    yield from self._enter(id_, path)

    def _enter(self, id_: int, path: list[int]) -> Iterator[Problem]:
        """Put what a record needs on the path, above it."""
        below = [need >> 1 for need in self._needs(id_)]
        if id_ in self._build_specs:
            below.append(self._build_specs[id_])
        for other in below:
            if self._first_edge[other] < 0:
                if other != self._build_specs.get(id_):
                    yield self._missing(id_, other)
            elif self._flags[other] & _OPEN:
                if other == self._build_specs.get(id_):
                    del self._build_specs[id_]
                yield self._cycle(id_, other)
            elif not self._flags[other] & _SETTLED:
                path.append(other)

    def _settle(self, id_: int) -> None:
        needs = [need >> 1 for need in self._needs(id_)]
        complete = all(self._flags[other] & _COMPLETE for other in needs)
        self._flags[id_] |= _SETTLED | (_COMPLETE if complete else 0)
        self._flags[id_] &= ~_OPEN
        if complete:
            for other in [*needs, self._build_specs.get(id_, id_)]:
                if other != id_ and self._flags[other] & _COMPLETE:
                    self._flags[other] |= _PART

    def _document(self, root: int) -> WholeDocument | Problem | None:
        origin = self._origins[self._origin_of[root]]
        hash_ = self._hashes[root]
        order = self._preorder(root)
        formats = {self._origins[self._origin_of[id_]].spec_format for id_ in order}
        spec_format = _common_format(formats)
        if spec_format is None:
            if None in formats:
                return None
            detail = f"its DAG has records of spec formats {sorted(map(str, formats))}"
            return origin.problem(hash_, Fault.UNSUPPORTED, detail)
        if len(order) > MAX_NODES:
            return origin.problem(hash_, Fault.TOO_LARGE, f"more than {MAX_NODES} nodes")
        nodes = b",".join(map(self._spool.raw, order))
        if len(nodes) > source.MAX_DOCUMENT_BYTES:
            return origin.problem(hash_, Fault.TOO_LARGE, "the document would be too large")
        unverifiable = any(self._flags[id_] & _UNVERIFIABLE for id_ in order)
        return WholeDocument(hash_, _document(nodes, spec_format), spec_format, unverifiable)

    def _preorder(self, root: int) -> list[int]:
        """A DAG in the order of `Spec.to_dict` of Spack 1.1: depth first, the build spec first.

        Dependencies that are no longer in use are not followed there; those that come in by no
        other way are put last.
        """
        order: list[int] = []
        listed: set[int] = set()
        unused: list[int] = []
        path = [root]
        while path or unused:
            id_ = path.pop() if path else unused.pop()
            if id_ in listed or len(order) > MAX_NODES:
                continue
            listed.add(id_)
            order.append(id_)
            needs = self._needs(id_)
            path += [need >> 1 for need in reversed(needs) if need & 1]
            unused += [need >> 1 for need in reversed(needs) if not need & 1]
            build_spec = self._build_specs.get(id_)
            if build_spec is not None and self._flags[build_spec] & _COMPLETE:
                path.append(build_spec)
        return order

    def _called(self, id_: int) -> str:
        return f"{self._spool.name(id_)}/{self._hashes[id_][:7]}"

    def _missing(self, id_: int, other: int) -> Problem:
        needed = {need.hash: need.name for need in outline(self._spool.raw(id_)).needs}
        hash_ = self._hashes[other]
        detail = f"{self._called(id_)} needs {needed.get(hash_, '')}/{hash_}, which is not there"
        return self._problem(id_, Fault.MISSING_DEPENDENCY, detail)

    def _cycle(self, id_: int, other: int) -> Problem:
        detail = f"{self._called(id_)} needs {self._called(other)}, which in turn needs it"
        return self._problem(id_, Fault.CYCLE, detail)

    def _incomplete(self, id_: int) -> Problem:
        lacking = next(
            need >> 1 for need in self._needs(id_) if not self._flags[need >> 1] & _COMPLETE
        )
        what = f"/{self._hashes[lacking][:7]}"
        detail = f"{self._called(id_)} has no document, since {what} is missing or incomplete"
        return self._problem(id_, Fault.MISSING_DEPENDENCY, detail)

    def _problem(self, id_: int, fault: Fault, detail: str) -> Problem:
        self._flags[id_] |= _TOLD
        return self._origins[self._origin_of[id_]].problem(self._hashes[id_], fault, detail)


def _common_format(formats: set[int | None]) -> int | None:
    """The format in which a document can hold records of several.

    From format 4 on nodes are hashed alike, and a reader of a later format takes those of an
    earlier one, as Spack does with an upstream store.
    """
    known = {each for each in formats if each is not None}
    if len(known) != len(formats):
        return None
    return max(known) if len(known) == 1 or min(known) >= 4 else None


def _document(nodes: bytes, spec_format: int) -> bytes:
    if spec_format == 1:
        return b'{"spec":[%b]}' % nodes
    return b'{"spec":{"_meta":{"version":%d},"nodes":[%b]}}' % (spec_format, nodes)
