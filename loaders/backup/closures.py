"""Work out the closure edges of roots from the units of a backup, as `derive_closures` does."""

from array import array
from collections.abc import Iterable, Iterator

from loaders.backup.archive import Unit


class Closures:
    """The dependencies of all specs, as numbers: 4 bytes for each, and a name for each spec."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._all: list[array[int]] = []
        self._runtime: list[array[int]] = []
        self._build_specs: dict[int, list[int]] = {}
        self._stripped: set[int] = set()

    def add(self, unit: Unit) -> None:
        """Add a spec; those that it depends on may come later."""
        number = self._number(unit.key)
        depends = [edge for edge in unit.edges if edge[0] == "DEPENDS_ON"]
        self._all[number] = array("I", [self._number(key) for _, key, _ in depends])
        self._runtime[number] = array(
            "I", [self._number(key) for _, key, each in depends if each.get("runtime")]
        )
        originals = [self._number(key) for kind, key, _ in unit.edges if kind == "SPLICED_FROM"]
        if originals:
            self._build_specs[number] = originals
        if unit.properties.get("stripped"):
            self._stripped.add(number)

    def of(self, root: str) -> Iterator[tuple[str, list[str]]]:
        """Yield the types of the closure edges of a root, each with the specs that it leads to."""
        number = self._numbers[root]
        yield "DEPLOYED_WITH", self._sorted(self._walk([number], self._runtime, spliced=False))
        # The ends of the chains of build specs, unless nothing is known of its own build.
        ends = [
            each
            for each in self._chain(number)
            if each not in self._build_specs and (each != number or each not in self._stripped)
        ]
        yield "BUILT_WITH", self._sorted(self._walk(ends, self._all, spliced=True))

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
            self._all.append(array("I"))
            self._runtime.append(array("I"))
        return number

    def _sorted(self, numbers: Iterable[int]) -> list[str]:
        return sorted(self._names[number] for number in numbers)

    def _chain(self, start: int) -> set[int]:
        seen = {start}
        frontier = [start]
        while frontier:
            new = [each for each in self._build_specs.get(frontier.pop(), ()) if each not in seen]
            seen.update(new)
            frontier += new
        return seen

    def _walk(
        self, starts: Iterable[int], children: list["array[int]"], *, spliced: bool
    ) -> set[int]:
        seen = set(starts)
        frontier = list(seen)
        while frontier:
            number = frontier.pop()
            new = [each for each in children[number] if each not in seen]
            if spliced:
                new += [each for each in self._build_specs.get(number, ()) if each not in seen]
            seen.update(new)
            frontier += new
        return seen
