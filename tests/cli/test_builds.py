"""`load` of builds and stores, here and by a service, and the commands that query them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from tests.cli.commands import Commands
from tests.documents import CASES, DATA, named
from tests.graph import count_by_type

STAGE = "spack-stage-lab-fail-test-1.0-dyrbfqnlaiwogos4tgwu63szhjizz7aw"


def index_of(document: Path) -> dict[str, Any]:
    """Return the index of a store with the specs of a document, its root explicit."""
    nodes = json.loads(document.read_text())["spec"]["nodes"]
    records = {
        node["hash"]: {
            "spec": node,
            "path": f"/opt/{node['name']}",
            "installed": True,
            "explicit": place == 0,
            "installation_time": 1_700_000_000.0 + place,
        }
        for place, node in enumerate(nodes)
    }
    return {"database": {"version": "8", "installs": records}}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return an install tree with a package, an index, failure markers, a stage and a report."""
    root = tmp_path / "tree"
    shutil.copytree(DATA / "store", root)
    (root / ".spack-db").mkdir()
    (root / "failures").rename(root / ".spack-db" / "failures")
    (root / ".spack-db" / "index.json").write_text(json.dumps(index_of(named("lab-mpich"))))
    report = next((DATA / "reports").rglob("junit-*.xml"))
    shutil.copy(report, root / "report.xml")
    return root


@pytest.mark.parametrize("remote", [False, True])
def test_numbers_add_up_and_stay_the_same(
    specgraph: Commands, served: Commands, database: Database, store: Path, remote: bool
) -> None:
    commands = served if remote else specgraph
    shutil.copytree(DATA / "reports", store / "reports")
    # A report without any hash is refused.
    first = commands.json("load", "--site", "a", str(store), status=1)["summary"]["counts"]
    again = commands.json("load", "--site", "a", str(store), status=1)["summary"]["counts"]
    with database.driver.session() as session:
        stored = session.run("MATCH (b:Build) RETURN b.status AS k, count(*) AS n").data()
    by_status = {each["k"]: each["n"] for each in stored}
    (site,) = commands.json("sites")["items"]
    assert {status: first[status] for status in by_status} == by_status
    assert first["builds"] == first["new_builds"] == sum(by_status.values()) == site["builds"]
    assert first["build_records"] > first["builds"]
    assert first["installations"] == first["new_installations"] == site["installations"]
    kept = {name: number for name, number in first.items() if not name.startswith("new_")}
    assert kept == {name: n for name, n in again.items() if not name.startswith("new_")}
    assert {n for name, n in again.items() if name.startswith("new_")} == {0}
    shown = commands.run("load", "--site", "a", "-q", str(store), status=1).stdout
    assert f"{first['builds']} builds, 0 of them new: " in shown
    assert f"described by {first['build_records']} records" in shown


def test_what_is_no_longer_installed_is_not_counted_as_installed(
    specgraph: Commands, database: Database, tmp_path: Path
) -> None:
    index = tmp_path / "store" / ".spack-db" / "index.json"
    index.parent.mkdir(parents=True)
    shutil.copy(CASES / "deprecated-index.json", index)
    counts = specgraph.json("load", str(index.parent.parent))["summary"]["counts"]
    assert counts == {
        "installations": 1,
        "new_installations": 1,
        "uninstalled": 1,
        "new_uninstalled": 1,
    }
    (site,) = specgraph.json("sites")["items"]
    assert site["installations"] == site["stores"][0]["installations"] == 1
    items = specgraph.json("installed", "--gone")["items"]
    assert sorted(each["last_seen"] is None for each in items) == [False, True]
    assert "not installed" in specgraph.run("installed", "--gone").stdout
    assert "1969" not in specgraph.run("installed", "--gone").stdout


