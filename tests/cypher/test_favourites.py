"""The named queries for Neo4j Browser, on the samples of the demonstration and some builds."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from cypher.favourites import FOLDER, browser_style, favourites, zip_archive
from cypher.run import Database
from loaders.load_options import LoadOptions
from tests.graph import SharedGraph
from tests.loading import load

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "service" / "samples"
DATA = PROJECT / "tests" / "data"
NARROW = 55
"""What a line of the guide at the side of the Browser holds."""
SHORT = 26
"""What a line of the list of favourites shows of a name."""


@pytest.fixture
def samples(shared_graph: SharedGraph) -> Database:
    shared_graph.hold("samples, builds and collections", load_samples)
    return shared_graph.database


def load_samples(database: Database) -> None:
    load(database, [SAMPLES])
    for folder in ("store", "collections"):
        load(database, [DATA / folder], LoadOptions(site="testing"))


def ask(database: Database, query: str) -> list[dict[str, object]]:
    with database.driver.session() as session:
        return session.run(query).data()


@pytest.mark.parametrize("key", favourites())
def test_each_returns_rows_as_it_is(samples: Database, key: str) -> None:
    favourite = favourites()[key]
    assert ask(samples, favourite.text)
    assert ask(samples, favourite.text) == ask(samples, favourite.query)


def test_the_splice_of_the_demonstration_agrees_with_the_service(
    samples: Database,
) -> None:
    rows = ask(samples, favourites()["splice_parts"].query)
    changes = [row["change"] for row in rows]
    counts = {change: changes.count(change) for change in changes}
    assert counts == {"put in": 20, "relinked": 1, "taken out": 4}
    relinked = [row for row in rows if row["change"] == "relinked"]
    assert [row["package"] for row in relinked] == ["parallel-netcdf"]
    assert str(relinked[0]["built_as"]).startswith("hbtaopj")


def test_impact_lists_roots_affected_only_at_build_time(samples: Database) -> None:
    rows = ask(samples, favourites()["impact"].query)
    reached = [(row["reached"], row["package"], row["roots"]) for row in rows]
    assert ("at build time only", "libunwind", 1) in reached
    assert reached[0] == ("at run time", "python", 5)


@pytest.mark.parametrize("key", favourites())
def test_each_has_a_unique_name_and_lines_that_fit(key: str) -> None:
    favourite = favourites()[key]
    assert favourite.text.splitlines()[0] == f"// {favourite.title}"
    assert len(favourite.title) <= SHORT
    assert favourite.about.endswith(".")
    assert "$" not in favourite.query
    assert [each.title for each in favourites().values()].count(favourite.title) == 1
    assert max(map(len, favourite.query.splitlines())) <= NARROW


def test_the_archive_holds_all_in_one_folder() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_archive())) as packed:
        held = {name: packed.read(name).decode() for name in packed.namelist()}
    assert held == {f"{FOLDER}/{k}.cypher": each.text for k, each in favourites().items()}


def test_the_style_names_existing_labels_and_types() -> None:
    text = browser_style()
    rules = re.findall(r"^(node|relationship)\.(\w+) \{", text, re.MULTILINE)
    documented = (PROJECT / "docs" / "schema.md").read_text("utf-8")
    for kind, name in rules:
        told = f"## Node `{name}`" if kind == "node" else f"-[:{name}]->"
        assert told in documented or name == "Root", name
    # The Browser's reader knows neither comments nor colons in captions.
    assert "//" not in text
    assert "/*" not in text
    assert all(line.count(":") == 1 for line in text.splitlines() if ";" in line)
