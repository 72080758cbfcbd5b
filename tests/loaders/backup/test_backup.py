import threading
from pathlib import Path

import pytest
import zstandard

from cypher.run import Database
from graph_models import NODE_MODELS
from graph_models.schema import relationships_of
from loaders.backup.archive import BackupError
from loaders.backup.dump import OutdatedGraphError, write_backup
from loaders.backup.kinds import DERIVED, DERIVED_KINDS, INCOMING, KEYS, KINDS, OUTGOING, PART_TYPES
from loaders.backup.restore import restore_backup
from loaders.specs.document import parse_document
from loaders.store.migrations import SCHEMA_VERSION
from loaders.store.type_comparisons import TypeComparison, store_type_comparisons
from service.queries.stored_dags import load_document
from tests.documents import SPECS, SPLICED, document, dumped, node
from tests.files_of_specs import elf, store_files
from tests.graph import value
from tests.loaders.backup.whole_graph import (
    back_up,
    checked,
    content,
    make_empty,
    properties,
)
from tests.loaders.store.test_specs import read, store


def test_every_label_and_relationship_of_the_models_is_in_a_backup() -> None:
    parts = {label for _, label in PART_TYPES.values()}
    assert {model.__label__ for model in NODE_MODELS} == {*KINDS, *parts} | DERIVED_KINDS
    carried = {(kind, name, end) for kind in OUTGOING for name, end in OUTGOING[kind].items()}
    carried |= {
        (start, name, kind) for kind, names in INCOMING.items() for name, start in names.items()
    }
    carried |= {(kind, name, label) for kind, (name, label) in PART_TYPES.items()}
    modelled = {
        (model.__label__, name, end)
        for model in NODE_MODELS
        for name, end in relationships_of(model)
        if name not in DERIVED
    }
    assert carried == modelled


def test_the_statements_know_every_kind_and_its_key() -> None:
    import cypher

    for name in ("units_in_order", "units_of_keys", "set_nodes", "create_edges"):
        text = cypher.statement(name).text
        for kind in KINDS:
            assert f"(n:{kind}" in text or f"(a:{kind} {{{KEYS[kind]}" in text, (name, kind)
            assert f"{{{KEYS[kind]}: " in text or f"n.{KEYS[kind]} > " in text


def test_a_graph_keeps_what_a_backup_does_not_have(database: Database, tmp_path: Path) -> None:
    make_empty(database)
    store(database, read(SPECS[0]))
    back_up(database, tmp_path / "backup")
    make_empty(database)
    app = node("app")
    store(database, parse_document(dumped(document(app))))
    restore_backup(database, checked(tmp_path / "backup"))
    roots = {each["hash"] for each in properties(database, "(n:Root)")}
    assert roots == {app["hash"], read(SPECS[0]).root.hash}


def test_a_comparison_of_two_libraries_is_in_a_backup(database: Database, tmp_path: Path) -> None:
    make_empty(database)
    app = node("app")
    store(database, parse_document(dumped(document(app))))
    files = {f"lib{each}.so": elf(soname=f"lib{each}.so") for each in "ab"}
    first, second = store_files(database, app, files).values()
    # In either order of their keys: the one that is restored first may refer to the other.
    for one, other in ((first, second), (second, first)):
        compared = TypeComparison(one, other, "changed", ["f"], ["struct s"], "abidiff 2.2.0")
        assert store_type_comparisons(database, [compared]) == 1
    before = content(database)
    back_up(database, tmp_path / "backup")
    make_empty(database)
    restore_backup(database, checked(tmp_path / "backup"))
    assert content(database) == before


