"""`specgraph delete`, `prune` and `gc`."""

import json
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from tests.cli.commands import Commands
from tests.documents import DATA, document, dumped, node
from tests.graph import value


@pytest.fixture
def app(specgraph: Commands, tmp_path: Path) -> dict[str, Any]:
    zlib = node("zlib", "1.3")
    app = node("app", "1.0", [(zlib, ["link"])])
    path = tmp_path / "spec.json"
    path.write_bytes(dumped(document(app, zlib)))
    specgraph.run("load", str(path))
    return app


def test_deleting_says_what_goes_and_needs_a_yes(
    specgraph: Commands, app: dict[str, Any], database: Database
) -> None:
    refused = specgraph.run("delete", "spec", app["hash"], status=2)
    assert "--yes" in refused.stderr
    foreseen = specgraph.run("delete", "spec", app["hash"], "--dry-run").stdout
    assert "1 Document, 2 Spec would go" in foreseen
    assert f"goes   app@1.0/{app['hash'][:7]}" in foreseen
    assert value(database, "MATCH (s:Spec) RETURN count(s)") == 2
    done = specgraph.run("delete", "spec", f"/{app['hash'][:7]}", "--yes").stdout
    assert f"deleted app@1.0/{app['hash'][:7]}: 1 Document, 2 Spec" in done
    assert value(database, "MATCH (s:Spec) RETURN count(s)") == 0
    assert "no spec has" in specgraph.run("delete", "spec", app["hash"], "--yes", status=4).stderr


def test_a_needed_spec_is_not_deleted(specgraph: Commands, app: dict[str, Any]) -> None:
    zlib = node("zlib", "1.3")["hash"]
    result = specgraph.run("delete", "spec", zlib, "--yes", status=4)
    assert "1 spec depends on it (app@1.0/" in result.output
    foreseen = specgraph.json("delete", "spec", zlib, "--dry-run", status=4)
    assert [each["kind"] for each in foreseen["needs"]] == ["dependent"]


def test_sites_builds_and_environments(specgraph: Commands) -> None:
    paths = (str(DATA / "store"), str(DATA / "collections"))
    specgraph.run("load", *paths, "--site", "here", "--allow-unverified")
    [environment] = specgraph.json("environments")["items"]
    assert environment["uid"][:12] in specgraph.run("environments").stdout
    specgraph.run("delete", "environment", environment["uid"][:12], "--yes")
    build = specgraph.json("builds")["items"][0]["uid"]
    assert specgraph.json("delete", "build", build, "--yes")["removed"]["Build"] == 1
    assert specgraph.json("delete", "site", "here", "--yes")["removed"]["Site"] == 1
    assert specgraph.run("builds", status=1)


def test_prune_and_gc(specgraph: Commands, database: Database) -> None:
    specgraph.run("load", str(DATA / "reports" / "spack-1.1.0"), "--site", "here")
    assert specgraph.json("prune", "--older-than", "50y", "--yes", status=1)["removed"] == {}
    foreseen = specgraph.json("prune", "--older-than", "1h", "--failed-only", "--dry-run")
    failed = value(database, "MATCH (b:Build {status: 'failed'}) RETURN count(b)")
    assert 0 < foreseen["removed"]["Build"] <= failed
    assert "--yes" in specgraph.run("prune", "--older-than", "1h", status=2).stderr
    done = specgraph.run("prune", "--older-than", "1h", "--failed-only", "--yes", "--json").stdout
    assert json.loads(done)["removed"]["Build"] == foreseen["removed"]["Build"]
    wrong = specgraph.run("prune", "--older-than", "soon", "--yes", status=2)
    assert "such as 90d" in wrong.stderr
    specgraph.run("prune", "--older-than", "1d", "--what", "roots", "--site", "x", status=2)
    specgraph.run("gc", status=1)
    with database.driver.session() as session:
        session.run("CREATE (:Blob {digest: 'a'})").consume()
    assert specgraph.json("gc", "--dry-run")["removed"] == {"texts": 1}
    assert specgraph.json("gc")["removed"] == {"Blob": 1}


def test_redact_says_where_a_secret_was(specgraph: Commands, database: Database) -> None:
    path = DATA / "reports" / "spack-1.1.0" / "junit-lab-fail-build-1.1.xml"
    specgraph.run("load", str(path), "--site", "here")
    foreseen = specgraph.run("redact", "undefined_name", "--dry-run", status=1)
    assert "nothing" in foreseen.stdout
    foreseen = specgraph.run("redact", "lab-fail-build", "--dry-run")
    assert "is in:" in foreseen.stdout
    found = specgraph.json("redact", "-", "--yes", given=b"lab-fail-build\n")
    assert found["redacted"]["Blob"] > 0
    assert any(each["owners"] for each in found["places"])
    assert {each["property"] for each in found["kept"]} == {"name"}
    again = specgraph.json("redact", "lab-fail-build", "--yes")
    assert again["redacted"] == {}
    assert "less than 4" in specgraph.run("redact", "abc", "--yes", status=2).stderr
