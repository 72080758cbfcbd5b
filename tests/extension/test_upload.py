"""`spack specgraph upload`: selections of specs, of which only new ones are sent."""

import json
from pathlib import Path

from cypher.run import Database
from tests.documents import CASES, SPECS, SPLICED, named
from tests.extension.running import FakeSpack, build_statuses
from tests.graph import snapshot, wipe
from tests.loading import load


def hash_of(document: Path) -> str:
    return str(json.loads(document.read_bytes())["spec"]["nodes"][0]["hash"])


def test_upload_of_all_installed_specs_creates_the_same_graph_as_load(
    spack: FakeSpack, database: Database
) -> None:
    documents = [path for path in [*SPECS, *SPLICED[:6]] if "format" not in path.name]
    for document in documents:
        spack.add_installed(document)
    done = spack.run("specgraph", "upload", "--all")
    uploaded = snapshot(database)
    wipe(database)
    load(database, documents)
    assert (done.returncode, done.stderr) == (0, "")
    assert uploaded == snapshot(database)


def test_second_upload_sends_nothing(spack: FakeSpack) -> None:
    spack.add_installed(named("xz-5.6.3"))
    first = spack.run("specgraph", "upload", "xz")
    second = spack.run("specgraph", "upload", "xz")
    assert first.stdout == "==> 1 spec document sent, 0 known already; 5 new specs\n"
    assert second.stdout == "==> 0 spec documents sent, 1 known already; 0 new specs\n"


def test_dependency_that_was_requested_becomes_a_root(
    spack: FakeSpack, database: Database, tmp_path: Path
) -> None:
    whole = json.loads(named("xz-5.6.3").read_bytes())
    subdag = {"spec": {**whole["spec"], "nodes": whole["spec"]["nodes"][1:]}}
    dependency = tmp_path / "subdag.json"
    spack.add_installed(named("xz-5.6.3"))
    spack.run("specgraph", "upload", "--all")
    name = subdag["spec"]["nodes"][0]["name"]
    reached, queue = [], [subdag["spec"]["nodes"][0]]
    by_hash = {node["hash"]: node for node in whole["spec"]["nodes"]}
    while queue:
        node = queue.pop(0)
        if node not in reached:
            reached.append(node)
            queue += [by_hash[each["hash"]] for each in node.get("dependencies", ())]
    dependency.write_text(json.dumps({"spec": {**whole["spec"], "nodes": reached}}))
    spack.add_installed(dependency)
    done = spack.run("specgraph", "upload", name)
    assert done.stdout == "==> 1 spec document sent, 0 known already; 0 new specs\n"
    roots = database.read("stored_roots", hashes=[hash_of(dependency)])[0]["hashes"]
    assert roots == [hash_of(dependency)]


def test_roots_of_an_environment_need_not_be_installed(
    spack: FakeSpack, database: Database
) -> None:
    document = named("zlib-1.3.1")
    done = spack.run("specgraph", "upload", "--env", FAKE_SPACK_ENV=str(document))
    assert (done.returncode, done.stderr) == (0, "")
    assert database.read("stored_roots", hashes=[hash_of(document)])[0]["hashes"] == [
        hash_of(document)
    ]


def test_refused_document_does_not_stop_the_others(
    spack: FakeSpack, database: Database, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    changed = json.loads(named("xz-5.6.3").read_bytes())
    changed["spec"]["nodes"][0]["version"] = "6.6.6"
    bad.write_text(json.dumps(changed))
    good = [named("zlib-1.3.1"), named("lab-mpich-4.2.3"), named("lab-suite")]
    for document in [bad, *good]:
        spack.add_installed(document)
    done = spack.run("specgraph", "upload", "--all")
    assert done.returncode == 1
    assert "==> Warning: xz@6.6.6/42ppjkt: " in done.stderr
    hashes = [hash_of(document) for document in good]
    assert set(database.read("stored_roots", hashes=hashes)[0]["hashes"]) == set(hashes)


def test_builds_option_sends_the_metadata_in_prefixes(spack: FakeSpack, database: Database) -> None:
    spack.run("install", "lab-sim")
    done = spack.run("specgraph", "upload", "--all", "--builds", "--site", "here")
    assert done.stdout.splitlines()[-2] == "==> 1 build, 1 new: 1 succeeded"
    again = spack.run("specgraph", "upload", "--all", "--builds", "--site", "here")
    assert again.stdout.splitlines()[-2] == "==> 1 build, 0 new: 1 succeeded"


def test_builds_option_sends_the_logs_next_to_the_stages(spack: FakeSpack, url: str) -> None:
    (log,) = (CASES / "spack-1.2-1.3" / "stage-root").iterdir()
    stages = spack.root / "stage"
    stages.mkdir(parents=True, exist_ok=True)
    (stages / log.name).write_bytes(log.read_bytes())
    spack.run("install", "lab-sim")
    spack.run("specgraph", "upload", "lab-sim", "--builds")
    assert build_statuses(url) == {("lab-sim", "succeeded")}
    spack.run("specgraph", "upload", "--all")
    assert build_statuses(url) == {("lab-sim", "succeeded")}
    spack.run("specgraph", "upload", "--all", "--builds")
    assert build_statuses(url) == {("lab-sim", "succeeded"), ("zlib", "failed")}


def test_upload_without_a_selection_is_an_error(spack: FakeSpack) -> None:
    nothing = spack.run("specgraph", "upload")
    unknown = spack.run("specgraph", "upload", "nonsense")
    message = "==> Error: name specs, or give one of --env and --all\n"
    assert (nothing.returncode, nothing.stderr) == (2, message)
    message = "==> Error: nonsense matches no installed package\n"
    assert (unknown.returncode, unknown.stderr) == (2, message)
    assert "no environment is active" in spack.run("specgraph", "upload", "--env").stderr


def test_error_without_an_address_explains_how_to_set_one(offline_spack: FakeSpack) -> None:
    offline_spack.add_installed(named("xz-5.6.3"))
    done = offline_spack.run("specgraph", "upload", "xz")
    assert done.returncode == 2
    assert "no service address: give --url, or set SPECGRAPH_URL" in done.stderr


def test_address_may_be_in_the_configuration_file(spack: FakeSpack) -> None:
    url = spack.environment.pop("SPECGRAPH_URL")
    folder = spack.home / ".config/specgraph"
    folder.mkdir(parents=True)
    (folder / "config").write_text(f"[specgraph]\nurl = {url}\n")
    spack.add_installed(named("xz-5.6.3"))
    assert spack.run("specgraph", "upload", "xz").returncode == 0


def test_token_that_others_can_read_is_rejected(spack: FakeSpack) -> None:
    folder = spack.home / ".config/specgraph"
    folder.mkdir(parents=True)
    token = folder / "token"
    token.write_text("secret\n")
    token.chmod(0o644)
    done = spack.run("specgraph", "query", "xz")
    message = f"others can read the token in {token}, so it is not used: chmod 600 {token}"
    assert (done.returncode, done.stderr) == (2, f"==> Error: {message}\n")
    token.chmod(0o600)
    assert spack.run("specgraph", "query", "xz").returncode == 1
