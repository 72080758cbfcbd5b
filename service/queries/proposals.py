"""`can_splice` lines for a package, derived from all programs and libraries that are stored.

A build may replace another one if every stored file that needs libraries of the other one finds the
same in its libraries. Files of the two packages themselves do not count: a splice exchanges them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import msgspec

from cypher.run import Database
from loaders.elf.facts import ElfFacts
from service.abi.deployment import SpecFiles, locate
from service.abi.substitution import Provider, check_client, reduce_client
from service.abi.type_report import Outcome
from service.abi.verdict import Verdict
from service.dags.labels import SpecLabel, make_label
from service.queries.errors import InvalidQuestionError, NotInGraphError
from service.queries.known_names import find_known_names
from service.queries.libraries import PrefixFiles, read_facts, read_prefixes
from service.queries.parsing import parse_one
from service.queries.plans import provided_virtuals
from service.queries.replacements import drop_failed, find_replacements
from service.queries.splice_lines import (
    Compared,
    Constraints,
    Line,
    RefusedPairs,
    make_lines,
)
from service.queries.suggestions import find_suggestions
from spec_syntax import SpecConstraint
from spec_syntax.concrete import ConcreteNode, build_dag

ADVICE = "narrow it: name versions of the package, a target, or a site"
"""How to narrow a question that took too long."""
MOST_BUILDS = 50
"""Most builds of the package, and most builds that they may replace, the newest versions first."""
MOST_CLIENTS = 2_000
"""Most different programs and libraries that need a library; of more nothing is proposed."""
FIRST = 10
"""Files, symbols and reasons that are named of each pair."""
NO_CLIENT, UNREAD_CLIENT, TOO_MANY_CLIENTS = "no-client", "unread-client", "too-many-clients"
OTHER_FOLDER, VIRTUAL, NOT_COVERED = "other-folder", "virtual", "same-constraints"
TYPE_CHANGE = "type-change"
NOTE = (
    "Based on the symbols and versions that stored files use, and on types where they were "
    "compared. Whether a whole program starts: specgraph plan --abi."
)
_CHUNK = 200


class ClientFile(TypedDict):
    """A file that needs libraries, and the number of specs of its package that have it."""

    spec: SpecLabel
    path: str
    specs: int


class PairReason(TypedDict):
    """Why a build cannot replace another one, or why that is not known.

    Attributes:
        kind: What is wrong.
        what: The library, version, symbol or spec.
        needed_by: A file that needs it, if one does.
    """

    kind: str
    what: str
    needed_by: ClientFile | None


class ComparedLibrary(TypedDict):
    """A library and the one in its place; types are None if they were not compared."""

    soname: str
    before: str
    after: str | None
    before_library: str
    after_library: str | None
    types: str | None


class ComparedPair(TypedDict):
    """Two builds that were compared.

    Attributes:
        target: The build that would be replaced.
        replacement: The build that would be put in.
        verdict: `loads`, `broken` or `unknown`.
        reasons: The first reasons, if it is not `loads`.
        libraries: The compared files.
        clients: The first of the files that need them.
        clients_count: The number of different ones.
        symbols: The first of the symbols that they use.
        symbols_count: The number of them.
    """

    target: SpecLabel
    replacement: SpecLabel
    verdict: str
    reasons: list[PairReason]
    libraries: list[ComparedLibrary]
    clients: list[ClientFile]
    clients_count: int
    symbols: list[str]
    symbols_count: int


class ProposedLine(TypedDict):
    """A `can_splice` directive with the pairs that it is based on.

    `is_alone` is false if another line has the same `when`: Spack 1.1 keeps only one of them.
    """

    directive: str
    target: str
    when: str
    match_variants: list[str]
    is_alone: bool
    pairs: list[ComparedPair]


class PairCounts(TypedDict):
    """How many pairs of builds were compared, by verdict."""

    loads: int
    broken: int
    unknown: int


@dataclass(frozen=True)
class Proposals:
    """The lines for the recipe of a package.

    Attributes:
        package: Its name.
        lines: The lines.
        broken: Pairs that must not be spliced, with the reasons.
        unknown: Pairs of which too little is known.
        counts: How many pairs there are.
        unread: Builds of the package, and of the targets, of which no files were read.
        complete: Whether all builds were compared, or only the newest ones.
        note: What the lines are based on.
    """

    package: str
    lines: Sequence[ProposedLine]
    broken: Sequence[ComparedPair]
    unknown: Sequence[ComparedPair]
    counts: PairCounts
    unread: Sequence[SpecLabel]
    complete: bool
    note: str = NOTE


@dataclass(frozen=True)
class ProposalQuestion:
    """Which lines are asked for.

    Attributes:
        package: A spec, the builds that may be put in; its package is the one with the recipe.
        target: A spec, the builds that may be replaced; by default those of the same package, and
            all that have a library of the same SONAME.
        site: The site whose files count, and whose clients are checked; None for all.
    """

    package: str
    target: str | None = None
    site: str | None = None


@dataclass(frozen=True)
class _Build:
    """A build with its libraries."""

    label: SpecLabel
    node: ConcreteNode
    provider: Provider
    uids: Mapping[str, str]

    @property
    def constraints(self) -> Constraints:
        return Constraints.of(self.node)


@dataclass
class _Client:
    """A file that needs libraries, by symbols wanted of them, with the packages that have it."""

    facts: ElfFacts
    users: Mapping[str, ClientFile]


@dataclass(frozen=True)
class _Clients:
    """All clients of some libraries, and the gaps in the knowledge of them."""

    files: Sequence[_Client]
    exact: bool
    unread: Mapping[str, Sequence[SpecLabel]]
    virtuals: Mapping[str, frozenset[str]]


def propose_lines(database: Database, question: ProposalQuestion, most: int = 50) -> Proposals:
    """Propose `can_splice` lines for the recipe of a package.

    Args:
        database: The graph.
        question: Which.
        most: Most pairs that are listed of those that are broken, and of those that are unknown.

    Raises:
        ParameterSyntaxError: A spec is not one.
        InvalidQuestionError: The package has no name.
        NotInGraphError: No stored spec is of the package.
        BudgetExceededError: It took too long.
    """
    package = _package_of(database, question.package)
    put_in, all_put_in = find_replacements(
        database, question.package, MOST_BUILDS, question.site, parameter="package"
    )
    builds, unread = _read_builds(database, put_in, question.site, package)
    others, all_targets = _find_targets(database, package, builds.values(), question)
    targets, unread_targets = _read_builds(database, others, question.site)
    clients = _read_clients(database, targets.values(), question.site)
    comparison = _Comparison(database, clients, provided_virtuals(database, [package])[package])
    pairs = []
    for target in targets.values():
        database.check_clock()
        pairs += comparison.compare(target, builds.values())
    lines, pairs = _lines_of(pairs)
    verdicts = [each["verdict"] for _, each in pairs]
    whens = [each.when for each in lines]
    return Proposals(
        package=package,
        lines=[_proposed(each, whens.count(each.when) == 1) for each in lines],
        broken=[each for _, each in pairs if each["verdict"] == Verdict.BROKEN][:most],
        unknown=[each for _, each in pairs if each["verdict"] == Verdict.UNKNOWN][:most],
        counts=PairCounts(
            loads=verdicts.count(Verdict.LOADS),
            broken=verdicts.count(Verdict.BROKEN),
            unknown=verdicts.count(Verdict.UNKNOWN),
        ),
        unread=list({each["uid"]: each for each in (*unread, *unread_targets)}.values()),
        complete=all_put_in and all_targets,
    )


def _package_of(database: Database, text: str) -> str:
    constraint = parse_one("package", text)
    if constraint is None or constraint.name is None:
        raise InvalidQuestionError("package: name the package whose recipe gets the lines")
    name = constraint.name
    known = find_known_names(database, [name])
    if name in known.packages:
        return name
    if name in known.virtuals:
        raise NotInGraphError(
            f"{name} is a virtual and has no builds; name a package that provides it"
        )
    advice = find_suggestions(database, [SpecConstraint(name=name)])
    messages = [each["message"] for each in advice if each["kind"] == "package"]
    raise NotInGraphError("; ".join(messages) or f"no package is named {name}")


def _find_targets(
    database: Database, package: str, builds: Iterable[_Build], question: ProposalQuestion
) -> tuple[list[str], bool]:
    """Return the identities of the builds that may be replaced, and whether these are all."""
    if question.target:
        return find_replacements(
            database, question.target, MOST_BUILDS, question.site, parameter="target"
        )
    own, all_own = find_replacements(database, package, MOST_BUILDS, question.site)
    names = sorted({name for each in builds for name in each.provider.libraries})
    rows = database.read(
        "specs_with_sonames",
        names=names,
        package=package,
        site=question.site,
        most=MOST_BUILDS + 1,
    )
    others = drop_failed(database, [row["uid"] for row in rows])
    return [*own, *others[:MOST_BUILDS]], all_own and len(rows) <= MOST_BUILDS


def _read_builds(
    database: Database, uids: Sequence[str], site: str | None, package: str | None = None
) -> tuple[dict[str, _Build], list[SpecLabel]]:
    """Return builds by their identities, and those of which no files were read.

    Externals are left out: Spack does not write their prefixes into other files. So are builds of
    other packages if one is given: a name that no spec satisfies may be that of a virtual as well.
    """
    nodes = {
        uid: node
        for uid, node in _read_nodes(database, uids)
        if not node.external and package in (None, node.name)
    }
    reads = read_prefixes(database, nodes, site=site)
    found, unread = {}, []
    for uid in (each for each in uids if each in nodes):
        database.check_clock()
        label = make_label(uid, nodes[uid].name, nodes[uid].version)
        read = next((each for each in reads.get(uid, ()) if each.complete), None)
        if read:
            found[uid] = _Build(label, nodes[uid], _provider(database, read), read.libraries)
        else:
            unread.append(label)
    return found, unread


def _read_nodes(database: Database, uids: Sequence[str]) -> list[tuple[str, ConcreteNode]]:
    rows = database.read_one("documents_of_specs", uids=list(uids))
    documents = (
        (row, {**msgspec.json.decode(row["document"]), "dependencies": []}) for row in rows
    )
    return [(row["uid"], build_dag([each], row["spec_format"])[0]) for row, each in documents]


def _provider(database: Database, read: PrefixFiles) -> Provider:
    facts = read_facts(database, read.libraries.values())
    files = {path: replace(facts[uid], references=()) for path, uid in read.libraries.items()}
    return Provider(locate(SpecFiles(read.hash, files, read.links), read.prefix))


def _read_clients(database: Database, targets: Iterable[_Build], site: str | None) -> _Clients:
    """Read all files that need libraries of some builds, with the symbols wanted of these."""
    targets = list(targets)
    names = {name for each in targets for name in each.provider.libraries}
    symbols = frozenset[str]().union(*(each.provider.symbols for each in targets))
    rows = database.read(
        "clients_of_sonames", names=sorted(names), site=site, most=MOST_CLIENTS + 1
    )
    files = []
    for start in range(0, len(rows), _CHUNK):
        database.check_clock()
        part = rows[start : start + _CHUNK]
        facts = read_facts(database, [row["library"] for row in part])
        for row in part:
            users = {
                each["package"]: ClientFile(
                    spec=each["spec"], path=each["path"], specs=each["specs"]
                )
                for each in row["users"]
            }
            whole = facts[row["library"]]
            wanted = tuple(each for each in whole.references if each.name in symbols)
            files.append(_Client(replace(whole, exports=(), references=wanted), users))
    uids = [each.label["uid"] for each in targets]
    found = database.read("unread_dependents", uids=uids, site=site, limit=MOST_BUILDS)
    return _Clients(
        files,
        len(rows) <= MOST_CLIENTS,
        {row["uid"]: row["unread"] for row in found},
        {row["uid"]: frozenset(row["virtuals"]) for row in found},
    )


class _Comparison:
    """Compares builds, with the clients of all of them."""

    def __init__(self, database: Database, clients: _Clients, provided: Iterable[str]) -> None:
        self.database, self.clients, self.provided = database, clients, frozenset(provided)

    def compare(
        self, target: _Build, builds: Iterable[_Build]
    ) -> list[tuple[Compared, ComparedPair]]:
        """Compare a build with all that may be put in its place."""
        groups: dict[ElfFacts, list[_Client]] = defaultdict(list)
        for client in self.clients.files:
            if wanted := reduce_client(client.facts, target.provider):
                groups[wanted].append(client)
        found = []
        for build in builds:
            if _may_replace(target, build):
                self.database.check_clock()
                pair = self._compare(target, build, groups)
                found.append(((target.constraints, build.constraints), pair))
        return found

    def _compare(
        self, target: _Build, build: _Build, groups: Mapping[ElfFacts, Sequence[_Client]]
    ) -> ComparedPair:
        own = {target.node.name, build.node.name}
        files: list[ClientFile] = []
        used: set[str] = set()
        broken: dict[tuple[str, str], PairReason] = {}
        unknown: dict[tuple[str, str], PairReason] = {}
        for wanted, clients in groups.items():
            users = [
                user for each in clients for name, user in each.users.items() if name not in own
            ]
            if not users:
                continue
            check = check_client(wanted, target.provider, build.provider)
            files += users
            used.update(check.used)
            for each in check.lost:
                _add(broken, each.kind, each.what, users[0])
            for name in check.elsewhere:
                _add(unknown, OTHER_FOLDER, name, users[0])
        libraries = self._libraries(target, build)
        self._check_types(libraries, used, broken)
        if not used:
            _add(unknown, NO_CLIENT, "no stored file uses a symbol of it", None)
        if not self.clients.exact:
            _add(unknown, TOO_MANY_CLIENTS, f"more than {MOST_CLIENTS} files need it", None)
        for spec in self.clients.unread.get(target.label["uid"], ()):
            _add(unknown, UNREAD_CLIENT, f"{spec['name']}@{spec['version']}/{spec['hash']}", None)
        if target.node.name != build.node.name:
            for name in self.clients.virtuals.get(target.label["uid"], frozenset()) - self.provided:
                _add(unknown, VIRTUAL, name, None)
        verdict = Verdict.BROKEN if broken else Verdict.UNKNOWN if unknown else Verdict.LOADS
        ordered = sorted(files, key=lambda each: (each["spec"]["name"] or "", each["path"]))
        return ComparedPair(
            target=target.label,
            replacement=build.label,
            verdict=verdict,
            reasons=sorted(
                (broken or unknown).values(), key=lambda each: (each["kind"], each["what"])
            )[:FIRST],
            libraries=libraries,
            clients=ordered[:FIRST],
            clients_count=len(files),
            symbols=sorted(used)[:FIRST],
            symbols_count=len(used),
        )

    def _libraries(self, target: _Build, build: _Build) -> list[ComparedLibrary]:
        found = []
        for name, old in target.provider.libraries.items():
            new = build.provider.find(name, old.folder) or build.provider.find_elsewhere(name)
            found.append(
                ComparedLibrary(
                    soname=name,
                    before=old.path,
                    after=new.path if new else None,
                    before_library=target.uids[old.path],
                    after_library=build.uids[new.path] if new else None,
                    types=None,
                )
            )
        return found

    def _check_types(
        self,
        libraries: Sequence[ComparedLibrary],
        used: Iterable[str],
        broken: dict[tuple[str, str], PairReason],
    ) -> None:
        """Add the results of comparing types, and a reason for each change of what is used.

        Names of C++ in reports are not those of symbols, and count as used.
        """
        by_pair = {
            (each["before_library"], each["after_library"]): each
            for each in libraries
            if each["after_library"]
        }
        pairs = [{"before": before, "after": after} for before, after in by_pair]
        symbols = frozenset(used)
        for row in self.database.read("type_comparisons", pairs=pairs) if pairs else ():
            result, library = row["result"], by_pair[row["before"], row["after"]]
            library["types"] = result["outcome"]
            if result["outcome"] == Outcome.CHANGED:
                for name, type_ in zip(result["names"], result["types"], strict=True):
                    if name in symbols or "::" in name:
                        _add(broken, TYPE_CHANGE, f"{name}: {type_}" if type_ else name, None)


def _add(
    reasons: dict[tuple[str, str], PairReason], kind: str, what: str, user: ClientFile | None
) -> None:
    reasons.setdefault((kind, what), PairReason(kind=str(kind), what=what, needed_by=user))


def _may_replace(target: _Build, build: _Build) -> bool:
    """Return whether a directive may name two builds differently, and Spack may put one in.

    All specs of a DAG have the same platform and system, and programs one kind of machine.
    """
    one, other = target.node, build.node
    return (
        target.constraints != build.constraints
        and (one.platform, one.os) == (other.platform, other.os)
        and bool(target.provider.machines & build.provider.machines)
    )


def _lines_of(
    pairs: Sequence[tuple[Compared, ComparedPair]],
) -> tuple[list[Line[ComparedPair]], list[tuple[Compared, ComparedPair]]]:
    """Return the lines, and the pairs; those whose line would cover a refused pair are unknown."""
    accepted: dict[Compared, list[ComparedPair]] = defaultdict(list)
    refused: dict[Compared, ComparedPair] = {}
    for constraints, pair in pairs:
        if pair["verdict"] == Verdict.LOADS:
            accepted[constraints].append(pair)
        else:
            refused.setdefault(constraints, pair)
    not_covered = RefusedPairs(refused)
    for constraints in accepted:
        covered = not_covered.find_covered(*constraints)
        if covered is None:
            continue
        other = refused[covered]
        what = " -> ".join(
            f"{each['name']}@{each['version']}/{each['hash']}"
            for each in (other["target"], other["replacement"])
        )
        for pair in accepted[constraints]:
            pair["verdict"] = Verdict.UNKNOWN
            pair["reasons"] = [PairReason(kind=NOT_COVERED, what=what, needed_by=None)]
    return make_lines(accepted, not_covered), list(pairs)


def _proposed(line: Line[ComparedPair], alone: bool) -> ProposedLine:
    return ProposedLine(
        directive=line.directive,
        target=line.target,
        when=line.when,
        match_variants=list(line.match_variants),
        is_alone=alone,
        pairs=list(line.pairs),
    )
