"""The start of a spec compared with that of the spec that it was built as."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from service.abi.deployment import START
from service.abi.files import split_path
from service.abi.findings import Finding, Kind
from service.abi.loading import LoadedFile, Loading
from service.abi.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class ComparedFinding:
    """A finding, and what it was like before the splice.

    Attributes:
        finding: The finding.
        by_splice: Whether the spec was spliced and starts without this finding as it was built.
        before: Path of the file that gave the library, version or symbol to the spec as it was
            built; None if that is not known.
    """

    finding: Finding
    by_splice: bool
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Whether a spec starts.

    Attributes:
        verdict: The verdict.
        findings: What is wrong, sorted.
        unknown: What is not known, sorted.
        loaded: Paths of the files that the loader maps, each with that of the file that needs it.
    """

    verdict: Verdict
    findings: tuple[ComparedFinding, ...] = ()
    unknown: tuple[str, ...] = ()
    loaded: dict[str, str] = field(default_factory=dict)


def compare(
    after: Judgement, before: Judgement | None, packages: dict[str, str], *, spliced: bool
) -> Start:
    """Compare the start of a spec with that of its build spec.

    Args:
        after: The spec as it is deployed.
        before: The spec as it was built; None if its files are not known.
        packages: Name of the package of each spec, by hash.
        spliced: Whether the spec was spliced.
    """
    known = {_key(each, packages) for each in before.findings} if before else set()
    found, unknown = [], list(after.unknown)
    for finding in after.findings:
        by_splice = spliced and _key(finding, packages) not in known
        if not by_splice and finding.kind is Kind.UNDEFINED_SYMBOL and _starts_library(after):
            # The program that loads such a library may define it, as Python does for extensions.
            unknown.append(finding.what)
            continue
        giver = _giver(finding, before.loadings) if before else None
        found.append(ComparedFinding(finding, by_splice, giver))
    verdict = Verdict.BROKEN if found else Verdict.UNKNOWN if unknown else Verdict.LOADS
    return Start(verdict, tuple(found), tuple(sorted(set(unknown))), _loaded_files(after.loadings))


def _starts_library(judgement: Judgement) -> bool:
    return any(each.files[0].path.startswith(START) for each in judgement.loadings)


def _loaded_files(loadings: Iterable[Loading]) -> dict[str, str]:
    """Return the paths of all mapped files, each with that of the first file that needs it."""
    found: dict[str, str] = {}
    for loading in loadings:
        for file in loading.files:
            if not file.path.startswith(START):
                found.setdefault(file.real_path, file.loader.real_path if file.loader else "")
    return found


def _key(finding: Finding, packages: dict[str, str]) -> tuple[str, str, str]:
    return finding.kind, finding.what, _place(finding.needed_by, packages)


def _place(path: str, packages: dict[str, str]) -> str:
    """Return a path with the name of the package in place of the prefix."""
    found = split_path(path)
    return f"{packages.get(found[0], found[0])}/{found[1]}" if found else path


def _giver(finding: Finding, loadings: Iterable[Loading]) -> str | None:
    """Return the file that gave what is missing to the spec as it was built."""
    for loading in loadings:
        for file in loading.files:
            if not file.path.startswith(START) and _gives(finding, file):
                return file.real_path
    return None


def _gives(finding: Finding, file: LoadedFile) -> bool:
    match finding.kind:
        case Kind.MISSING_LIBRARY:
            return file.answers_to(finding.what)
        case Kind.MISSING_VERSION:
            return finding.what in (file.facts.definitions or ())
        case Kind.UNDEFINED_SYMBOL | Kind.COPY_RELOCATION:
            name, _, version = finding.what.partition("@")
            return any(
                export.name == name and (not version or export.version in (version, ""))
                for export in file.facts.exports
            )
        case _:
            return False


def files_outside(loaded: dict[str, str], deployed: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield mapped files of specs that are not deployed, each with the file that needs it."""
    for path, loader in sorted(loaded.items()):
        found = split_path(path)
        if found and found[0] not in deployed:
            yield path, loader