def test_a_store_is_loaded_alike_here_and_by_a_service(
    specgraph: Commands, served: Commands, database: Database, store: Path
) -> None:
    here = specgraph.json("load", "--site", "a", str(store), status=0)
    graph = count_by_type(database)
    with database.driver.session() as session:
        session.run("MATCH (n) DETACH DELETE n").consume()
    there = served.json("load", "--site", "a", str(store), status=0)
    assert count_by_type(database) == graph
    for name in ("counts", "new_specs", "edges", "unverified", "conflicts"):
        assert there["summary"][name] == here["summary"][name], name
    stored = [each["summary"]["documents"]["stored"] for each in (here, there)]
    assert stored[0] == stored[1] > 5
    assert here["summary"]["new_specs"] == 14
    assert here["summary"]["counts"]["builds"] >= 4
    assert here["summary"]["counts"]["installations"] >= 3
    again = served.json("load", "--site", "a", str(store), status=0)
    assert count_by_type(database) == graph
    assert again["summary"]["documents"]["stored"] == 0
    stores = {site["name"]: site["stores"][0] for site in served.json("sites")["items"]}
    assert stores["a"]["as_of"] == pytest.approx(
        (store / ".spack-db" / "index.json").stat().st_mtime, abs=1e-3
    )


def test_the_commands_about_a_failed_build(specgraph: Commands, store: Path) -> None:
    specgraph.run("load", "--site", "a", str(store))
    text = specgraph.table("builds", "--status", "failed", "--phase", "test")
    assert "FAIL: ft_test" in text
    assert "1 of 1" in text
    item = specgraph.json("builds", "lab-fail-test", "--status", "failed")["items"][0]
    shown = specgraph.run("build", item["uid"][:8]).stdout
    assert "lab-fail-test@1.0/dyrbfqn  failed in test" in shown
    assert ">> FAIL: ft_test: 1 of 2 tests failed" in shown
    log = specgraph.run("build", item["uid"][:8], "--log").stdout
    assert "Executing phase: 'configure'" in log
    kept = specgraph.run("build", item["uid"], "--attachment", "spack-src/config.log").stdout
    assert kept.strip()
    specgraph.run("build", "ffffffff", status=4)
    specgraph.run("build", "nothex", status=2)
    fingerprint = item["cause"]["fingerprint"][:8]
    assert "FAIL: ft_test" in specgraph.run("diagnostics", fingerprint).stdout
    assert fingerprint in specgraph.run("diagnostics", "--causes").stdout
    assert len(specgraph.json("builds", "--diagnostic", fingerprint)["items"]) == 1
    assert "lab-fail-test" in specgraph.run("matrix", "--by", "version").stdout
    specgraph.run("builds", "--since", "2090-01-01", status=1)
    specgraph.run("builds", "--since", "soon", status=2)
    specgraph.run("regression", "lab-fail-test", status=1)


def test_the_commands_about_installations(specgraph: Commands, store: Path) -> None:
    specgraph.run("load", "--site", "a", "--name", "tree", "--as-of", "2026-01-01", str(store))
    shown = specgraph.run("installed", "lab-mpich").stdout
    assert "lab-mpich@4.2.3" in shown
    assert "explicit" in shown
    assert "tree" in specgraph.run("sites").stdout
    assert specgraph.json("installed", "--explicit")["total"]["count"] == 1
    specgraph.run("installed", "--on", "2020-01-01", status=1)
    owned = specgraph.run("owns", "bin/sim").stdout
    assert "lab-sim@2.0" in owned
    specgraph.run("owns", "no/such/file", status=1)


