"""Splices that real Spack installed: several contents of a hash, and records that lost their parts.

`tests/data/spliced-store` holds what Spack 1.1.0 left of seven splices of `app`.
"""

import itertools
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cypher.run import Database
from loaders.pipeline.reports import Outcome
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.specs import store_documents
from tests.documents import DATA, document, dumped, node
from tests.effort import scale_effort
from tests.graph import snapshot, value, wipe
from tests.loading import load

STORE = DATA / "spliced-store" / "opt"
INDEX = STORE / ".spack-db" / "index.json"
FOLDERS = sorted(path.parent for path in STORE.glob("*/.spack/spec.json"))

slow_database = settings(
    max_examples=scale_effort(4),
    deadline=None,
    # Each example loads a store twice, so one that fails is shown as it is.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ANNOTATED = {"annotations": {"original_specfile_version": 5}}

CONTENTS = """
MATCH (s:Root {name: 'app'})
OPTIONAL MATCH (s)-[:SPLICED_FROM]->(b)
WITH s, b ORDER BY s.uid
RETURN collect([left(s.hash, 7), s.spliced, left(b.hash, 7),
  COLLECT { MATCH (s)-[:DEPENDS_ON]->(x {name: 'libfoo'}) RETURN x.version }[0]])
"""


def read(path: Path) -> SpecDocument:
    return parse_document(path.read_bytes(), allow_unverified=True)


def folder(start: str) -> Path:
    """Return the install folder whose name starts like this."""
    found = [path for path in FOLDERS if path.parent.name.startswith(start)]
    assert len(found) == 1, start
    return found[0]


def add(database: Database, path: Path) -> None:
    """Load an install folder or the index, as one of several loads."""
    report, _ = load(database, [path])
    assert not report.outcomes[Outcome.REFUSED]


def test_every_splice_of_a_store_is_found_as_it_is_on_disk(database: Database) -> None:
    add(database, STORE)
    assert sorted(value(database, CONTENTS), key=str) == sorted(
        [
            ["53qonj3", True, "rduow63", "1.3"],
            ["5dkacqu", True, "rduow63", "1.0"],
            ["dv7fgjo", True, "rduow63", "1.0"],
            ["ekhqpr4", True, "rduow63", "1.1"],
            ["ekhqpr4", True, "rduow63", "1.4"],
            ["ezflhkt", True, "rduow63", "1.0"],
            ["rduow63", False, None, "1.0"],
            ["zyvos4c", True, "ekhqpr4", "1.1"],
        ],
        key=str,
    )


def test_an_index_alone_says_that_its_splices_were_spliced(database: Database) -> None:
    add(database, INDEX)
    found = value(
        database,
        "MATCH (s:Root {name: 'app'}) WITH s ORDER BY s.hash "
        "RETURN collect([left(s.hash, 7), s.spliced, s.stripped])",
    )
    assert {(hash_, spliced) for hash_, spliced, _ in found} == {
        *((hash_, True) for hash_ in ("53qonj3", "5dkacqu", "dv7fgjo", "ekhqpr4", "ezflhkt")),
        ("zyvos4c", True),
        ("rduow63", False),
    }
    # With an unknown build spec nothing is known of the build, rather than something wrong.
    built = "MATCH (s:Root {name: 'app'}) WHERE s.hash STARTS WITH $hash "
    built += "RETURN COUNT { (s)-[:BUILT_WITH]->() }"
    assert value(database, built, hash="dv7fgjo") == 0
    # The end of the hash names the build spec, if it is there.
    inferred = "MATCH (s:Root)-[k:SPLICED_FROM]->(b) WHERE s.hash STARTS WITH $hash "
    inferred += "RETURN [k.inferred, left(b.hash, 7)]"
    assert value(database, inferred, hash="53qonj3") == [True, "rduow63"]


def specs_of(database: Database) -> tuple[list[Any], list[Any]]:
    """Return the contents with all edges between them and their documents, and what happened.

    What happened is by hash: which of two contents that look alike from a database an installation
    is of may depend on which of them was known first.
    """
    nodes, edges = snapshot(database)
    specs = [
        (labels, tuple(pair for pair in properties if pair[0] not in ("installed_at", "on_disk")))
        for labels, properties in nodes
        if "Spec" in labels
    ]
    events = ("OF", "BUILT", "INSTALLED_FILE")
    kept = (*events, "DEPENDS_ON", "SPLICED_FROM", "BUILT_WITH", "DEPLOYED_WITH", "DESCRIBES")
    return specs, sorted(
        (kind, source[:32], target[:32]) if kind in events else (kind, source, target)
        for kind, source, target, _ in edges
        if kind in kept
    )


@slow_database
@given(st.randoms(use_true_random=False))
def test_the_graph_does_not_depend_on_the_order_of_evidence(
    database: Database, shuffler: random.Random
) -> None:
    """A hash with several contents, seen in install folders, nested documents and the index."""
    evidence = [*FOLDERS, INDEX]
    evidence = shuffler.sample(evidence, shuffler.randint(2, len(evidence)))
    wipe(database)
    for path in sorted(evidence):
        add(database, path)
    expected = specs_of(database)
    shuffler.shuffle(evidence)
    wipe(database)
    for path in evidence:
        add(database, path)
    assert specs_of(database) == expected


def test_sixteen_uploaders_of_conflicting_documents_give_one_graph(database: Database) -> None:
    documents = [read(path / "spec.json") for path in FOLDERS]
    for each in documents:
        store_documents(database, [each], origin="a test")
    expected = snapshot(database)
    wipe(database)

    def upload(seed: int) -> None:
        shuffled = list(documents)
        random.Random(seed).shuffle(shuffled)
        for each in shuffled:
            store_documents(database, [each], origin="a test")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(upload, range(16)))
    assert snapshot(database) == expected


