"""Answers by postings are those by closure edges, whatever was written, in any interleaving."""

import contextlib
import copy
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any

import pytest

from cypher.run import Database
from loaders.errors import StillNeededError
from loaders.postings import sealing
from loaders.postings.sealing import (
    Segment,
    SupersededError,
    Waiting,
    is_ready,
    seal,
    segments_to_join,
    suspend,
)
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.removal.specs import SpecGoneError, delete_root
from loaders.store.removal.unused import Tally
from loaders.store.specs import store_documents
from service.paging.cursors import Position
from service.queries import postings
from service.queries.clauses import Clause, Literal
from service.queries.node_filter import NodeFilter, filter_nodes
from service.queries.postings import count_by_postings, find_by_postings
from spec_syntax import SpecConstraint
from tests.documents import SPLICED, document, dumped, node
from tests.effort import scale_effort
from tests.graph import value
from tests.waiting import wait_until

pytestmark = [pytest.mark.container, pytest.mark.soak]

ROUNDS = scale_effort(2)
STEPS = 12
SIDES = {"built_with": "BUILT_WITH", "deployed_with": "DEPLOYED_WITH"}
BRUTE_FORCE = """
CALL () {
  MATCH (r:Root)-[:BUILT_WITH]->(x) WHERE x.version_key IS NOT NULL
  RETURN 'built_with' AS side, x, r
  UNION ALL
  MATCH (r:Root)-[:DEPLOYED_WITH]->(x) WHERE x.version_key IS NOT NULL
  RETURN 'deployed_with' AS side, x, r
}
RETURN collect([side, x.name, [r.name, r.version_key, r.uid]])
"""


BLOCKED = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*) > 0"
END_LEASE = "MATCH (i:PostingIndex) SET i.sealing_until = 0 RETURN count(*)"


class KilledError(Exception):
    """Ends a sealing as a killed process would."""


SEALER = """
import sys, time
from cypher.run import Database, run_one
from loaders.postings import sealing

uri, user, password, statement, left = sys.argv[1:]
left = int(left)

def run_and_stand_still(tx, name, /, **parameters):
    global left
    found = run_one(tx, name, **parameters)
    if name == statement:
        left -= 1
        if left == 0:
            print("stands still", flush=True)
            time.sleep(600)
    return found

sealing.ROOTS_PER_TRANSACTION = 3
sealing.run_one = run_and_stand_still
sealing.seal(Database.connect(uri, user, password))
"""
"""Seals, and stands still in the middle of a transaction, with all its locks."""


def parse(raw: bytes) -> SpecDocument:
    return parse_document(raw, allow_unverified=True)


def make_documents() -> list[SpecDocument]:
    """Return documents that share specs, with conflicting contents and absent build specs."""
    zlibs = [node("zlib", version) for version in ("1.2", "1.3")]
    cmake = node("cmake", "3.30")
    found = []
    for index, zlib in enumerate(zlibs):
        lib = node("lib", f"2.{index}", [(zlib, ["build", "link"]), (cmake, ["build"])])
        for number in range(3):
            app = node(f"app{number}", "1.0", [(lib, ["link"]), (cmake, ["build"])])
            full = document(app, lib, cmake, zlib)
            found.append(parse(dumped(full)))
            other = copy.deepcopy(full)
            # The same hashes with other contents, in which a dependency has another version.
            other["spec"]["nodes"][1]["version"] = "9.9"
            found.append(parse(dumped(other)))
        found.append(parse(dumped(document(lib, cmake, zlib))))
    for path in SPLICED[:6]:
        raw = path.read_bytes()
        found.append(parse(raw))
    original = node("tool", "1.0", [(zlibs[0], ["link"])])
    spliced = node("tool", "1.0", [(zlibs[1], ["link"])], build_spec=original)
    # The build spec comes later than the splice, or never.
    found.append(parse(dumped(document(spliced, zlibs[1]))))
    found.append(parse(dumped(document(original, zlibs[0]))))
    return found


DOCUMENTS = make_documents()
LATE = parse(dumped(document(node("late", "1.0"))))


def plain(name: str) -> NodeFilter:
    return filter_nodes(SpecConstraint(name=name))


Key = tuple[str, str, str]
"""Name, version key and identity of a root."""


