"""A picture of the paths from roots to a dependency, merged by package."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from loaders.specs.node import DEPTYPES
from service.dags.deptypes import RUNTIME
from service.dags.labels import PathNode
from service.queries.affected import AffectedPackages, PackageCounts
from service.text import count_noun
from service.web.pictures.folding import contract_edges
from service.web.pictures.picture import Picture, PictureEdge, PictureNode

MOST = 40
"""Most packages with a node of their own."""
_REST = "the rest"

Path = Sequence[PathNode]
"""From a root to the node that matched: nodes, each with the step that led to it."""


@dataclass
class PackageStep:
    """The steps from one package to another on all paths.

    Attributes:
        paths: How many paths take it.
        deptypes: Types of the dependencies.
        spliced: Whether a step leads to a build spec.
    """

    paths: int = 0
    deptypes: set[str] = field(default_factory=set)
    spliced: bool = False

    @property
    def build_only(self) -> bool:
        """Whether it is a build dependency on every path."""
        return not self.spliced and RUNTIME.isdisjoint(self.deptypes)

    @property
    def deptype_text(self) -> str:
        """The deptypes, in Spack's order."""
        kinds = [kind for kind in DEPTYPES if kind in self.deptypes]
        return ", ".join([*kinds, *["built as"] * self.spliced])


@dataclass(frozen=True)
class MergedPaths:
    """One shortest path from each root, merged by package.

    Attributes:
        total: How many paths there are.
        ends: Packages at the end of a path.
        through: For each package, how many paths lead through it.
        steps: The steps between each two packages.
    """

    total: int
    ends: frozenset[str]
    through: Mapping[str, int]
    steps: Mapping[tuple[str, str], PackageStep]

    def next_of(self, package: str) -> list[tuple[str, PackageStep]]:
        """Return the next packages on the paths through a package, the most frequent first."""
        found = [(end, step) for (start, end), step in self.steps.items() if start == package]
        return sorted(found, key=lambda each: (-each[1].paths, each[0]))


def merge_paths(paths: Collection[Path]) -> MergedPaths:
    """Merge paths by package."""
    through: Counter[str] = Counter()
    steps: dict[tuple[str, str], PackageStep] = defaultdict(PackageStep)
    for path in paths:
        names = [str(node["name"]) for node in path]
        through.update(set(names))
        for start, end, node in zip(names, names[1:], path[1:], strict=False):
            if start != end:
                step = steps[start, end]
                step.paths += 1
                step.deptypes.update(node.get("deptypes") or ())
                step.spliced |= node["by"] == "SPLICED_FROM"
    ends = frozenset(str(path[-1]["name"]) for path in paths)
    return MergedPaths(len(paths), ends, through, steps)


def impact_picture(paths: MergedPaths, dependency: str, affected: AffectedPackages) -> Picture:
    """Draw merged paths, with the dependency at the lower end.

    Args:
        paths: The paths.
        dependency: The dependency, as the user wrote it.
        affected: Counts of the affected roots.
    """
    ranked = sorted(paths.through, key=lambda name: (-paths.through[name], name))
    others = [name for name in ranked if name not in paths.ends]
    rest = dict.fromkeys(others[MOST - len(paths.ends) :], _REST)
    if len(rest) == 1:
        rest = {}
    nodes = [
        _package_node(name, paths, dependency, affected.packages.get(name, PackageCounts()))
        for name in ranked
        if name not in rest
    ]
    if rest:
        note = f"at most {count_noun(max(paths.through[name] for name in rest), 'path')}"
        nodes.append(
            PictureNode(_REST, f"{len(rest)} more packages", note, "fold", href="#packages")
        )
    title = f"Paths from {count_noun(paths.total, 'root')} to {dependency}, by package"
    return Picture(
        title,
        nodes,
        _package_edges(paths, rest),
        start=next(name for name in ranked if name in paths.ends),
    )


def _package_node(
    name: str, paths: MergedPaths, dependency: str, roots: PackageCounts
) -> PictureNode:
    if name in paths.ends:
        label = dependency if len(paths.ends) == 1 else name
        return PictureNode(name, label, "", "root", badges=["the dependency"], href="#roots")
    badges = [count_noun(paths.through[name], "path")]
    note = (
        count_noun(roots.run + roots.build, "root")
        if roots.run + roots.build
        else "no root of its own"
    )
    if roots.build:
        note += ", at build time only" if not roots.run else f", {roots.build:,} at build time only"
    role = "build-only" if roots.build and not roots.run else "plain"
    return PictureNode(name, name, note, role, badges=badges, href=f"#package-{name}")


def _package_edges(paths: MergedPaths, rest: Mapping[str, str]) -> list[PictureEdge]:
    steps: dict[tuple[str, str], PackageStep] = defaultdict(PackageStep)
    for arrow, step in paths.steps.items():
        for drawn in contract_edges([arrow], rest):
            steps[drawn].paths += step.paths
            steps[drawn].deptypes |= step.deptypes
            steps[drawn].spliced |= step.spliced
    return [
        PictureEdge(
            *arrow,
            label=f"{step.deptype_text}: {count_noun(step.paths, 'path')}",
            role="build-only" if step.build_only else "plain",
        )
        for arrow, step in steps.items()
    ]
