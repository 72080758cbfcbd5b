from cypher.run import Database
from tests.cli.commands import Commands
from tests.documents import SPECS
from tests.loaders.backup.whole_graph import make_empty
from tests.loaders.store.test_specs import read, store

LOSE = "MATCH (:Root)-[b:BUILT_WITH]->() WITH b LIMIT 1 DELETE b"


def run(database: Database, statement: str) -> None:
    with database.driver.session() as session:
        session.run(statement).consume()


def test_it_says_what_is_wrong_and_what_to_do_until_that_is_done(
    specgraph: Commands, database: Database
) -> None:
    make_empty(database)
    store(database, read(SPECS[0]))
    lines = specgraph.run("doctor").stdout.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    run(database, LOSE)
    said = specgraph.run("doctor", status=1).stdout
    assert "wrong    closures: 1 found" in said
    assert "specgraph doctor --repair" in said
    [wrong] = [each for each in specgraph.json("doctor", status=1) if not each["ok"]]
    assert (wrong["check"], wrong["wrong"], wrong["repaired"]) == ("closures", 1, 0)
    assert "repaired closures: 1 found" in specgraph.run("doctor", "--repair").stdout
    assert "wrong" not in specgraph.run("doctor").stdout


def test_a_notice_is_no_failure(specgraph: Commands, database: Database) -> None:
    make_empty(database)
    run(database, "CREATE (:Variable {digest: 'a', name: 'A'})")
    assert "notice   orphans: 1 found" in specgraph.run("doctor").stdout


def test_it_changes_nothing_in_an_older_graph_and_refuses_a_newer_one(
    specgraph: Commands, database: Database
) -> None:
    make_empty(database)
    store(database, read(SPECS[0]))
    run(database, "MATCH (c:Counter {name: 'schema'}) SET c.value = 1")
    for _ in range(2):
        assert "the graph has version 1" in specgraph.run("doctor", status=1).stdout
    run(database, "MATCH (c:Counter {name: 'schema'}) SET c.value = 99")
    assert "version 99" in specgraph.run("doctor", status=3).stderr
