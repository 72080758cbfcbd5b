"""The automatic splices of the concretizer, which reuse builds as `can_splice` allows.

They work another way than `Spec.splice()`: only direct dependencies are exchanged, bottom up, build
dependencies stay in the record without a type, and the hash of the recipe is lost: it is to be kept
as `package_hash`, but the attribute is `_package_hash`. See `lib/spack/spack/solver/splicing.py` of
Spack 1.1.
"""

from collections.abc import Mapping

from service.dags.splicing.objects import SpecObject, build_spec_of
from service.dags.splicing.records import BUILD, LINK, RUN, without_package_hash
from service.dags.splicing.workbench import Workbench

Exchanges = Mapping[tuple[str, str], SpecObject]
"""What to put in for a dependency of a dependent, by the hashes of the dependent and of it."""


def splice_automatically(bench: Workbench, target: SpecObject, exchanges: Exchanges) -> SpecObject:
    """Return the spliced spec; the target is not changed."""
    resolved: dict[int, SpecObject] = {}
    for spec in reversed(bench.topological_order(target, LINK | RUN)):
        dependencies = []
        for edge in spec.edges():
            put_in = exchanges.get((spec.template.hash, edge.spec.template.hash))
            found = put_in or resolved.get(id(edge.spec), edge.spec)
            dependencies.append((edge, found))
        if all(edge.spec is found for edge, found in dependencies):
            continue
        new = SpecObject(without_package_hash(spec.template))
        bench.forget_hashes(new)
        new.build_spec = build_spec_of(spec)
        for edge, found in dependencies:
            bench.depend(new, found, edge.flags & ~BUILD, edge.virtuals)
        resolved[id(spec)] = new
    return resolved.get(id(target), target)
