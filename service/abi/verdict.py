"""The verdict on programs: do they load, are they broken, or is too little known?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from loaders.elf.facts import EXECUTABLE, ElfFacts
from service.abi.binding import check_symbols, check_versions
from service.abi.files import FileTree
from service.abi.findings import Finding
from service.abi.loading import Loading, load_program
from service.abi.system import System


class Verdict(StrEnum):
    """Whether programs start."""

    LOADS = "loads"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known about the start of some programs.

    Attributes:
        verdict: `LOADS` only if all files are known and nothing is wrong.
        findings: Everything that is wrong, sorted.
        unknown: Paths and symbols about which too little is known, sorted.
        loadings: Each program with the files that the loader maps for it.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    loadings: tuple[Loading, ...] = field(default=(), compare=False)


def judge(
    programs: Iterable[str],
    tree: FileTree,
    system: System | None = None,
    add_symbols: Callable[[Sequence[Loading]], None] = lambda _: None,
) -> Judgement:
    """Judge whether programs start.

    Args:
        programs: Their paths in the tree.
        tree: All deployed files.
        system: The machine; by default one with x86-64 processors and glibc.
        add_symbols: Sets the facts of the files that the loader maps to such with symbols, if the
            tree has none.

    Raises:
        KeyError: There is no program of this path about which facts are known.
    """
    system = system or System()
    findings: set[Finding] = set()
    unknown: set[str] = set()
    loadings = [load_program(path, tree, system) for path in programs]
    add_symbols(loadings)
    for loading in loadings:
        if not loading.trouble.findings:
            check_versions(loading)
            check_symbols(loading, system)
        findings.update(loading.trouble.findings)
        unknown.update(loading.trouble.unknown)
    return Judgement(
        _verdict(bool(findings), bool(unknown)),
        tuple(sorted(findings)),
        tuple(sorted(unknown)),
        tuple(loadings),
    )


def _verdict(broken: bool, unknown: bool) -> Verdict:
    if broken:
        return Verdict.BROKEN
    return Verdict.UNKNOWN if unknown else Verdict.LOADS


def is_program(facts: ElfFacts) -> bool:
    """Return whether a file can be started, not only loaded for a program."""
    static = facts.file_type == EXECUTABLE and not facts.is_dynamic
    return static or facts.is_program or facts.interpreter is not None
