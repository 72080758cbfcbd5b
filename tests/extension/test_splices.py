"""Uploads of splices: Spack's database has lost what `spec.json` in the prefix still says."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from tests.documents import REWIRED, dumped
from tests.extension.running import FakeSpack, waiting_names
from tests.graph import value


def prefix_document(start: str) -> Path:
    [path] = (REWIRED / "opt").glob(f"{start}*/.spack/spec.json")
    return path


def stripped(document: Path, folder: Path) -> Path:
    """Write a document as Spack's database returns it: without build specs."""
    whole = json.loads(document.read_bytes())
    nodes = whole["spec"]["nodes"]
    for node in nodes:
        node.pop("build_spec", None)
    by_hash = {node["hash"]: node for node in nodes}
    reached: list[dict[str, Any]] = []
    queue = [nodes[0]]
    while queue:
        node = queue.pop(0)
        if node not in reached:
            reached.append(node)
            queue += [by_hash[each["hash"]] for each in node.get("dependencies", ())]
    whole["spec"]["nodes"] = reached
    path = folder / f"stripped-{document.parts[-3]}.json"
    path.write_bytes(dumped(whole))
    return path


def install(
    spack: FakeSpack, start: str, *, explicit: bool = True, installed_at: float = 1.0
) -> None:
    """Add a prefix of the splices to the installed specs."""
    document = prefix_document(start)
    known = stripped(document, spack.root)
    spack.add_installed(known, explicit=explicit, in_prefix=document, time=installed_at)


def spliced_roots(database: Database) -> list[str]:
    """Return the first letters of the hashes of documents whose root has a build spec."""
    query = """
    MATCH (s:Root)-[:SPLICED_FROM]->() RETURN collect(DISTINCT left(s.hash, 4)) AS hashes
    """
    return sorted(value(database, query))


@pytest.mark.parametrize("way", ["upload", "all", "builds", "spool", "record"])
def test_every_way_sends_what_spack_wrote(
    spack: FakeSpack, database: Database, tmp_path: Path, way: str
) -> None:
    install(spack, "app-1.0-ekhq", installed_at=time.time() + 3600)
    words = {
        "upload": ["upload", "app"],
        "all": ["upload", "--all"],
        "builds": ["upload", "--all", "--builds"],
        "spool": ["spool", str(tmp_path / "spool"), "--all"],
        "record": ["record", "--", "install", "nothing-new"],
    }
    done = spack.run("specgraph", *words[way])
    assert (done.returncode, done.stderr) == (0, "")
    if way == "spool":
        assert spack.run("specgraph", "push", str(tmp_path / "spool")).returncode == 0
    assert spliced_roots(database) == ["ekhq"]
    again = spack.run("specgraph", "upload", "app")
    assert again.stdout == "==> 0 spec documents sent, 1 known already; 0 new specs\n"


def test_second_content_of_a_known_hash_arrives(spack: FakeSpack, database: Database) -> None:
    document = prefix_document("app-1.0-ekhq")
    known = stripped(document, spack.root)
    other = json.loads(document.read_bytes())
    other["spec"]["nodes"][0]["parameters"]["cflags"] = ["-O3"]
    changed = spack.root / "changed.json"
    changed.write_bytes(dumped(other))
    for content in (document, changed, document):
        spack.add_installed(known, in_prefix=content)
        assert spack.run("specgraph", "upload", "app").returncode == 0
    assert value(database, "MATCH (d:Document) RETURN count(d)") == 2


def test_document_of_a_half_rewired_prefix_is_not_sent(
    spack: FakeSpack, database: Database
) -> None:
    locked = prefix_document("app-1.0-ekhq")
    spack.add_installed(locked, in_prefix=prefix_document("app-1.0-rduo"))
    done = spack.run("specgraph", "upload", "--env", FAKE_SPACK_ENV=str(locked))
    assert (done.returncode, done.stderr) == (0, "")
    assert spliced_roots(database) == ["ekhq"]
    assert value(database, "MATCH (d:Document) RETURN count(d)") == 1