def test_secrets_never_reach_the_graph(
    specgraph: Commands, database: Database, store: Path, tmp_path: Path
) -> None:
    stage = store / STAGE
    secrets = ("hunter2hunter2", "ghp_" + "a1B2" * 9, "s3cr3t-of-the-site")
    with (stage / "spack-build-env.txt").open("a") as file:
        file.write(f"export MY_PASSWORD={secrets[0]};\nexport LAB_SEAL={secrets[2]};\n")
    with (stage / "spack-build-out.txt").open("a") as file:
        file.write(f"fetching with {secrets[1]}\n")
    rules = tmp_path / "rules"
    rules.write_text("# ours\nname:*_SEAL\n")
    specgraph.run("load", "--redaction", str(rules), str(store))
    with database.driver.session() as session:
        kept = session.run("MATCH (n) RETURN [k IN keys(n) | toStringOrNull(n[k])] AS v").data()
    text = str(kept) + "".join(
        specgraph.run("build", item["uid"], "--log").stdout
        for item in specgraph.json("builds", "lab-fail-test")["items"]
    )
    assert [secret for secret in secrets if secret in text] == []
    assert "<redacted>" in text
    rules.write_text("value:(\n")
    message = specgraph.run("load", "--redaction", str(rules), str(store), status=2).output
    assert "rules" in message
    assert "1" in message


def test_long_logs_are_capped_and_harmless(specgraph: Commands, tmp_path: Path) -> None:
    stage = tmp_path / f"spack-stage-big-1.0-{'a' * 32}"
    stage.mkdir()
    with (stage / "spack-build-out.txt").open("wb") as file:
        file.write(b"==> big: Executing phase: 'build'\n")
        file.write(b"\x1b[31mred\x1b[0m \x00\x07 \xff\xfe\n")
        file.write(b"x" * 1_000_000 + b"\n")
        for number in range(200_000):
            file.write(b"line %d of a long log, as long as builds write them\n" % number)
        file.write(b"big.c:3:1: error: at the end\n")
    specgraph.run("load", str(tmp_path))
    item = specgraph.json("builds", "big")["items"][0]
    cause = item["cause"]
    assert (cause["text"], cause["line"]) == ("big.c:3:1: error: at the end", 200_004)
    build = specgraph.json("build", item["uid"])
    (phase,) = build["phases"]
    assert phase["capped"]
    assert phase["lines"] == 200_004
    log = specgraph.run("build", item["uid"], "--log").stdout
    assert len(log) < 1_200_000
    assert "red" in log
    assert not {"\x1b", "\x00", "\x07"} & set(log)
    assert max(map(len, log.splitlines())) < 5_000
    assert "left out" in log


def test_a_store_on_an_upstream_store(
    specgraph: Commands, served: Commands, tmp_path: Path
) -> None:
    document = named("lab-mpich")
    whole = index_of(document)
    records = whole["database"]["installs"]
    root = next(hash_ for hash_, record in records.items() if record["explicit"])
    local, upstream = tmp_path / "local", tmp_path / "upstream"
    for folder, kept in ((local, {root}), (upstream, records.keys() - {root})):
        (folder / ".spack-db").mkdir(parents=True)
        part = {hash_: records[hash_] for hash_ in records if hash_ in kept}
        index = {"database": {"version": "8", "installs": part}}
        (folder / ".spack-db" / "index.json").write_text(json.dumps(index))
    alone = specgraph.json("load", "--name", "local", str(local), status=1)
    assert "counts" not in alone["summary"]
    faults = {each["fault"] for each in alone["documents"] if "fault" in each}
    assert faults == {"missing-dependency"}
    specgraph.run("query", f"/{root}", status=1)
    assert specgraph.json("installed", "lab-mpich", status=1)["items"] == []
    words = ("load", "--name", "local", "--upstream", str(upstream), str(local))
    both = specgraph.json(*words)
    assert both["summary"]["counts"] == {"installations": 1, "new_installations": 1}
    assert specgraph.json("installed", "lab-mpich")["total"]["count"] == 1
    assert specgraph.json("query", f"/{root}")["total"]["count"] == 1
    specgraph.run("load", "--name", "upstream", "--is-upstream", str(upstream))
    stores = {each["name"]: each for each in specgraph.json("sites")["items"][0]["stores"]}
    assert {name: each["upstream"] for name, each in stores.items()} == {
        "local": False,
        "upstream": True,
    }
    assert stores["upstream"]["installations"] == len(records) - 1
    assert "--url" in served.run(*words, status=2).output


