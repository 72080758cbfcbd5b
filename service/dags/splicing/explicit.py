"""`Spec.splice()`: one spec put in the place of another, as an explicit splice does it.

The steps, and the order in which they compare and hash, are those of Spack 0.23 to 1.1.
"""

from collections import defaultdict

from service.dags.dag import Tick
from service.dags.splicing.objects import SpecObject, SplicingError, build_spec_of, names_of
from service.dags.splicing.records import ALL, BUILD, LINK, RUN
from service.dags.splicing.workbench import Workbench


def splice(
    bench: Workbench,
    target: SpecObject,
    replacement: SpecObject,
    tick: Tick,
    *,
    transitive: bool,
) -> SpecObject:
    """Return the spliced spec; the target and the replacement are not changed.

    Args:
        bench: What the objects were read with.
        target: Root of the spec to splice into.
        replacement: Root of the spec to put in.
        tick: Called before each swap.
        transitive: Whether dependencies that both have come from the replacement, otherwise from
            the target.

    Raises:
        SplicingError: Spack refuses the splice.
    """
    _check_possible(bench, target, replacement)
    spec, new = bench.copy(target), bench.copy(replacement)
    if transitive:
        pairs = _pair_nodes(bench, target, spec)
        bench.mask_build_types(spec)
        _swap_analogs(bench, spec, new, tick)
    else:
        pairs = _pair_nodes(bench, replacement, new)
        bench.mask_build_types(new)
        _swap_analogs(bench, new, spec, tick)
        for node in bench.topological_order(spec, LINK | RUN):
            if _is_match(bench, node, replacement, spec, replacement):
                tick()
                _replace(bench, node, new, spec)
    for original, copy in pairs:
        if copy.build_spec is not None:
            copy.build_spec = original.build_spec or build_spec_of(original)
        else:
            for edge in original.edges(BUILD):
                bench.depend(copy, edge.spec, BUILD, edge.virtuals)
    return spec


def _check_possible(bench: Workbench, target: SpecObject, replacement: SpecObject) -> None:
    names, into = names_of(replacement), names_of(target)
    if _is_match(bench, target, replacement, target, replacement):
        raise SplicingError(
            f"{names} can stand for {into} itself, so Spack takes it as it is and splices nothing"
        )
    below = bench.preorder(target, LINK | RUN)[1:]
    if not any(_is_match(bench, node, replacement, target, replacement) for node in below):
        raise SplicingError(
            f"cannot splice {names} into {into}: {into} is deployed with no {replacement.name}, "
            f"and with nothing all of whose virtuals {replacement.name} is known to provide"
        )


def _is_match(
    bench: Workbench,
    node: SpecObject,
    other: SpecObject,
    root: SpecObject,
    other_root: SpecObject,
) -> bool:
    """Return whether another spec can stand for a node: by its name, or by its virtuals."""
    if other.name == node.name:
        return True
    needed = bench.virtuals_provided(node, root)
    return bool(needed) and needed <= bench.virtuals_provided(other, other_root)


def _pair_nodes(
    bench: Workbench, original: SpecObject, copy: SpecObject
) -> list[tuple[SpecObject, SpecObject]]:
    flags = ALL & ~BUILD
    return list(
        zip(bench.preorder(original, flags), bench.preorder(copy, flags), strict=True),
    )


def _swap_analogs(bench: Workbench, spec: SpecObject, source: SpecObject, tick: Tick) -> None:
    """Replace each node below a spec by its analog in another DAG, if there is one."""
    swapped_in = {id(each) for each in bench.preorder(source)}
    analogs: defaultdict[str, list[SpecObject]] = defaultdict(list)
    for node in bench.preorder(source):
        analogs[node.name].append(node)
        for virtual in sorted(bench.virtuals_provided(node, source)):
            analogs[virtual].append(node)
    # The order of the nodes may be another after each swap.
    while _swap_first(bench, spec, source, analogs, swapped_in):
        tick()


def _swap_first(
    bench: Workbench,
    spec: SpecObject,
    source: SpecObject,
    analogs: defaultdict[str, list[SpecObject]],
    swapped_in: set[int],
) -> bool:
    for node in bench.topological_order(spec, ALL & ~BUILD)[1:]:
        if id(node) in swapped_in:
            continue
        found = analogs[node.name]
        if not found:
            # Spack extends the list under the package's name, which then has them for good.
            for virtual in sorted(bench.virtuals_provided(node, spec)):
                found += [
                    each
                    for each in list(analogs[virtual])
                    if _is_match(bench, node, each, spec, source)
                ]
        if not found:
            continue
        analog = max(found, key=lambda each: each.template.version)
        if not bench.is_equal(analog, node):
            _replace(bench, node, analog, spec)
            return True
    return False


def _replace(
    bench: Workbench, node: SpecObject, replacement: SpecObject, context: SpecObject
) -> None:
    """Put one node in the place of another for all its dependents below a spec."""
    ancestors = [
        each
        for each in bench.ancestors(node)
        if bench.holds(bench.preorder(context, LINK | RUN), each)
    ]
    for ancestor in ancestors:
        if ancestor.build_spec is None:
            ancestor.build_spec = bench.freeze(ancestor)
        bench.forget_hashes(ancestor)
        for edge in ancestor.edges(BUILD):
            if edge.flags & ~BUILD:
                bench.drop_build_type(edge)
            else:
                bench.detach(edge)
    for edge in node.edges_from_dependents():
        if bench.holds(ancestors, edge.parent):
            bench.detach(edge)
            bench.depend(edge.parent, replacement, edge.flags, edge.virtuals)
