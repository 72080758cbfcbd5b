"""Deleting roots: after it the graph is as if they had never been uploaded."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cypher.run import Database
from loaders.errors import StillNeededError
from loaders.specs.contents import hash_of
from loaders.specs.document import SpecDocument, parse_document
from loaders.store.removal.preview import preview_root
from loaders.store.removal.specs import SpecGoneError, delete_root
from loaders.store.removal.unused import Tally
from loaders.store.spec_writes import LoadMemory
from loaders.store.specs import store_documents
from tests.documents import SPECS, SPLICED, document, dumped, named, node
from tests.effort import scale_effort
from tests.graph import value, wipe
from tests.loaders.store.removal.graphs import contents, random_documents, root_of, store

pytestmark = pytest.mark.container

slow_database = settings(
    max_examples=scale_effort(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def delete(database: Database, deleted: SpecDocument) -> Tally:
    tally = Tally()
    delete_root(database, root_of(deleted), tally)
    return tally


def damages(one: SpecDocument, other: SpecDocument) -> bool:
    """Return whether one document has a damaged copy of a spec of the other one."""
    copies = {hash_of(each) for each in one.order if each != hash_of(each)}
    return not copies.isdisjoint(other.uids)


@slow_database
@given(st.randoms(use_true_random=False))
def test_a_deleted_root_leaves_nothing_behind(database: Database, rng: random.Random) -> None:
    documents = random_documents(rng, specs=12, roots=4)
    *others, deleted = documents
    wipe(database)
    store(database, *others)
    expected = contents(database)
    wipe(database)
    for each in rng.sample(documents, len(documents)):
        store(database, each)
    before = contents(database)
    try:
        foreseen = preview_root(database, root_of(deleted))[1].tally.counts
        tally = delete(database, deleted)
    except StillNeededError:
        assert contents(database) == before
        return
    assert (tally.counts["Spec"], tally.counts["Document"]) == (foreseen["Spec"], 1)
    assert contents(database) == expected


def test_real_specs_and_splices_go_as_they_came(database: Database) -> None:
    documents = [
        parse_document(path.read_bytes(), allow_unverified=True) for path in [*SPECS, *SPLICED]
    ]
    rng = random.Random(17)
    deleted = refused = 0
    for _ in range(40):
        kept, gone = rng.sample(documents, 2)
        if kept.digest == gone.digest or damages(kept, gone):
            continue
        wipe(database)
        store(database, kept)
        expected = contents(database)
        store(database, gone)
        try:
            delete(database, gone)
        except StillNeededError:
            refused += 1
            continue
        deleted += 1
        assert contents(database) == expected, (kept.root.name, gone.root.name)
        delete(database, kept)
        assert contents(database) == ([], [])
    assert deleted > 15, refused


def app_and_library() -> tuple[SpecDocument, SpecDocument]:
    zlib = node("zlib", "1.3")
    lib = node("lib", "2.0", [(zlib, ["link"])])
    app = node("app", "1.0", [(lib, ["link"])])
    whole, part = document(app, lib, zlib), document(lib, zlib)
    return parse_document(dumped(whole)), parse_document(dumped(part))


def test_a_spec_that_others_depend_on_stays_and_they_are_named(database: Database) -> None:
    app, lib = app_and_library()
    store(database, app, lib)
    before = contents(database)
    with pytest.raises(StillNeededError) as caught:
        delete(database, lib)
    assert contents(database) == before
    assert caught.value.needs == [
        {"kind": "dependent", "count": 1, "names": [f"app@1.0/{app.root.hash[:7]}"]}
    ]
    assert "lib@2.0/" in str(caught.value)
    delete(database, app)
    delete(database, lib)
    assert contents(database) == ([], [])
    with pytest.raises(SpecGoneError):
        delete(database, lib)


def test_what_stays_below_a_deleted_root_has_a_reason(database: Database) -> None:
    app, lib = app_and_library()
    store(database, app, lib)
    _, preview = preview_root(database, root_of(app))
    assert preview.tally.as_dict() == {"Document": 1, "Spec": 1}
    assert [(each["name"], each["reason"]) for each in preview.kept] == [
        ("lib", "it is a root itself"),
        ("zlib", "another spec depends on it"),
    ]


def test_an_inferred_build_spec_does_not_forbid_anything(database: Database) -> None:
    zlib = node("zlib", "1.3")
    build_spec = node("app", "1.0", [(zlib, ["link"])])
    # The hash of a splice ends as that of its build spec does; the record has lost the build spec.
    stripped = {**node("app", "1.0", [(node("zlib", "1.4"), ["link"])])}
    stripped["hash"] = stripped["hash"][:25] + build_spec["hash"][25:]
    splice = parse_document(dumped(document(stripped, node("zlib", "1.4"))), allow_unverified=True)
    store(database, splice)
    expected = contents(database)
    built = parse_document(dumped(document(build_spec, zlib)))
    store(database, built)
    inferred = "MATCH (:Spec)-[r:SPLICED_FROM {inferred: true}]->(:Spec) RETURN count(r)"
    if not value(database, inferred):
        pytest.skip("this record does not count as a splice")
    delete(database, built)
    assert contents(database) == expected


def test_a_load_forgets_what_it_knows_once_something_was_deleted(database: Database) -> None:
    app, lib = app_and_library()
    memory = LoadMemory()
    store_documents(database, [lib], origin="a test", memory=memory)
    delete(database, lib)
    store_documents(database, [app], origin="a test", memory=memory)
    after = contents(database)
    wipe(database)
    store(database, app)
    assert contents(database) == after


def test_deletions_beside_uploads_leave_no_edge_without_an_end(database: Database) -> None:
    """Shared dependencies are deleted again and again while dependents of them are uploaded."""
    rng = random.Random(7)
    documents = random_documents(rng, specs=30, roots=16)
    store(database, *documents)
    expected = contents(database)
    wipe(database)
    done = threading.Event()
    deleted = [0]

    def delete_all() -> None:
        picker = random.Random(1)
        while not done.is_set():
            try:
                delete(database, picker.choice(documents))
                deleted[0] += 1
            except (StillNeededError, SpecGoneError):
                continue

    def upload(seed: int) -> None:
        memory = LoadMemory()
        for number in range(40):
            if number >= 4 and deleted[0] > 20:
                return
            for each in random.Random(seed).sample(documents, len(documents)):
                store_documents(database, [each], origin="a test", memory=memory)

    with ThreadPoolExecutor(6) as pool:
        deleters = [pool.submit(delete_all) for _ in range(2)]
        uploads = [pool.submit(upload, seed) for seed in range(4)]
        try:
            for each in uploads:
                each.result()
        finally:
            done.set()
        for each in deleters:
            each.result()
    assert deleted[0] > 20
    # Whatever is left is whole: every document that is there has all below it, with all edges.
    left = contents(database)
    roots = {dict(properties)["uid"] for labels, properties in left[0] if "Root" in labels}
    wipe(database)
    store(database, *(each for each in documents if root_of(each) in roots))
    assert contents(database) == left
    store(database, *documents)
    assert contents(database) == expected


def test_a_content_that_shares_its_hash_goes_alone(database: Database) -> None:
    spec = parse_document(named("lab-suite").read_bytes())
    store(database, spec)
    tally = delete(database, spec)
    assert tally.counts["Spec"] == len(spec.nodes)
    assert contents(database) == ([], [])
