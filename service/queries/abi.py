"""Whether a spec starts, by the parts of its files that the dynamic loader reads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from posixpath import dirname
from typing import TypedDict

from cypher.run import Database
from loaders.elf.facts import ElfFacts
from loaders.specs.closure import transitive_dependencies
from loaders.specs.contents import hash_of
from service.abi.comparison import ComparedFinding, Start, compare, files_outside
from service.abi.deployment import (
    START,
    SpecFiles,
    join_files,
    locate,
    rewire,
    searched_hashes,
    started_files,
)
from service.abi.files import FileTree, split_path
from service.abi.loading import LoadedFile, Loading, load_program
from service.abi.system import System, system_for
from service.abi.verdict import Judgement, Verdict, judge
from service.dags.dag import Dag
from service.dags.labels import SpecLabel, label_root, make_label
from service.dags.splicing.rewiring import Rewiring
from service.queries.libraries import PrefixFiles, read_facts, read_prefixes
from service.queries.selection import resolve_hashes

ADVICE = (
    "ask again: a database that was just started reads the libraries from disk first; if that does "
    "not help, name a spec with fewer programs"
)
"""What to do about a question that took too long."""
MOST_PROGRAMS = 200
"""Most programs of a spec that are judged."""
RUNTIMES = frozenset({"glibc", "gcc-runtime", "gcc", "compiler-wrapper"})
"""Packages of which the libraries are taken to be there, with no others beside them."""
EXTERNAL = "external"
"""Kind of a prefix that Spack did not install, of which only some folders were read."""
SYSTEM_PREFIXES = frozenset({"/usr", ""})
"""Prefixes of which the dynamic loader searches some folders last."""
_SEARCHED = re.compile(r"(usr/)?lib(32|64)?(/[^/]+-linux-gnu[^/]*)?")
"""These folders; it finds others only by a search path."""
RUNS_WITH = "runs-with"
"""Kind of the finding that a library of a spec that is not deployed is loaded."""
NOT_COMPARED = "Types were not compared: a changed type shows only in debug information."


class FileOfSpec(TypedDict):
    """A file of a spec; name and version are None if the spec is not stored."""

    hash: str | None
    name: str | None
    version: str | None
    path: str


class AbiFinding(TypedDict):
    """One reason for which a spec does not start, or runs with other libraries.

    Attributes:
        kind: What is wrong.
        needed_by: The file that needs it.
        what: The library, version or symbol.
        provided_before_by: The file that gave it to the spec as it was built, if that is known.
        by_splice: Whether the spec was spliced and does not have this as it was built.
        runs_with: The file that is loaded, in a finding of the kind `runs-with`.
    """

    kind: str
    needed_by: FileOfSpec
    what: str
    provided_before_by: FileOfSpec | None
    by_splice: bool
    runs_with: FileOfSpec | None


class ChangedType(TypedDict):
    """A function or variable of which a type changed; `type` is empty if it is no named one."""

    name: str
    type: str


class ReplacedLibrary(TypedDict):
    """A library that another one replaced, and whether their types are the same.

    Attributes:
        before: The file that the spec loads as it was built.
        after: The file that it loads in its place.
        before_library: Identity of the first.
        after_library: Identity of the second.
        before_at: Absolute path of the first in its store; None if it is in none.
        after_at: That of the second.
        outcome: `same`, `changed` or `no-debug-information`; None if they were not compared.
        changes: The changes.
    """

    before: FileOfSpec
    after: FileOfSpec
    before_library: str
    after_library: str
    before_at: str | None
    after_at: str | None
    outcome: str | None
    changes: Sequence[ChangedType]


class Coverage(TypedDict):
    """How many deployed specs there are, and of how many no file was read."""

    specs: int
    without_files: int


@dataclass(frozen=True)
class AbiVerdict:
    """Whether a spec starts.

    Attributes:
        root: The spec.
        verdict: `loads`, `broken` or `unknown`.
        level: `symbols`, or `types` if types count, too.
        note: What was not compared.
        findings: What is wrong.
        unknown: Files, libraries and symbols about which too little is known.
        coverage: How many of the deployed specs have files.
        missing: The deployed specs without files.
        runs_with: Specs whose files the loader maps.
        types: The libraries whose types count; empty at the level `symbols`.
    """

    root: SpecLabel
    verdict: str
    findings: Sequence[AbiFinding]
    unknown: Sequence[str]
    coverage: Coverage
    missing: Sequence[SpecLabel]
    runs_with: Sequence[SpecLabel]
    level: str = "symbols"
    note: str = NOT_COMPARED
    types: Sequence[ReplacedLibrary] = ()


def judge_spec(database: Database, dag: Dag, site: str | None = None) -> AbiVerdict:
    """Judge whether a spec starts, compared with the spec that it was built as.

    Args:
        database: The graph.
        dag: The spec with its build specs.
        site: A site whose files are preferred.
    """
    sides = Sides.of_dag(dag)
    files = StoredFiles.read(database, sides, site)
    return describe(sides, files, *judge_sides(sides, files))


@dataclass(frozen=True)
class Sides:
    """The specs of a deployment, and those of the same as it was built, by their identities.

    Attributes:
        root: Label of the root.
        deployed: The deployed specs, the root first.
        built: Those that its build spec is deployed with, that one first; empty if it was not
            spliced.
        names: Labels of all specs by hash.
    """

    root: SpecLabel
    deployed: Sequence[str]
    built: Sequence[str]
    names: Mapping[str, SpecLabel]

    @classmethod
    def of_dag(cls, dag: Dag) -> "Sides":
        """Return the two sides of a spec."""
        origin = dag.original_build(dag.root)
        names = {
            hash_of(uid): make_label(uid, node.name, node.version)
            for uid, node in reversed(dag.nodes.items())
        }
        deployed = _runtime_side(dag, dag.root)
        for uid in deployed:
            if node := dag.nodes.get(uid):
                names[hash_of(uid)] = make_label(uid, node.name, node.version)
        built = [] if origin == dag.root else _runtime_side(dag, origin)
        return cls(
            label_root(dag),
            [dag.identity_of(uid) for uid in deployed],
            [dag.identity_of(uid) for uid in built],
            names,
        )

    @property
    def all_uids(self) -> set[str]:
        """The identities of all specs."""
        return {*self.deployed, *self.built}

    @property
    def packages(self) -> dict[str, str]:
        """Names of the packages by hash."""
        return {hash_: label["name"] or "" for hash_, label in self.names.items()}


def _runtime_side(dag: Dag, start: str) -> list[str]:
    found = transitive_dependencies([start], dag.nodes, runtime_only=True)
    return [start, *sorted(found - {start})]


class StoredFiles:
    """Files of specs as they are stored; symbols are read only of files that are loaded.

    Attributes:
        specs: What is known of the files of a spec, without symbols, by the identity of its
            content.
        stores: The prefixes of those that were read in stores, by the same.
        externals: Hashes of external specs by their prefixes.
        system_folders: Folders of libraries of the system that were read, in the tree.
    """

    def __init__(self, database: Database, runtimes: frozenset[str] = frozenset()) -> None:
        """Start empty; libraries of specs with the hashes `runtimes` are taken to be there."""
        self.database, self.runtimes = database, runtimes
        self.specs: dict[str, SpecFiles] = {}
        self.stores: dict[str, str] = {}
        self.externals: dict[str, str] = {}
        self.system_folders: tuple[str, ...] = ()
        self._libraries: dict[tuple[str, str], str] = {}

    @classmethod
    def read(
        cls,
        database: Database,
        sides: "Sides",
        site: str | None,
        planned: Sequence[Rewiring] = (),
    ) -> "StoredFiles":
        """Read the files of both sides of a spec, and of those that these files search.

        Args:
            database: The graph.
            sides: The two sides.
            site: A site whose files are preferred.
            planned: The spliced specs that are not installed: how their files would be made. The
                names are identities.
        """
        runtimes = (hash_ for hash_, package in sides.packages.items() if package in RUNTIMES)
        files = cls(database, frozenset(runtimes))
        known = set(map(hash_of, sides.all_uids))
        waiting = sides.all_uids - {each.node for each in planned}
        waiting |= {each.build_spec for each in planned}
        while waiting:
            read = files.add(waiting, site)
            read += [made for each in planned if (made := files.make(each))]
            planned = ()
            searched = {each for spec in read for each in searched_hashes(spec.files.values())}
            new = searched - known
            known |= new
            waiting = {uid for uids in resolve_hashes(database, new).values() for uid in uids[:1]}
        return files

    def add(self, uids: Iterable[str], site: str | None) -> list[SpecFiles]:
        """Read the files of some specs, and return them."""
        found = {
            uid: reads[0]
            for uid, reads in read_prefixes(self.database, uids, site=site).items()
            if reads[0].complete or reads[0].kind == EXTERNAL
        }
        # All contents of a hash have one folder, which holds the one that was installed last.
        missing = [uid for uid in uids if uid not in found and uid != hash_of(uid)]
        contents = resolve_hashes(self.database, map(hash_of, missing))
        others = read_prefixes(self.database, chain(*contents.values()), site=site)
        for uid in missing:
            reads_of_hash = (others.get(each, ()) for each in contents[hash_of(uid)])
            newest = [reads[0] for reads in reads_of_hash if reads and reads[0].complete]
            if newest:
                found[uid] = max(newest, key=lambda each: each.read_at)
        libraries = {each for prefix in found.values() for each in prefix.libraries.values()}
        facts = read_facts(self.database, libraries, symbols=False)
        for prefix in sorted(found.values(), key=lambda each: each.hash):
            if prefix.kind == EXTERNAL:
                self._add_external(prefix)
        added = {uid: _spec_files(prefix, facts, self.externals) for uid, prefix in found.items()}
        self.specs |= added
        self.stores |= {uid: each.prefix for uid, each in found.items() if each.kind == "store"}
        for uid, prefix in found.items():
            self._libraries |= {(uid, path): each for path, each in prefix.libraries.items()}
        return list(added.values())

    def _add_external(self, prefix: PrefixFiles) -> None:
        """Note where an external spec is; of several with one prefix, the first stands for it."""
        path = prefix.prefix.rstrip("/")
        if self.externals.setdefault(path, prefix.hash) == prefix.hash and path in SYSTEM_PREFIXES:
            searched = sorted(filter(_SEARCHED.fullmatch, _folders_of(prefix)))
            self.system_folders += tuple(f"/{prefix.hash}/{folder}" for folder in searched)

    def system_of(self, first: str, tree: FileTree) -> System:
        """Return the machine on which a program of a tree is to start."""
        facts = tree.files[first]
        system = system_for(facts) if isinstance(facts, ElfFacts) else System()
        return replace(system, folders=(*self.system_folders, *system.folders))

    def make(self, rewiring: Rewiring) -> SpecFiles | None:
        """Add the files of a planned splice; None if those of its build spec were not read."""
        source = self.specs.get(rewiring.build_spec)
        if source is None:
            return None
        made = rewire(source, hash_of(rewiring.node), rewiring.prefixes)
        self.specs[rewiring.node] = made
        for path in source.files:
            library = self._libraries[rewiring.build_spec, path]
            self._libraries[rewiring.node, path] = library
        return made

    def library_at(self, uid: str, path: str) -> str:
        """Return the identity of the program or library at a path of a spec."""
        return self._libraries[uid, path]

    def _ordered(self, first: Iterable[str]) -> list[str]:
        """Return the contents with files, those of one side first."""
        return list(dict.fromkeys([*(uid for uid in first if uid in self.specs), *self.specs]))

    def tree_of(self, first: Iterable[str]) -> FileTree:
        """Return the tree of all files; of two specs with one hash, one of `first` counts."""
        tree = join_files(self.specs[uid] for uid in self._ordered(first))
        return replace(tree, covered=(tree.covered or frozenset()) | self.runtimes)

    def by_hash(self, first: Iterable[str]) -> dict[str, str]:
        """Return the content in the tree of each hash; `first` as of `tree_of`."""
        found: dict[str, str] = {}
        for uid in self._ordered(first):
            found.setdefault(hash_of(uid), uid)
        return found

    def add_symbols(self, first: Iterable[str], loadings: Iterable[Loading]) -> None:
        """Add the symbols to the facts of mapped files; `first` as of `tree_of`."""
        by_hash = self.by_hash(first)
        mapped: list[tuple[LoadedFile, str]] = []
        for file in (each for loading in loadings for each in loading.files):
            place = split_path(file.real_path)
            if place and place[0] in by_hash:
                mapped.append((file, self._libraries[by_hash[place[0]], place[1]]))
        symbols = read_facts(self.database, {uid for _, uid in mapped})
        for file, uid in mapped:
            whole = symbols[uid]
            file.facts = replace(file.facts, exports=whole.exports, references=whole.references)


def _folders_of(prefix: PrefixFiles) -> frozenset[str]:
    """Return the folders of an external prefix that were read and are not empty."""
    return frozenset(map(dirname, (*prefix.libraries, *prefix.links, *prefix.refused)))


def _spec_files(
    prefix: PrefixFiles, facts: Mapping[str, ElfFacts], externals: Mapping[str, str]
) -> SpecFiles:
    files = SpecFiles(
        prefix.hash,
        {path: facts[uid] for path, uid in prefix.libraries.items()},
        prefix.links,
        prefix.refused,
        prefix.unknown,
        _folders_of(prefix) if prefix.kind == EXTERNAL else None,
    )
    return locate(files, prefix.prefix.rstrip("/"), externals)


def judge_sides(sides: Sides, files: StoredFiles) -> tuple[Judgement, Judgement | None]:
    """Judge the start of a deployment, and that of the same as it was built.

    Returns:
        The second is None without a splice, or without files of the build spec.
    """
    after = _judge(sides.deployed, files)
    built = sides.built
    before = _judge(built, files) if built and built[0] in files.specs else None
    return after, before


def _judge(side: Sequence[str], files: StoredFiles) -> Judgement:
    """Judge the start of the first of some specs."""
    root = side[0]
    if root not in files.specs:
        return Judgement(Verdict.UNKNOWN, (), (f"/{hash_of(root)}",))
    programs, tree = started_files(files.specs[root], files.tree_of(side))
    if not programs:
        return Judgement(Verdict.UNKNOWN, (), ("no program or library",))
    system = files.system_of(programs[0], tree)
    judged = programs[:MOST_PROGRAMS]
    found = judge(judged, tree, system, partial(files.add_symbols, side))
    unread = tuple(f"/{hash_of(root)}/{path}" for path in files.specs[root].unread)
    return replace(found, unknown=(*found.unknown, *unread, *programs[MOST_PROGRAMS:]))


def find_loaded_specs(sides: Sides, files: StoredFiles) -> set[str]:
    """Return the hashes of the specs of which the dynamic loader maps files.

    Args:
        sides: The deployment.
        files: Its files; if none of the root was read, nothing is returned.
    """
    root = files.specs.get(sides.deployed[0])
    if root is None:
        return set()
    programs, tree = started_files(root, files.tree_of(sides.deployed))
    found: set[str] = set()
    for path in programs[:MOST_PROGRAMS]:
        system = files.system_of(path, tree)
        places = (split_path(each.real_path) for each in load_program(path, tree, system).files)
        found |= {place[0] for place in places if place}
    return found


def describe(
    sides: Sides, files: StoredFiles, after: Judgement, before: Judgement | None
) -> AbiVerdict:
    """Return the verdict as answers show it."""
    start = compare(after, before, sides.packages, spliced=bool(sides.built))
    missing = [uid for uid in sides.deployed if uid not in files.specs]
    labels = Labels(sides.names)
    deployed = frozenset(map(hash_of, sides.deployed))
    loaded = {place[0] for path in start.loaded if (place := split_path(path))}
    return AbiVerdict(
        sides.root,
        start.verdict,
        [*(labels.finding(each) for each in start.findings), *labels.foreign(start, deployed)],
        [labels.text(each) for each in start.unknown],
        Coverage(specs=len(sides.deployed), without_files=len(missing)),
        [labels.label(hash_of(uid)) for uid in missing],
        [labels.label(each) for each in sorted(loaded)],
    )


@dataclass(frozen=True)
class Labels:
    """How files of a tree are named in answers.

    Attributes:
        names: Labels of specs by hash.
    """

    names: Mapping[str, SpecLabel]

    def label(self, hash_: str) -> SpecLabel:
        """Return the label of a spec."""
        return self.names.get(hash_) or make_label(hash_, None, None)

    def file(self, path: str) -> FileOfSpec:
        """Return a file of a spec, or of no spec."""
        place = split_path(path)
        if place is None:
            return FileOfSpec(hash=None, name=None, version=None, path=path)
        label = self.label(place[0])
        return FileOfSpec(
            hash=label["hash"], name=label["name"], version=label["version"], path=place[1]
        )

    def text(self, path: str) -> str:
        """Return a path with name, version and hash of the spec in place of its prefix."""
        place = split_path(path)
        if place is None:
            return path
        label = self.label(place[0])
        name = f"{label['name']}@{label['version']}/{place[0][:7]}" if label["name"] else path
        return f"{name}: {place[1]}" if label["name"] and place[1] else name

    def finding(self, compared: ComparedFinding) -> AbiFinding:
        """Return a finding."""
        found = compared.finding
        needed_by = found.file if found.needed_by.startswith(START) else found.needed_by
        return AbiFinding(
            kind=found.kind,
            needed_by=self.file(needed_by),
            what=found.what,
            provided_before_by=self.file(compared.before) if compared.before else None,
            by_splice=compared.by_splice,
            runs_with=None,
        )

    def foreign(self, start: Start, deployed: frozenset[str]) -> list[AbiFinding]:
        """Return a finding for each mapped file of a spec that is not deployed."""
        return [
            AbiFinding(
                kind=RUNS_WITH,
                needed_by=self.file(loader or path),
                what=path.rpartition("/")[2],
                provided_before_by=None,
                by_splice=False,
                runs_with=self.file(path),
            )
            for path, loader in files_outside(start.loaded, deployed)
        ]