def check(database: Database) -> None:
    """Compare counts and pages of one package and of two with those by closure edges."""
    sides: dict[tuple[str, str], set[Key]] = {}
    for side, name, root in value(database, BRUTE_FORCE):
        sides.setdefault((side, name), set()).add(tuple(root))
    if not is_ready(database):
        one: list[Clause] = [(Literal("built_with", set=0),)]
        assert count_by_postings(database, one, [plain("zlib")]) is None
        return
    for (side, name), roots in sides.items():
        counted = count_by_postings(database, [(Literal(side, set=0),)], [plain(name)])
        assert counted == len(roots), (side, name)
    built = sorted(key for key in sides if key[0] == "built_with")
    deployed = sorted(key for key in sides if key[0] == "deployed_with")
    for first, second in islice(zip(built, reversed(deployed), strict=False), 6):
        both: list[Clause] = [(Literal(first[0], set=0),), (Literal(second[0], set=1),)]
        either: list[Clause] = [(Literal(first[0], set=0), Literal(second[0], set=1))]
        without: list[Clause] = [
            (Literal(first[0], set=0),),
            (Literal(second[0], set=1, negated=True),),
        ]
        asked = [plain(first[1]), plain(second[1])]
        assert all_pages(database, without, asked) == sorted(sides[first] - sides[second])
        assert all_pages(database, both, asked) == sorted(sides[first] & sides[second])
        assert all_pages(database, either, asked) == sorted(sides[first] | sides[second])


def all_pages(
    database: Database, clauses: Sequence[Clause], sets: Sequence[NodeFilter], limit: int = 3
) -> list[Key]:
    """Return the roots of all pages, of which each must know how many there are."""
    found: list[Key] = []
    totals = set()
    while True:
        position = Position(*found[-1]) if found else Position()
        page = find_by_postings(database, clauses, sets, position, limit)
        assert page is not None
        assert page.exact
        totals.add(page.total)
        found += [(str(each["name"]), each["version_key"], each["uid"]) for each in page.items]
        if len(page.items) < limit:
            assert totals == {len(found)}
            return found


