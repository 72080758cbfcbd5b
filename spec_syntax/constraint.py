"""What a parsed spec says: immutable, hashable values without any behaviour of a database."""

from dataclasses import dataclass

from spec_syntax.versions import VersionRanges


@dataclass(frozen=True, slots=True)
class VariantConstraint:
    """What a spec asks of one variant.

    Attributes:
        name: the variant's name.
        values: ``(True,)`` or ``(False,)`` for ``+name`` and ``~name``, else the sorted values that
            must be among those of the node; empty for ``name=*``, which any value satisfies.
        exact: the node must have these values and no other (booleans, and ``name:=value``).
        propagate: asked of every node of the DAG that has it (``++name``, ``name==value``).

    """

    name: str
    values: tuple[bool, ...] | tuple[str, ...]
    exact: bool = False
    propagate: bool = False


@dataclass(frozen=True, slots=True)
class FlagConstraint:
    """Compiler flags that a node must have been given, in any order: ``cflags="-O3 -g"``.

    Attributes:
        name: ``cflags``, ``cxxflags``, ``cppflags``, ``fflags``, ``ldflags`` or ``ldlibs``.
        values: the flags, each with the words that belong to it (``-I dir``), sorted.

    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpecConstraint:
    """A spec as somebody writes it: what a concrete node has to be like.

    Attributes:
        name: package or virtual; None for an anonymous spec.
        namespace: package repository, dotted; None if not asked for.
        versions: None if any version will do.
        variants: sorted by name.
        flags: sorted by name.
        platform: a name or ``*``; None if not asked for.
        os: a name or ``*``; None if not asked for.
        target: comma-separated microarchitectures or ranges of them (``x86_64_v3:``), or ``*``.
        abstract_hash: the first characters of a DAG hash.
        dependencies: what ``%`` and ``^`` ask for, in the order they were written.

    """

    name: str | None = None
    namespace: str | None = None
    versions: VersionRanges | None = None
    variants: tuple[VariantConstraint, ...] = ()
    flags: tuple[FlagConstraint, ...] = ()
    platform: str | None = None
    os: str | None = None
    target: str | None = None
    abstract_hash: str | None = None
    dependencies: tuple["DependencyConstraint", ...] = ()


@dataclass(frozen=True, slots=True)
class DependencyConstraint:
    """One ``%dependency`` or ``^dependency`` of a spec.

    Attributes:
        spec: what the dependency has to be like.
        direct: ``%``, a direct dependency; else ``^``, any that Spack looks at.
        deptypes: types that the edge must have at least, in canonical order.
        virtuals: virtuals that the edge must provide at least, sorted.
        when: the dependency is only asked of specs that satisfy this.

    """

    spec: SpecConstraint
    direct: bool
    deptypes: tuple[str, ...] = ()
    virtuals: tuple[str, ...] = ()
    when: SpecConstraint | None = None