def _stripped(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as Spack's database passes it on."""
    return {key: value for key, value in record.items() if key != "build_spec"}


def splice_documents() -> tuple[SpecDocument, SpecDocument, SpecDocument]:
    """Return the documents of a build, of a splice of it, and of the splice without build spec."""
    mpich, mvapich = node("mpich", "3.4"), node("mvapich2", "2.3")
    built = node("app", "1.0", [(mpich, ["build", "link"])], **ANNOTATED)
    spliced = node("app", "1.0", [(mvapich, ["link"])], build_spec=built, **ANNOTATED)
    texts = (
        document(built, mpich),
        document(spliced, built, mpich, mvapich),
        document(_stripped(spliced), mvapich),
    )
    one, two, three = (parse_document(dumped(each)) for each in texts)
    return one, two, three


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_stripped_record_is_the_splice_it_was_stripped_from(
    database: Database, order: Sequence[int]
) -> None:
    documents = splice_documents()
    for index in order:
        store_documents(database, [documents[index]], origin="a test")
    shown = "MATCH (s:Spec {name: 'app', spliced: true})-[k:SPLICED_FROM]->(b) "
    shown += "RETURN [count(s), head(collect(k.inferred)), head(collect(b.name))]"
    assert value(database, shown) == [1, None, "app"]
    sides = "MATCH (s:Root {spliced: true})-[e:BUILT_WITH|DEPLOYED_WITH]->(x) "
    sides += "WITH type(e) + ' ' + x.name AS side ORDER BY side RETURN collect(side)"
    assert value(database, sides) == [
        "BUILT_WITH app",
        "BUILT_WITH mpich",
        "DEPLOYED_WITH app",
        "DEPLOYED_WITH mvapich2",
    ]
    stripped = documents[2]
    exact = "MATCH (d:Document {digest: $digest})-[:HOLDS]->(c) RETURN count(c)"
    assert value(database, exact, digest=stripped.digest) == 1


def test_the_contents_of_a_hash_keep_their_own_dependencies(database: Database) -> None:
    for start in ("app-1.0-ekhqpr4", "libmid-3.0-o54behp", "fmpi-a-1.0-jkb7moezc7qhqb2figdwv5u2op"):
        add(database, folder(start))
    add(database, INDEX)
    reached = "MATCH (s:Root {name: 'app'})-[:DEPLOYED_WITH]->(x {name: 'libfoo'}) "
    reached += "WHERE s.hash STARTS WITH 'ekhqpr4' WITH s, collect(x.version) AS versions "
    reached += "ORDER BY versions[0] RETURN collect(versions)"
    assert value(database, reached) == [["1.1"], ["1.4"]]


def test_an_installation_is_of_the_content_that_the_index_describes(database: Database) -> None:
    add(database, folder("app-1.0-ekhqpr4"))
    add(database, INDEX)
    installed = "MATCH (i:Installation)-[:OF]->(s)-[:DEPENDS_ON]->(x {name: 'libfoo'}) "
    installed += (
        "WHERE i.hash STARTS WITH 'ekhqpr4' RETURN collect([x.version, s.installed_at > 0])"
    )
    assert value(database, installed) == [["1.1", True]]
    on_disk = "MATCH (s:Spec {on_disk: true})-[:DEPENDS_ON]->(x {name: 'libfoo'}) "
    on_disk += "RETURN collect(x.version)"
    assert value(database, on_disk) == ["1.4"]


def test_a_splice_with_the_hash_of_its_build_spec_is_another_content(database: Database) -> None:
    mpich, mvapich = node("mpich", "3.4"), node("mvapich2", "2.3")
    built = node("app", "1.0", [(mpich, ["build", "link"])])
    spliced = node("app", "1.0", [(mvapich, ["link"])], build_spec=built)
    wrong = {**json.loads(json.dumps(spliced)), "hash": built["hash"]}
    for each in (document(built, mpich), document(wrong, mvapich)):
        store_documents(
            database, [parse_document(dumped(each), allow_unverified=True)], origin="a test"
        )
    found = "MATCH (s:Spec {hash: $hash}) WITH s ORDER BY s.uid RETURN collect(s.spliced)"
    assert value(database, found, hash=built["hash"]) == [False, True]
    chain = "MATCH (s:Spec {hash: $hash})-[:SPLICED_FROM]->(b) RETURN b.uid"
    assert value(database, chain, hash=built["hash"]) == built["hash"]