def test_a_backup_fills_a_stub_and_extends_what_was_built_with_it(
    database: Database, tmp_path: Path
) -> None:
    zlib = node("zlib", "1.3")
    original = node("app", "1.0", [(zlib, ["build"])])
    splice = node("app", "1.0", build_spec=original)
    complete = parse_document(dumped(document(splice, original, zlib)))
    make_empty(database)
    store(database, complete)
    before = content(database)
    back_up(database, tmp_path / "backup")
    make_empty(database)
    store(database, parse_document(dumped(document(splice))))
    assert value(database, "MATCH (s:Spec {stub: true}) RETURN count(s)") == 1
    restore_backup(database, checked(tmp_path / "backup"))
    assert value(database, "MATCH (s:Spec {stub: true}) RETURN count(s)") == 0
    built = "MATCH (:Root)-[:BUILT_WITH]->(x) WITH DISTINCT x.name AS name ORDER BY name "
    assert value(database, built + "RETURN collect(name)") == ["app", "zlib"]
    assert len(before[1]) <= len(content(database)[1])


def test_numbers_that_two_graphs_gave_out_stay_unique(database: Database, tmp_path: Path) -> None:
    def announce(uid: str) -> None:
        with database.driver.session() as session:
            session.run(
                "MERGE (s:Spec {uid: 'a', hash: 'a', stub: true}) "
                "CREATE (:Announcement {uid: $uid, number: 1})-[:OF]->(s) "
                "MERGE (c:Counter {name: 'announcements'}) SET c.value = 1",
                uid=uid,
            ).consume()

    make_empty(database)
    announce("first")
    back_up(database, tmp_path / "backup")
    make_empty(database)
    announce("second")
    restore_backup(database, checked(tmp_path / "backup"))
    numbers = {each["uid"]: each["number"] for each in properties(database, "(n:Announcement)")}
    assert numbers == {"first": 2, "second": 1}
    assert value(database, "MATCH (c:Counter {name: 'announcements'}) RETURN c.value") == 2


def check_documents(database: Database) -> int:
    """Assert that every document can be returned exactly; return how many there are."""
    digests = value(database, "MATCH (d:Document)-->(s:Spec) RETURN collect([d.digest, s.uid])")
    for digest, uid in digests:
        dag = load_document(database, uid, digest)
        assert dag is not None
        assert parse_document(dag.original_document(), allow_unverified=True).digest == digest
    return len(digests)


DANGLING = "MATCH (d:Document) WHERE NOT EXISTS { (d)-[:DESCRIBES]->(:Root) } RETURN count(d)"


def test_uploads_between_any_two_pages_leave_no_half_document(
    database: Database, tmp_path: Path
) -> None:
    make_empty(database)
    store(database, *(read(path) for path in SPECS[:10]))
    later = [read(path) for path in [*SPLICED, *SPECS[10:]]]

    def upload(kind: str, count: int) -> None:
        if later:
            store(database, later.pop())

    write_backup(database, tmp_path / "backup", program="0", on_units=upload)
    make_empty(database)
    restore_backup(database, checked(tmp_path / "backup"))
    assert check_documents(database) >= 10
    assert value(database, DANGLING) == 0


def test_what_is_deleted_meanwhile_is_not_in_the_backup(database: Database, tmp_path: Path) -> None:
    make_empty(database)
    store(database, *(read(path) for path in SPECS[:10]))
    victim = node("victim")["hash"]
    store(database, parse_document(dumped(document(node("victim")))))

    def delete(kind: str, count: int) -> None:
        # After its document was written, and before the spec is.
        if kind == "Document":
            with database.driver.session() as session:
                session.run(
                    "MATCH (s:Spec {uid: $uid}) OPTIONAL MATCH (d:Document)-[:DESCRIBES]->(s) "
                    "DETACH DELETE d, s",
                    uid=victim,
                ).consume()

    written = write_backup(database, tmp_path / "backup", program="0", on_units=delete)
    assert written.amendments > 0
    make_empty(database)
    restore_backup(database, checked(tmp_path / "backup"))
    assert check_documents(database) == 10
    assert value(database, f"MATCH (s:Spec {{uid: '{victim}'}}) RETURN count(s)") == 0


