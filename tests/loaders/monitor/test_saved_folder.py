"""Folders in which a client saved its messages are loaded like uploads."""

import pytest

from cypher.run import Database
from loaders.pipeline.reports import Outcome
from tests.documents import DATA
from tests.loading import load

BUILDS = """
MATCH (b:Build)
OPTIONAL MATCH (b)-[:BLAMES]->(c:Spec)
RETURN b.name AS name, b.status AS status, b.failed_phase AS phase, c.name AS culprit
ORDER BY name
"""


@pytest.mark.parametrize("release", ["v0.17.3", "v0.18.1"])
def test_a_saved_folder_has_the_failure_and_the_skipped_dependent(
    database: Database, release: str
) -> None:
    folder = DATA / "ms1" / "saved" / release
    for new in (2, 0):
        totals, reports = load(database, [folder])
        counts = {"build_records": 2, "builds": 2, "new_builds": new, "failed": 1, "skipped": 1}
        assert totals.counts == counts
        assert {each.outcome for each in reports} <= {Outcome.STORED, Outcome.KNOWN}
        with database.driver.session() as session:
            found = [tuple(each.values()) for each in session.run(BUILDS)]
        assert found == [
            ("tinyfail", "failed", "build", None),
            ("tinyuser", "skipped", None, "tinyfail"),
        ]
    assert {each.outcome for each in reports} == {Outcome.KNOWN}
