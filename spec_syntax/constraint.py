"""The parsed form of a spec: immutable, hashable values that know nothing of a database."""

from dataclasses import dataclass

from spec_syntax.versions import VersionRanges


@dataclass(frozen=True, slots=True)
class VariantConstraint:
    """The values that a spec requires of one variant.

    Attributes:
        name: the variant's name.
        values: ``(True,)`` or ``(False,)`` for ``+name`` and ``~name``, else the sorted values that
            must be among those of the node; empty for ``name=*``, which any value satisfies.
        exact: whether the node must have these values and no others (booleans, ``name:=value``).
        propagate: whether it applies to every node of the DAG that has the variant (``++name``,
            ``name==value``).

    """

    name: str
    values: tuple[bool, ...] | tuple[str, ...]
    exact: bool = False
    propagate: bool = False


@dataclass(frozen=True, slots=True)
class FlagConstraint:
    """Compiler flags that a node must have, in any order: ``cflags="-O3 -g"``.

    Attributes:
        name: ``cflags``, ``cxxflags``, ``cppflags``, ``fflags``, ``ldflags`` or ``ldlibs``.
        values: the sorted flags, each with the words that belong to it (``-I dir``).

    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpecConstraint:
    """An abstract spec: the constraints that a concrete node has to satisfy.

    Attributes:
        name: package or virtual; None for an anonymous spec.
        namespace: package repository, dotted; None if unconstrained.
        versions: None if any version satisfies the spec.
        variants: sorted by name.
        flags: sorted by name.
        platform: a name or ``*``; None if unconstrained.
        os: a name or ``*``; None if unconstrained.
        target: comma-separated microarchitectures or ranges of them (``x86_64_v3:``), or ``*``.
        abstract_hash: the first characters of a DAG hash.
        dependencies: the constraints after ``%`` and ``^``, in the order of the text.

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
        spec: the constraint on the dependency itself.
        direct: True for ``%``, a direct dependency; False for ``^``, any dependency that Spack
            considers.
        deptypes: types that the edge must have (it may have more), in canonical order.
        virtuals: virtuals that the edge must provide (it may provide more), sorted.
        when: if set, the dependency applies only to specs that satisfy this condition.

    """

    spec: SpecConstraint
    direct: bool
    deptypes: tuple[str, ...] = ()
    virtuals: tuple[str, ...] = ()
    when: SpecConstraint | None = None