def test_a_spec_that_an_index_no_longer_has_is_gone(specgraph: Commands, tmp_path: Path) -> None:
    index = index_of(named("lab-mpich"))
    records = index["database"]["installs"]
    leaf = next(h for h, record in records.items() if not record["spec"].get("dependencies"))
    file = tmp_path / "index.json"
    for month, there in (("01", True), ("02", False), ("03", False)):
        records[leaf]["installed"] = there
        file.write_text(json.dumps(index))
        specgraph.run("load", "--name", "tree", "--as-of", f"2026-{month}-01T00:00", str(file))
    shown = {day: _installed(specgraph, "--on", day) for day in ("2026-01-01T00:00", "2026-02-15")}
    assert leaf in shown["2026-01-01T00:00"]
    assert leaf not in shown["2026-02-15"]
    assert leaf not in _installed(specgraph)
    assert _installed(specgraph) == records.keys() - {leaf}
    assert leaf in _installed(specgraph, "--gone")


def _installed(specgraph: Commands, *words: str) -> set[str]:
    return {item["hash"] for item in specgraph.json("installed", *words)["items"]}


def test_files_named_both_ways_are_loaded_together(
    specgraph: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(named("xz"), "relative.json")
    shutil.copy(named("zlib"), tmp_path / "absolute.json")
    answer = specgraph.json("load", "relative.json", str(tmp_path / "absolute.json"))
    assert answer["summary"]["documents"]["stored"] == 2


def test_a_truncated_lockfile_is_refused(specgraph: Commands, tmp_path: Path) -> None:
    whole = next((DATA / "collections").glob("*.lock")).read_bytes()
    file = tmp_path / "spack.lock"
    file.write_bytes(whole[: len(whole) // 2])
    answer = specgraph.json("load", str(file), status=1)
    assert [each["outcome"] for each in answer["documents"]] == ["refused"]
    specgraph.run("environments", status=1)
    file.write_bytes(whole)
    for site, name in (("a", "prod"), ("b", "prod"), ("b", "test")):
        words = ("load", "--site", site, "--name", name, str(file))
        assert specgraph.json(*words)["summary"]["counts"]["new_environments"] == 1
        assert specgraph.json(*words)["summary"]["counts"]["new_environments"] == 0
    assert len(specgraph.json("environments", "pro")["items"]) == 2
    assert len(specgraph.json("environments", "--site", "b")["items"]) == 2
    lock = json.loads(whole)
    (held,) = specgraph.json("environments", "--with", "lab-zx", "--site", "a")["items"]
    assert [each["name"] for each in held["holds"]] == ["lab-zx"]
    assert specgraph.run("mirrors", "keep").output.split() == sorted(lock["concrete_specs"])
    lock["roots"] = [root for root in lock["roots"] if root["spec"] != "lab-warn"]
    file.write_text(json.dumps(lock))
    specgraph.run("load", "--site", "a", "--name", "prod", str(file))
    shown = specgraph.table("environment-diff", "prod", "--site", "a")
    assert re.search(r"lab-warn +removed", shown)
    (gone,) = specgraph.json("environment-diff", "prod", "--site", "a")["roots"]
    assert (gone["abstract"], gone["change"], gone["b"]) == ("lab-warn", "removed", None)


def test_each_cray_manifest_is_a_store_of_its_own(
    specgraph: Commands, served: Commands, tmp_path: Path
) -> None:
    manifest = json.loads((DATA / "collections" / "cray-small-site.json").read_text())
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps(manifest))
    specgraph.run("load", "--site", "a", str(tmp_path))
    count = specgraph.json("installed", "--site", "a")["total"]["count"]
    assert count == 2 * len(manifest["specs"])
    served.run("load", "--site", "b", str(tmp_path))
    assert specgraph.json("installed", "--site", "b")["total"]["count"] == count
