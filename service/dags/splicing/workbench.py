"""The workbench of a splice: objects read, copied, linked, hashed and compared.

Spack splices copies of specs in place. Which objects share a dependency, and when a hash is cached,
decides about the result, so both are modelled here as in `lib/spack/spack/spec.py` of Spack 0.23 to
1.1.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loaders.specs.contents import hash_of
from loaders.specs.dag_hash import SUFFIX
from service.dags.dag import Dag
from service.dags.splicing.objects import (
    BuildSpec,
    EdgeObject,
    SpecObject,
    SplicingError,
    remove_edge,
)
from service.dags.splicing.records import (
    ALL,
    BUILD,
    LINK,
    RUN,
    Entry,
    digest_of,
    node_json,
    template_of,
)
from service.dags.splicing.releases import Release

_DAG, _PROCESS = 0, 1


@dataclass
class Workbench:
    """The objects of one splice.

    Attributes:
        release: The release to act as.
        provides: Virtuals that a package can provide, by its name.
    """

    release: Release
    provides: Mapping[str, frozenset[str]]
    _edges: int = 0
    _hashes: int = 0
    _orders: dict[tuple[int, int, bool], tuple[int, list[SpecObject]]] = field(default_factory=dict)
    _hashed: dict[int, tuple[int, int, frozenset[str]]] = field(default_factory=dict)

    # Objects

    def read(self, dag: Dag) -> SpecObject:
        """Return the root of a DAG as an object, with all below it and the build specs.

        Raises:
            SplicingError: Spack could not read such a DAG.
        """
        objects = {uid: SpecObject(template_of(record)) for uid, record in dag.nodes.items()}
        for uid, spec in objects.items():
            record = dag.nodes[uid]
            targets = {hash_of(edge.hash): edge.hash for edge in record.edges}
            for name, hash_, flags, virtuals, direct in spec.template.entries:
                found = objects.get(targets[hash_])
                if found is None:
                    raise SplicingError(f"{name}/{hash_[:7]} is missing")
                self.depend(spec, found, flags, virtuals, direct=direct)
            if record.build_spec is not None:
                name, origin = record.build_spec
                source = objects.get(origin)
                spec.build_spec = BuildSpec(origin, name, hash_of(origin), source=source)
        return objects[dag.root]

    def copy(self, spec: SpecObject) -> SpecObject:
        """Return a copy of a spec with copies of all below it."""
        copies = {id(spec): _copy_node(spec)}
        for edge in self._every_edge(spec):
            for each in (edge.parent, edge.spec):
                if id(each) not in copies:
                    copies[id(each)] = _copy_node(each)
            new = EdgeObject(
                copies[id(edge.parent)],
                copies[id(edge.spec)],
                edge.flags,
                edge.virtuals,
                edge.direct,
            )
            self._insert(new)
        return copies[id(spec)]

    def _every_edge(self, root: SpecObject) -> Iterator[EdgeObject]:
        """Yield each edge once, depth first."""
        expanded: set[int] = {id(root)}
        waiting = self.release.sort_down(root.edges())[::-1]
        while waiting:
            edge = waiting.pop()
            yield edge
            if id(edge.spec) not in expanded:
                expanded.add(id(edge.spec))
                waiting += self.release.sort_down(edge.spec.edges())[::-1]

    # Edges

    def depend(
        self,
        parent: SpecObject,
        spec: SpecObject,
        flags: int,
        virtuals: Iterable[str],
        *,
        direct: bool = False,
    ) -> None:
        """Add a dependency, or merge it with one to the same package.

        Raises:
            SplicingError: Spack would have two dependencies that cannot be together.
        """
        virtuals = tuple(sorted(set(virtuals)))
        others = parent.dependencies.get(spec.name, [])
        same = next((edge for edge in others if edge.flags == flags), None)
        if same is not None:
            if same.spec is not spec and self.hash(same.spec) != self.hash(spec):
                raise SplicingError(f"{parent.name} would depend on {spec.name} twice")
            same.virtuals = tuple(sorted({*same.virtuals, *virtuals}))
        elif any(not _are_compatible(edge.flags, flags) for edge in others):
            raise SplicingError(f"{parent.name} would depend on {spec.name} twice")
        else:
            merged = next((edge for edge in others if edge.spec is spec), None)
            if merged is None:
                self._insert(EdgeObject(parent, spec, flags, virtuals, direct))
            else:
                merged.flags |= flags
                merged.virtuals = tuple(sorted({*merged.virtuals, *virtuals}))
        self._edges += 1

    def _insert(self, edge: EdgeObject) -> None:
        for edges, name in (
            (edge.parent.dependencies, edge.spec.name),
            (edge.spec.dependents, edge.parent.name),
        ):
            same = edges.setdefault(name, [])
            same.append(edge)
            if len(same) > 1:
                same.sort(key=lambda each: each.flags)
        self._edges += 1

    def detach(self, edge: EdgeObject) -> None:
        """Remove a dependency from both of its ends."""
        remove_edge(edge.parent.dependencies, edge.spec.name, edge)
        remove_edge(edge.spec.dependents, edge.parent.name, edge)
        self._edges += 1

    def drop_build_type(self, edge: EdgeObject) -> None:
        """Take the type `build` from a dependency; it may have no type left."""
        edge.flags &= ~BUILD
        self._edges += 1

    def mask_build_types(self, root: SpecObject) -> None:
        """Take the type `build` from every dependency below a spec."""
        for edge in list(self._every_edge(root)):
            self.drop_build_type(edge)

    # Orders

    def preorder(self, root: SpecObject, flags: int = ALL) -> list[SpecObject]:
        """Return a spec and all below it over dependencies of some types, each once."""
        return self._ordered(root, flags, topological=False)

    def topological_order(self, root: SpecObject, flags: int) -> list[SpecObject]:
        """Return the same specs, dependents before their dependencies."""
        return self._ordered(root, flags, topological=True)

    def _ordered(self, root: SpecObject, flags: int, *, topological: bool) -> list[SpecObject]:
        key = (id(root), flags, topological)
        known = self._orders.get(key)
        if known is not None and known[0] == self._edges:
            return known[1]
        order = self.release.topological if topological else self.release.preorder
        found = order(root, flags)
        self._orders[key] = (self._edges, found)
        return found

    def ancestors(self, spec: SpecObject) -> list[SpecObject]:
        """Return all specs that depend on one, directly or not, nearest branches first."""
        found: dict[int, SpecObject] = {}
        waiting = [spec]
        while waiting:
            each = waiting.pop()
            if id(each) not in found:
                found[id(each)] = each
                above = self.release.sort_up(each.edges_from_dependents())
                waiting += [edge.parent for edge in above[::-1]]
        return list(found.values())[1:]

    # Hashes

    def hash(self, spec: SpecObject, kind: int = _DAG) -> str:
        """Return the hash of a spec, computed if it is not cached, and cache it."""
        known = spec.hashes[kind]
        if known is None:
            known = spec.hashes[kind] = self.fresh_hash(spec, kind)
        return known

    def fresh_hash(self, spec: SpecObject, kind: int = _DAG) -> str:
        """Return the hash of a spec from cached hashes of its dependencies and its build spec."""
        return self._compute(spec, lambda each: self.hash(each, kind))

    def _compute(self, spec: SpecObject, hash_of_dependency: Callable[[SpecObject], str]) -> str:
        entries = entries_of(spec, hash_of_dependency)
        original = spec.build_spec
        if original is None:
            return digest_of(node_json(spec.template, entries, None))
        text = node_json(spec.template, entries, (original.name, original.hash))
        return digest_of(text)[:-SUFFIX] + self._fresh_hash_of(original)[-SUFFIX:]

    def _fresh_hash_of(self, original: BuildSpec) -> str:
        if original.fresh is None:
            source = original.source
            original.fresh = original.hash if source is None else self.fresh_hash(source)
        return original.fresh

    def freeze(self, spec: SpecObject) -> BuildSpec:
        """Return a spec as it is now as a build spec, without caching any hash."""
        known: dict[int, str] = {}

        def hash_now(each: SpecObject) -> str:
            found = each.hashes[_DAG] or known.get(id(each))
            if found is None:
                found = known[id(each)] = self._compute(each, hash_now)
            return found

        fresh = self._compute(spec, hash_now)
        below = {each.template.hash: hash_now(each) for each in self.preorder(spec)}
        changed = frozenset(old for old, now in below.items() if old != now)
        return BuildSpec(spec.template.uid, spec.name, hash_now(spec), fresh, changed=changed)

    def forget_hashes(self, spec: SpecObject) -> None:
        """Clear the cached hashes of a spec."""
        spec.hashes = [None, None]
        self._hashes += 1

    def is_equal(self, one: SpecObject, other: SpecObject) -> bool:
        """Return whether Spack takes two specs as equal."""
        if one is other:
            return True
        if self.release.compares_hashes:
            return self.hash(one) == self.hash(other)
        return one.template.head == other.template.head and (
            self.hash(one, _PROCESS) == self.hash(other, _PROCESS)
        )

    def holds(self, specs: Iterable[SpecObject], spec: SpecObject) -> bool:
        """Return whether one of some specs is equal to a spec; stops at the first."""
        return any(self.is_equal(each, spec) for each in specs)

    def virtuals_provided(self, spec: SpecObject, root: SpecObject) -> frozenset[str]:
        """Return the virtuals that a spec provides below a root; a root, what it can provide."""
        if spec is root:
            return self.provides.get(spec.name, frozenset())
        hashes = self._hashes_below(root)
        return frozenset(
            virtual
            for edge in spec.edges_from_dependents()
            if self.hash(edge.parent) in hashes
            for virtual in edge.virtuals
        )

    def _hashes_below(self, root: SpecObject) -> frozenset[str]:
        known = self._hashed.get(id(root))
        if known is not None and known[:2] == (self._edges, self._hashes):
            return known[2]
        found = frozenset([self.hash(each) for each in self.preorder(root)])
        self._hashed[id(root)] = (self._edges, self._hashes, found)
        return found


def _copy_node(spec: SpecObject) -> SpecObject:
    new = SpecObject(spec.template)
    new.build_spec = spec.build_spec
    new.hashes = list(spec.hashes)
    return new


def _are_compatible(one: int, other: int) -> bool:
    """Return whether a spec may depend on a package twice, with these types."""
    both = LINK | RUN
    return not one & other and not (one & both and other & both)


def entries_of(spec: SpecObject, hash_of_dependency: Callable[[SpecObject], str]) -> list[Entry]:
    """Return the dependencies of a spec as its record has them, in order."""
    edges = sorted(spec.edges(), key=lambda edge: (edge.spec.name, edge.flags))
    return [
        Entry(e.spec.name, hash_of_dependency(e.spec), e.flags, e.virtuals, e.direct) for e in edges
    ]
