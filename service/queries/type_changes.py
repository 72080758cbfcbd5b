"""Whether a spec still finds the types that it was built with, in the libraries that it loads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cypher.run import Database
from loaders.specs.closure import build_chain
from loaders.specs.contents import hash_of
from service.abi.deployment import START
from service.abi.files import split_path
from service.abi.loading import LoadedFile, Loading
from service.abi.type_report import MOST_CHANGES as MOST_CHANGES
from service.abi.type_report import Outcome
from service.abi.verdict import Judgement, Verdict
from service.dags.dag import Dag
from service.queries.abi import (
    AbiFinding,
    AbiVerdict,
    ChangedType,
    Labels,
    ReplacedLibrary,
    Sides,
    StoredFiles,
    describe,
    judge_sides,
)

OUTCOMES = tuple(map(str, Outcome))
"""The results that a comparison may have."""
CHANGED = str(Outcome.CHANGED)
"""The result that types differ."""
TYPE_CHANGE = "type-change"
"""Kind of the finding that a type changed that a file uses."""
COMPARED = "Types were compared as far as debug information describes them."


def judge_types(database: Database, dag: Dag, site: str | None = None) -> AbiVerdict:
    """Judge whether a spec starts and finds the types that it was built with.

    Args:
        database: The graph.
        dag: The spec with its build specs.
        site: A site whose files are preferred.
    """
    return _judge_both(database, dag, site)[1]


def judge_known(database: Database, dag: Dag, site: str | None = None) -> AbiVerdict:
    """Judge as `judge_types` if the comparisons decide, else by symbols alone.

    A comparison that is missing does not hide that a spec starts, and a known change is not hidden.
    """
    by_symbols, by_types = _judge_both(database, dag, site)
    is_compared = any(each["outcome"] for each in by_types.types)
    if is_compared and by_types.verdict in (by_symbols.verdict, Verdict.BROKEN):
        return by_types
    return by_symbols


def _judge_both(database: Database, dag: Dag, site: str | None) -> tuple[AbiVerdict, AbiVerdict]:
    """Return the verdict by symbols, and the one that also counts types."""
    sides = Sides.of_dag(dag)
    files = StoredFiles.read(database, sides, site)
    after, before = judge_sides(sides, files)
    verdict = describe(sides, files, after, before)
    labels = Labels(sides.names)
    replaced = list(_replaced(sides, files, dag, after, before)) if before else []
    known = _read_comparisons(database, replaced)
    pairs = [each.describe(labels, known.get((each.old, each.new))) for each in replaced]
    findings = [
        finding
        for each, pair in zip(replaced, pairs, strict=True)
        for finding in _findings(each, pair, labels, after.loadings)
    ]
    unknown = [
        f"types of {labels.text(each.after.real_path)}"
        for each, pair in zip(replaced, pairs, strict=True)
        if pair["outcome"] in (None, Outcome.NO_DEBUG_INFORMATION)
    ]
    if sides.built and before is None:
        unknown.append("types: the files of the build spec")
    return verdict, replace(
        verdict,
        verdict=_verdict(verdict.verdict, bool(findings), bool(unknown)),
        findings=[*verdict.findings, *findings],
        unknown=[*verdict.unknown, *unknown],
        level="types",
        note=COMPARED,
        types=pairs,
    )


def _verdict(by_symbols: str, changed: bool, unknown: bool) -> str:
    if changed or by_symbols == Verdict.BROKEN:
        return Verdict.BROKEN
    return Verdict.UNKNOWN if unknown else by_symbols


@dataclass(frozen=True, slots=True)
class _Replaced:
    """A library that another one replaced.

    Attributes:
        before: The file as it is loaded without the splice.
        after: The file that is loaded in its place.
        old: Identity of the first library.
        new: That of the second.
        old_at: Absolute path of the first in its store.
        new_at: That of the second.
    """

    before: LoadedFile
    after: LoadedFile
    old: str
    new: str
    old_at: str | None
    new_at: str | None

    def describe(
        self, labels: Labels, known: tuple[str, Sequence[ChangedType]] | None
    ) -> ReplacedLibrary:
        outcome, changes = known or (None, ())
        return ReplacedLibrary(
            before=labels.file(self.before.real_path),
            after=labels.file(self.after.real_path),
            before_library=self.old,
            after_library=self.new,
            before_at=self.old_at,
            after_at=self.new_at,
            outcome=outcome,
            changes=changes,
        )


def _replaced(
    sides: Sides, files: StoredFiles, dag: Dag, after: Judgement, before: Judgement
) -> Iterator[_Replaced]:
    """Yield the libraries that are loaded under the name of another one before the splice.

    A library that was relinked has the same types, as it is the same build.
    """
    old_contents, new_contents = files.by_hash(sides.built), files.by_hash(sides.deployed)
    by_name = {name: file for file in _libraries(before) for name in _names(file)}
    builds = {
        hash_of(uid): {hash_of(each) for each in build_chain(uid, dag.nodes)} for uid in dag.nodes
    }
    seen = set()
    for file in _libraries(after):
        old = next((by_name[name] for name in _names(file) if name in by_name), None)
        place = split_path(file.real_path)
        old_place = split_path(old.real_path) if old else None
        if old is None or place is None or old_place is None:
            continue
        if old_place[0] in builds.get(place[0], {place[0]}):
            continue
        old_uid, new_uid = old_contents[old_place[0]], new_contents[place[0]]
        one, other = files.library_at(old_uid, old_place[1]), files.library_at(new_uid, place[1])
        if one != other and (one, other) not in seen:
            seen.add((one, other))
            old_at, new_at = _at(files, old_uid, old_place[1]), _at(files, new_uid, place[1])
            yield _Replaced(old, file, one, other, old_at, new_at)


def _at(files: StoredFiles, uid: str, path: str) -> str | None:
    return f"{files.stores[uid]}/{path}" if uid in files.stores else None


def _libraries(judgement: Judgement) -> Iterator[LoadedFile]:
    for loading in judgement.loadings:
        yield from (each for each in loading.files[1:] if not each.path.startswith(START))


def _names(file: LoadedFile) -> list[str]:
    return [*sorted(file.names), *([file.facts.soname] if file.facts.soname else [])]


def _findings(
    replaced: _Replaced, pair: ReplacedLibrary, labels: Labels, loadings: Iterable[Loading]
) -> Iterator[AbiFinding]:
    """Yield a finding for each change of a function or variable that a loaded file uses.

    Names of C++ are not those of symbols: a change of one that the library does not export under
    that name counts as used.
    """
    exported = {each.name for each in replaced.before.facts.exports}
    users = _users(replaced.after, loadings)
    for change in pair["changes"]:
        name = change["name"]
        user = users.get(name) if name in exported else replaced.after.loader
        if user is not None:
            yield AbiFinding(
                kind=TYPE_CHANGE,
                needed_by=labels.file(user.real_path),
                what=f"{name}: {change['type']}" if change["type"] else name,
                provided_before_by=pair["before"],
                by_splice=True,
                runs_with=None,
            )


def _users(library: LoadedFile, loadings: Iterable[Loading]) -> dict[str, LoadedFile]:
    """Return the first file that refers to each symbol, of those that are loaded with a library."""
    found: dict[str, LoadedFile] = {}
    for loading in loadings:
        if any(each.real_path == library.real_path for each in loading.files):
            for file in loading.files:
                if file.real_path != library.real_path:
                    for reference in file.facts.references:
                        found.setdefault(reference.name, file)
    return found


def _read_comparisons(
    database: Database, replaced: Iterable[_Replaced]
) -> Mapping[tuple[str, str], tuple[str, Sequence[ChangedType]]]:
    pairs = [{"before": each.old, "after": each.new} for each in replaced]
    found = {}
    for row in database.read("type_comparisons", pairs=pairs) if pairs else ():
        result = row["result"]
        changes = [
            ChangedType(name=name, type=type_)
            for name, type_ in zip(result["names"], result["types"], strict=True)
        ]
        found[row["before"], row["after"]] = (result["outcome"], changes)
    return found
