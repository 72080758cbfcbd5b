"""The offline import gives the graph that transactions give."""

from pathlib import Path

import pytest

from cypher.run import Database
from loaders.backup.archive import Unit
from loaders.backup.closures import Closures
from loaders.backup.import_files import NotImportableError, write_import_files
from service.embedded import EmbeddedError, has_database, import_graph
from tests.documents import SPECS
from tests.loaders.backup.whole_graph import (
    back_up,
    checked,
    make_empty,
)
from tests.loaders.store.test_specs import read, store


@pytest.mark.embedded
def test_a_failed_import_leaves_no_database(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="offline import failed"):
        import_graph(tmp_path / "data", ["--nodes=Spec=/does/not/exist.csv"])
    assert not has_database(tmp_path / "data")


def test_a_database_is_never_imported_over(tmp_path: Path) -> None:
    (tmp_path / "data" / "databases").mkdir(parents=True)
    with pytest.raises(EmbeddedError, match="There is a database"):
        import_graph(tmp_path, [])
    assert (tmp_path / "data" / "databases").is_dir()


def test_a_value_that_the_import_cannot_write_is_refused(
    database: Database, tmp_path: Path
) -> None:
    make_empty(database)
    store(database, read(SPECS[0]))
    for number, strange in enumerate(("[1.5]", "1.5", "['']", "['a\\u001fb']")):
        with database.driver.session() as session:
            session.run(f"MATCH (r:Root) SET r.variants = {strange}").consume()
        back_up(database, tmp_path / "backup")
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(NotImportableError):
            write_import_files(checked(tmp_path / "backup"), folder)


def test_closures_follow_build_specs_to_their_ends() -> None:
    def spec(name: str, *edges: tuple[str, str, bool], stripped: bool = False) -> Unit:
        made = [(kind, key, {"runtime": runtime}) for kind, key, runtime in edges]
        return Unit("Spec", name, {"stripped": True} if stripped else {}, made)

    closures = Closures()
    for unit in (
        spec("splice", ("DEPENDS_ON", "new", True), ("SPLICED_FROM", "original", False)),
        spec("original", ("DEPENDS_ON", "old", True), ("DEPENDS_ON", "tool", False)),
        spec("tool", ("SPLICED_FROM", "tool-original", False)),
        spec("new"),
        spec("lost", ("DEPENDS_ON", "new", True), stripped=True),
    ):
        closures.add(unit)
    assert dict(closures.of("splice")) == {
        "DEPLOYED_WITH": ["new", "splice"],
        "BUILT_WITH": ["old", "original", "tool", "tool-original"],
    }
    assert dict(closures.of("lost")) == {"DEPLOYED_WITH": ["lost", "new"], "BUILT_WITH": []}