class World:
    """A graph that random steps change, also between the transactions of a sealing."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.sealing = Database(database.driver, database.name)
        self.random = random.Random(seed)

    def upload(self) -> None:
        documents = self.random.sample(DOCUMENTS, self.random.randint(1, 4))
        store_documents(self.database, documents, origin="a test")

    def delete(self) -> None:
        uids = sorted(value(self.database, "MATCH (r:Root) RETURN collect(r.uid)"))
        if uids:
            with contextlib.suppress(StillNeededError, SpecGoneError):
                delete_root(self.database, self.random.choice(uids), Tally())

    def seal(self) -> None:
        seal(self.sealing)

    def seal_while_others_write(self) -> None:
        left = self.random.randint(1, 14)

        def between() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.random.choice([self.upload, self.delete])()
                check(self.database)

        self._seal_with(between)

    def seal_until_killed(self) -> None:
        left = self.random.randint(1, 14)

        def between() -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                raise KilledError

        try:
            self._seal_with(between)
        except KilledError:
            # What a process that was killed leaves: it does not say that it has ended.
            value(self.database, END_LEASE)

    def seal_until_superseded(self) -> None:
        """Let another sealer take over, as if this one had stood still for minutes."""
        left = self.random.randint(1, 14)

        def between() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                value(self.database, END_LEASE)
                seal(Database(self.database.driver, self.database.name))
                check(self.database)

        with contextlib.suppress(SupersededError):
            self._seal_with(between)

    def suspend(self) -> None:
        suspend(self.sealing)

    def _seal_with(self, between: Callable[[], None]) -> None:
        self.sealing.check_write = between
        try:
            seal(self.sealing)
        finally:
            self.sealing.check_write = lambda: None


def steps_of(world: World) -> Iterator[Callable[[], None]]:
    usual = [world.upload, world.upload, world.delete, world.seal, world.seal_while_others_write]
    while True:
        rare = [world.seal_until_killed, world.seal_until_superseded, world.suspend]
        yield world.random.choice([*usual, *usual, *rare])


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_counts_are_exact_in_any_interleaving(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # Small, so that a sealing takes several transactions and segments.
    monkeypatch.setattr(sealing, "ROOTS_PER_TRANSACTION", 3)
    monkeypatch.setattr(sealing, "ROOTS_PER_SEGMENT", 7)
    monkeypatch.setattr(sealing, "SIMILAR", 3)
    monkeypatch.setattr(sealing, "_FEW_GONE", 4)
    monkeypatch.setattr(postings, "_PROBES", 2)
    world = World(database, seed)
    steps = chain([world.upload, world.seal], islice(steps_of(world), STEPS))
    for step in steps:
        step()
        check(database)
    world.seal()
    check(database)
    assert is_ready(database)
    assert value(database, "MATCH (r:Root) WHERE r.unsealed RETURN count(*)") == 0


@pytest.mark.parametrize(
    ("statement", "occurrence"), [("place_roots", 2), ("create_postings", 1), ("finish_sealing", 1)]
)
def test_a_sealer_that_is_killed_in_a_transaction_leaves_exact_answers(
    database: Database, neo4j_address: Any, statement: str, occurrence: int
) -> None:
    store_documents(database, DOCUMENTS[:4], origin="a test")
    seal(database)
    store_documents(database, DOCUMENTS, origin="a test")
    address = [neo4j_address.uri, neo4j_address.user, neo4j_address.password or ""]
    command = [sys.executable, "-c", SEALER, *address, statement, str(occurrence)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"stands still\n"
            check(database)
        finally:
            process.kill()
    check(database)
    # Its transaction is rolled back, but it does not say that it has ended.
    assert seal(database) is None
    value(database, END_LEASE)
    assert seal(database)
    check(database)
    assert value(database, "MATCH (r:Root) WHERE r.unsealed RETURN count(*)") == 0


def test_a_sealing_that_is_stopped_leaves_exact_answers(database: Database) -> None:
    store_documents(database, DOCUMENTS, origin="a test")
    seal(database)
    value(database, "MATCH (r:Root) SET r.unsealed = true RETURN count(*)")
    for steps in range(9):
        left = iter(range(steps))
        seal(database, lambda left=left: next(left, None) is None)  # type: ignore[misc]
        check(database)
    assert seal(database) is not None
    check(database)


def test_a_graph_without_marks_is_sealed_as_well(database: Database) -> None:
    store_documents(database, DOCUMENTS, origin="a test")
    value(database, "MATCH (r:Root) REMOVE r.unsealed RETURN count(*)")
    check(database)
    roots = value(database, "MATCH (r:Root) RETURN count(*)")
    assert seal(database) == roots
    check(database)
    assert seal(database) == 0


def test_only_one_process_seals(database: Database) -> None:
    store_documents(database, DOCUMENTS[:3], origin="a test")
    results: list[int | None] = []
    first = Database(database.driver, database.name)

    def between() -> None:
        first.check_write = lambda: None
        value(database, "MATCH (i:PostingIndex) SET i.last = i.last RETURN count(*)")
        results.append(seal(database))

    started = iter([lambda: None, between])
    first.check_write = lambda: next(started, lambda: None)()
    assert seal(first) is not None
    assert results == [None]


def test_one_that_was_superseded_writes_nothing_any_more(database: Database) -> None:
    store_documents(database, DOCUMENTS, origin="a test")
    assert seal(database)
    store_documents(database, [LATE], origin="a test")
    first = Database(database.driver, database.name)

    def between() -> None:
        # Just before the former segments are looked at, of which the next sealer makes another.
        first.check_write = lambda: None
        value(database, END_LEASE)
        assert seal(database) == 1

    started = iter([lambda: None, between])
    first.check_write = lambda: next(started, lambda: None)()
    with pytest.raises(SupersededError):
        seal(first)
    check(database)


class SlowReader(Database):
    """A reader during which something happens before it reads a statement for the first time."""

    def __init__(self, database: Database, statement: str, event: Callable[[], object]) -> None:
        super().__init__(database.driver, database.name)
        self._statement = statement
        self._event: Callable[[], object] | None = event

    def read(self, name: str, /, **parameters: Any) -> list[Any]:
        if name == self._statement and self._event is not None:
            event, self._event = self._event, None
            event()
        return super().read(name, **parameters)


def test_a_slow_reader_sees_roots_whose_places_are_gone(database: Database) -> None:
    """A root is marked and gets another place, after the marked ones were read."""
    store_documents(database, DOCUMENTS, origin="a test")
    seal(database)
    other = Database(database.driver, database.name)

    def stop_after_moves() -> None:
        if value(database, "MATCH (g:GoneRoot) RETURN count(*)"):
            raise KilledError

    def change() -> None:
        value(database, "MATCH (r:Root) SET r.unsealed = true RETURN count(*)")
        other.check_write = stop_after_moves
        with pytest.raises(KilledError):
            seal(other)

    clause: list[Clause] = [(Literal("built_with", set=0),)]
    expected = count_by_postings(database, clause, [plain("zlib")])
    assert expected
    reader = SlowReader(database, "postings_of_packages", change)
    assert count_by_postings(reader, clause, [plain("zlib")]) == expected
    value(database, END_LEASE)
    check(database)


def test_a_stub_that_is_being_filled_is_waited_for(database: Database) -> None:
    """Whoever fills it does not see the roots of transactions that commit meanwhile."""
    store_documents(database, DOCUMENTS, origin="a test")
    key = value(database, "MATCH (x:Spec {name: 'zlib'}) RETURN max(x.version_key)")
    value(
        database,
        "MATCH (r:Root {name: 'app0'}) WITH r LIMIT 1 "
        "CREATE (x:Spec {uid: 'late', hash: 'late', name: 'late', stub: true}) "
        "CREATE (r)-[:BUILT_WITH]->(x) RETURN count(*)",
    )
    with ThreadPoolExecutor(1) as pool, database.driver.session() as session:
        with session.begin_transaction() as filling:
            filling.run(
                "MATCH (x:Spec {uid: 'late'}) SET x.version_key = $key REMOVE x.stub", key=key
            ).consume()
            sealed = pool.submit(seal, database)
            wait_until(lambda: value(database, BLOCKED))
            filling.commit()
        assert sealed.result()
    check(database)
    clause: list[Clause] = [(Literal("built_with", set=0),)]
    assert count_by_postings(database, clause, [plain("late")]) == 1


def test_no_postings_count_while_a_backup_is_restored(database: Database) -> None:
    store_documents(database, DOCUMENTS, origin="a test")
    assert seal(database)
    value(database, "CREATE (:Counter {name: 'restore', value: 1}) RETURN 1")
    suspend(database)
    assert seal(database) is None
    assert not is_ready(database)
    value(database, "MATCH (c:Counter {name: 'restore'}) DELETE c RETURN count(*)")
    assert seal(database)
    check(database)


def test_readers_count_exactly_while_others_upload_and_seal(database: Database) -> None:
    """All documents have one root in common packages, so that the count only grows."""
    zlib = node("zlib", "1.3")
    apps = [
        parse(dumped(document(node(f"app{i}", "1.0", [(zlib, ["link"])]), zlib))) for i in range(64)
    ]
    store_documents(database, apps[:1], origin="a test")
    seal(database)
    clause: list[Clause] = [(Literal("built_with", set=0),), (Literal("deployed_with", set=0),)]
    done: list[int] = []

    def upload(part: int) -> None:
        for each in apps[part::16]:
            store_documents(database, [each], origin="a test")
            done.append(1)

    def count() -> list[tuple[int, int, int]]:
        seen = []
        for _ in range(15):
            before = len(done)
            counted = count_by_postings(database, clause, [plain("zlib")])
            if counted is not None:
                seen.append((before, counted, len(apps)))
        return seen

    with ThreadPoolExecutor(20) as pool:
        uploads = [pool.submit(upload, part) for part in range(16)]
        counts = [pool.submit(count) for _ in range(2)]
        sealings = pool.submit(lambda: [seal(Database(database.driver)) for _ in range(4)])
        for each in uploads:
            each.result()
        sealings.result()
        for reader in counts:
            for before, counted, most in reader.result():
                # The first app is uploaded twice; the second time it is not new.
                assert before - 1 <= counted <= most
    seal(database)
    assert count_by_postings(database, clause, [plain("zlib")]) == len(apps)


def test_segments_of_similar_size_are_joined() -> None:
    small = [Segment(number, 100) for number in range(sealing.SIMILAR)]
    large = Segment(99, 80_000)
    waiting = Waiting(0, 0, 90_000)
    assert segments_to_join([large, *small[:-1]], waiting) == []
    assert segments_to_join([large, *small], waiting) == small
    assert segments_to_join([large, *small], Waiting(0, 5_000, 90_000)) == [large, *small]


def test_what_postings_do_not_decide_is_not_counted_by_them(database: Database) -> None:
    store_documents(database, DOCUMENTS, origin="a test")
    seal(database)
    sets: list[Any] = [
        plain("zlib"),
        filter_nodes(SpecConstraint(name="zlib", namespace="builtin")),
    ]
    for clauses in (
        [],
        [(Literal("built_with", set=1),)],
        [(Literal("built_with", set=0, negated=True),)],
        [(Literal("built_with", set=0), Literal("deployed_with", set=0, negated=True))],
        [(Literal("self", set=0),)],
        [(Literal("built_with", set=0, proper=True),)],
    ):
        assert count_by_postings(database, clauses, sets) is None