def test_a_damaged_graph_is_backed_up_with_a_warning(database: Database, tmp_path: Path) -> None:
    make_empty(database)
    store(database, read(SPECS[0]))
    lost = read(SPECS[0]).order[-1]
    with database.driver.session() as session:
        session.run("MATCH (s:Spec {hash: $lost}) DETACH DELETE s", lost=lost).consume()
    before = content(database)
    written = back_up(database, tmp_path / "backup")
    assert written.missing == [("record", lost)]
    make_empty(database)
    restore_backup(database, checked(tmp_path / "backup"))
    assert content(database)[0] == before[0]


def test_a_backup_is_complete_while_other_threads_upload(
    database: Database, tmp_path: Path
) -> None:
    make_empty(database)
    documents = [read(path) for path in [*SPECS[:40], *SPLICED]]
    store(database, *documents[:5])
    started = threading.Event()

    def go() -> None:
        for each in documents[5:]:
            store(database, each)
            started.set()

    worker = threading.Thread(target=go)
    worker.start()
    try:
        started.wait(60)
        back_up(database, tmp_path / "during")
    finally:
        worker.join()
    back_up(database, tmp_path / "after")
    before = content(database)
    make_empty(database)
    restore_backup(database, checked(tmp_path / "during"))
    assert check_documents(database) >= 5
    # The rest, uploaded again or restored, gives the whole graph.
    restore_backup(database, checked(tmp_path / "after"))
    assert [len(each) for each in content(database)] == [len(each) for each in before]


@pytest.fixture
def small(database: Database, tmp_path: Path) -> Path:
    make_empty(database)
    store(database, read(SPECS[0]))
    back_up(database, tmp_path / "small")
    return tmp_path / "small"


def refused(path: Path) -> str:
    with pytest.raises(BackupError) as caught:
        checked(path)
    return str(caught.value)


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes in the decompressed backup, once."""
    with path.open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    assert old in text
    path.write_bytes(zstandard.compress(text.replace(old, new, 1)))
    return path


def test_a_truncated_backup_is_refused_wherever_it_ends(small: Path) -> None:
    whole = small.read_bytes()
    for length in (0, 3, 4, 10, len(whole) // 2, len(whole) - 1):
        small.write_bytes(whole[:length])
        assert "truncated" in refused(small) or "not a backup" in refused(small)


def test_a_changed_byte_is_noticed(small: Path) -> None:
    whole = bytearray(small.read_bytes())
    for place in range(8, len(whole), len(whole) // 23):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        small.write_bytes(changed)
        assert refused(small)


def test_a_missing_line_is_noticed(small: Path) -> None:
    with small.open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
    lines = text.splitlines(keepends=True)
    small.write_bytes(zstandard.compress(b"".join(lines[:3] + lines[4:])))
    assert "digest" in refused(small)
    small.write_bytes(zstandard.compress(b"".join(lines[:-1])))
    assert "truncated" in refused(small)


def test_another_file_is_refused(small: Path) -> None:
    small.write_bytes(SPECS[0].read_bytes())
    assert refused(small) == "it is not a backup of Specgraph"
    small.write_bytes(zstandard.compress(SPECS[0].read_bytes()))
    assert "not a backup of Specgraph" in refused(small)


def test_a_newer_backup_is_refused_and_names_what_wrote_it(small: Path) -> None:
    rewritten(small, b'"version":1', b'"version":7')
    assert "format has version 7" in refused(small)
    assert "Specgraph of the tests or a newer one" in refused(small)


def test_a_backup_of_a_newer_schema_is_refused(small: Path) -> None:
    rewritten(small, b'"schema":%d' % SCHEMA_VERSION, b'"schema":77')
    assert "schema has version 77" in refused(small)


def test_a_graph_before_backups_is_not_backed_up(database: Database, tmp_path: Path) -> None:
    make_empty(database)
    with database.driver.session() as session:
        session.run("MATCH (c:Counter) DELETE c CREATE (:Spec {hash: 'a'})").consume()
    with pytest.raises(OutdatedGraphError, match="copy the data directory"):
        back_up(database, tmp_path / "backup")
