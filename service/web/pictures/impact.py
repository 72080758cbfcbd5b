"""The ways by which a dependency reaches roots, merged by package, as one picture."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from loaders.specs.node import DEPTYPES
from service.dags.deptypes import RUNTIME
from service.dags.labels import PathNode
from service.queries.affected import AffectedPackages, PackageCounts
from service.web.pictures.folding import contract_edges
from service.web.pictures.picture import Picture, PictureEdge, PictureNode

MOST = 40
"""Most packages that get a node of their own."""
_REST = "the rest"

Path = Sequence[PathNode]
"""From a root to the node that matched: nodes, each with the step that led to it."""


@dataclass
class Step:
    """The steps from one package to another on all ways.

    :ivar ways: how many ways take it.
    """

    ways: int = 0
    deptypes: set[str] = field(default_factory=set)
    spliced: bool = False

    @property
    def build_only(self) -> bool:
        """Whether nothing of it is there at run time."""
        return not self.spliced and RUNTIME.isdisjoint(self.deptypes)

    @property
    def words(self) -> str:
        """The deptypes, in Spack's order."""
        told = [kind for kind in DEPTYPES if kind in self.deptypes]
        return ", ".join([*told, *["built as"] * self.spliced])


@dataclass(frozen=True)
class Ways:
    """One shortest path a root, merged by package.

    :ivar ends: packages that were looked for.
    :ivar through: for each package how many ways lead through it.
    """

    total: int
    ends: frozenset[str]
    through: Mapping[str, int]
    steps: Mapping[tuple[str, str], Step]

    def next_of(self, package: str) -> list[tuple[str, Step]]:
        """Where ways go on from a package, the most taken step first."""
        found = [(end, step) for (start, end), step in self.steps.items() if start == package]
        return sorted(found, key=lambda each: (-each[1].ways, each[0]))


def merge_paths(paths: Collection[Path]) -> Ways:
    """Some paths, merged by package."""
    through: Counter[str] = Counter()
    steps: dict[tuple[str, str], Step] = defaultdict(Step)
    for path in paths:
        names = [str(node["name"]) for node in path]
        through.update(set(names))
        for start, end, node in zip(names, names[1:], path[1:], strict=False):
            if start != end:
                step = steps[start, end]
                step.ways += 1
                step.deptypes.update(node.get("deptypes") or ())
                step.spliced |= node["by"] == "SPLICED_FROM"
    ends = frozenset(str(path[-1]["name"]) for path in paths)
    return Ways(len(paths), ends, through, steps)


def impact_picture(ways: Ways, dependency: str, affected: AffectedPackages) -> Picture:
    """The ways as a picture, the dependency at its lower end.

    :param dependency: as it was asked for.
    """
    ranked = sorted(ways.through, key=lambda name: (-ways.through[name], name))
    others = [name for name in ranked if name not in ways.ends]
    rest = dict.fromkeys(others[MOST - len(ways.ends) :], _REST)
    if len(rest) == 1:
        rest = {}
    nodes = [
        _node(name, ways, dependency, affected.packages.get(name, PackageCounts()))
        for name in ranked
        if name not in rest
    ]
    if rest:
        note = f"on {_counted(max(ways.through[name] for name in rest), 'way')} at most"
        nodes.append(
            PictureNode(_REST, f"{len(rest)} more packages", note, "fold", href="#packages")
        )
    title = f"How {_counted(ways.total, 'root')} come to {dependency}, by package"
    return Picture(title, nodes, _edges(ways, rest), start=_start(ranked, ways))


def _start(ranked: Sequence[str], ways: Ways) -> str:
    """The package at the upper end that most ways start from; all else is below it."""
    targets = {end for _, end in ways.steps}
    return next((name for name in ranked if name not in targets), ranked[0])


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _node(name: str, ways: Ways, dependency: str, roots: PackageCounts) -> PictureNode:
    if name in ways.ends:
        label = dependency if len(ways.ends) == 1 else name
        return PictureNode(name, label, "", "root", badges=["what is looked for"], href="#roots")
    badges = [f"on {_counted(ways.through[name], 'way')}"]
    note = (
        _counted(roots.run + roots.build, "root")
        if roots.run + roots.build
        else "no root of its own"
    )
    if roots.build:
        note += ", at build time only" if not roots.run else f", {roots.build:,} at build time only"
    role = "build-only" if roots.build and not roots.run else "plain"
    return PictureNode(name, name, note, role, badges=badges, href=f"#package-{name}")


def _edges(ways: Ways, rest: Mapping[str, str]) -> list[PictureEdge]:
    steps: dict[tuple[str, str], Step] = defaultdict(Step)
    for arrow, step in ways.steps.items():
        for drawn in contract_edges([arrow], rest):
            steps[drawn].ways += step.ways
            steps[drawn].deptypes |= step.deptypes
            steps[drawn].spliced |= step.spliced
    return [
        PictureEdge(
            *arrow,
            label=f"{step.words}: {_counted(step.ways, 'way')}",
            role="build-only" if step.build_only else "plain",
        )
        for arrow, step in steps.items()
    ]