def test_truncated_document_of_a_prefix_is_not_sent(spack: FakeSpack, database: Database) -> None:
    document = prefix_document("app-1.0-rduo")
    half = spack.root / "half.json"
    half.write_bytes(document.read_bytes()[:3000])
    spack.add_installed(document, in_prefix=half)
    done = spack.run("specgraph", "upload", "--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert value(database, "MATCH (d:Document) RETURN count(d)") == 1


def test_dependency_whose_document_differs_from_that_of_the_root_is_sent(
    spack: FakeSpack, tmp_path: Path
) -> None:
    install(spack, "app-1.0-53qo")
    install(spack, "libmid-3.0-rxpj", explicit=False)
    folder = tmp_path / "spool"
    done = spack.run("specgraph", "spool", str(folder), "--all")
    assert (done.returncode, len(waiting_names(folder))) == (0, 2)


def test_dependency_whose_records_are_those_of_the_root_is_not_sent(
    spack: FakeSpack, tmp_path: Path
) -> None:
    root = prefix_document("app-1.0-53qo")
    whole = json.loads(root.read_bytes())
    nodes = whole["spec"]["nodes"]
    [position] = [
        index
        for index, node in enumerate(nodes)
        if node["name"] == "libmid" and "build_spec" in node
    ]
    reached: list[Any] = []
    queue = [nodes[position]]
    by_hash = {node["hash"]: node for node in nodes}
    while queue:
        node = queue.pop(0)
        if node not in reached:
            reached.append(node)
            queue += [by_hash[each["hash"]] for each in node.get("dependencies", ())]
            if "build_spec" in node:
                queue.append(by_hash[node["build_spec"]["hash"]])
    prefix = tmp_path / "x" / f"libmid-{nodes[position]['hash']}" / ".spack"
    prefix.mkdir(parents=True)
    document = prefix / "spec.json"
    document.write_bytes(dumped({"spec": {**whole["spec"], "nodes": reached}}))
    install(spack, "app-1.0-53qo")
    spack.add_installed(stripped(document, spack.root), explicit=False, in_prefix=document)
    folder = tmp_path / "spool"
    done = spack.run("specgraph", "spool", str(folder), "--all")
    assert (done.returncode, len(waiting_names(folder))) == (0, 1)


def test_splice_of_an_environment_is_sent_besides_the_installed_one(
    spack: FakeSpack, database: Database
) -> None:
    installed = prefix_document("app-1.0-ekhq")
    other = json.loads(installed.read_bytes())
    other["spec"]["nodes"][0]["parameters"]["cflags"] = ["-O3"]
    locked = spack.root / installed.parts[-3]
    locked.write_bytes(dumped(other))
    spack.add_installed(locked, in_prefix=installed)
    done = spack.run("specgraph", "upload", "--env", FAKE_SPACK_ENV=str(locked))
    assert (done.returncode, done.stderr) == (0, "")
    assert value(database, "MATCH (d:Document) RETURN count(d)") == 2


MISMATCH = (
    "==> in {}, some hashes do not match the content. Spack writes them for some splices; "
    "everything is stored as it is, and nothing is lost"
)


def test_wrong_hashes_of_splices_are_mentioned_in_one_line(
    spack: FakeSpack, tmp_path: Path
) -> None:
    for start in ("app-1.0-ekhq", "app-1.0-zyvo", "app-1.0-53qo", "app-1.0-rduo"):
        install(spack, start)
    done = spack.run("specgraph", "upload", "--all", "--builds")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == MISMATCH.format("3 documents")
    again = spack.run("specgraph", "upload", "--all")
    assert "hashes" not in again.stdout

    folder = str(tmp_path / "spool")
    spack.run("specgraph", "spool", folder, "app")
    pushed = spack.run("specgraph", "push", folder)
    assert pushed.stdout.splitlines()[-2:] == [
        MISMATCH.format("3 documents"),
        f"==> 0 left in {folder}",
    ]


def test_half_rewired_prefixes_of_an_environment_are_mentioned_in_one_line(
    spack: FakeSpack,
) -> None:
    locked = prefix_document("app-1.0-ekhq")
    path = spack.root / f"{locked.parts[-3]}.json"
    path.write_bytes(locked.read_bytes())
    spack.add_installed(path, in_prefix=prefix_document("app-1.0-rduo"))
    done = spack.run("specgraph", "upload", "--env", "--builds", FAKE_SPACK_ENV=str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == (
        "==> 1 prefix is left half rewired by Spack, and not stored as installed; the build spec "
        "is stored"
    )
