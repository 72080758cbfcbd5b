"""Facts tell rows apart, whichever of them a list shows."""

from typing import Any

from cypher.run import Database
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from service.queries.row_facts import mark_facts
from tests.documents import document, dumped, node
from tests.graph import value


def test_dependencies_tell_rows_apart_that_only_dates_of_specs_would(database: Database) -> None:
    for day, version in enumerate(("1.2", "1.3"), start=10):
        zlib = node("zlib", version)
        app = node("app", "1.0", [(zlib, ["link"])])
        store_documents(
            database, [parse_document(dumped(document(app, zlib)))], origin=f"test {day}"
        )
        statement = "MATCH (s:Spec {hash: $hash}) SET s.load = $load RETURN count(*)"
        assert value(database, statement, hash=app["hash"], load=f"202611{day}") == 1
    uids = value(database, "MATCH (s:Spec {name: 'app'}) RETURN collect(s.uid)")
    specs: list[dict[str, Any]] = [{"uid": uid} for uid in uids]
    mark_facts(database, specs)
    assert sorted(each["facts"]["date"] for each in specs) == ["2026-11-10", "2026-11-11"]
    files: list[dict[str, Any]] = [{"spec_uid": uid} for uid in uids]
    mark_facts(database, files, key="spec_uid")
    shown = sorted(each["facts"]["dependencies"] for each in files)
    assert [each.partition("/")[0] for each in shown] == ["^zlib@1.2", "^zlib@1.3"]
