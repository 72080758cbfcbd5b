"""`specgraph load`: every document is reported, and a bad one does not stop the rest."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from cypher.run import Database
from loaders.limits import Limits
from tests.cli.commands import Commands
from tests.documents import DATA, REWIRED, SPECS, document, dumped, named, node
from tests.service.answers import count_nodes
from tests.service.reading import Reading

pytestmark = pytest.mark.container

XZ = named("xz-5.6.3")


def test_a_file_is_loaded_and_reported(specgraph: Commands) -> None:
    reading = Reading(XZ)
    answer = specgraph.json("load", str(XZ))
    (entry,) = answer["documents"]
    assert len(entry.pop("digest")) == 64
    sums = {"specs": 5, "new_specs": 5, "edges": len(reading.arrows), "unverified": 0}
    assert entry == {
        "source": str(XZ),
        "outcome": "stored",
        "what": "spec",
        "root": reading.root,
        "name": "xz",
        "version": "5.6.3",
        "new": True,
        "conflicts": [],
        "defects": [],
        **sums,
    }
    assert answer["summary"] == {
        "documents": {"stored": 1, "known": 0, "refused": 0, "ignored": 0},
        "conflicts": 0,
        **sums,
    }


def test_a_second_load_adds_nothing(specgraph: Commands, database: Database) -> None:
    folder = str(DATA / "specs")
    specgraph.run("load", folder)
    before = count_nodes(database)
    answer = specgraph.json("load", folder)
    assert count_nodes(database) == before
    assert answer["summary"]["documents"]["known"] == len(SPECS)
    sums = {key: answer["summary"][key] for key in ("new_specs", "edges")}
    assert sums == {"new_specs": 0, "edges": 0}


def test_a_bad_file_is_reported_and_the_rest_is_loaded(specgraph: Commands, tmp_path: Path) -> None:
    forged = {**node("zlib"), "version": "9"}
    (tmp_path / "a.json").write_bytes(XZ.read_bytes())
    (tmp_path / "b.json").write_bytes(dumped(document(forged)))
    (tmp_path / "c.json").write_bytes(b'{"spec": {"_meta": {"version": 9}, "nodes": []}}')
    (tmp_path / "d.txt").write_text("no document")
    (tmp_path / "e.json.gz").write_bytes(gzip.compress(named("zlib-1.3.1").read_bytes()))
    (tmp_path / "f.json.gz").write_bytes(gzip.compress(XZ.read_bytes())[:-20])
    answer = specgraph.json("load", str(tmp_path), status=1)
    found = {Path(e["source"]).name: (e["outcome"], e.get("fault")) for e in answer["documents"]}
    assert found == {
        "a.json": ("stored", None),
        "b.json": ("refused", "hash-mismatch"),
        "c.json": ("refused", "unknown-format"),
        "e.json.gz": ("stored", None),
        "f.json.gz": ("refused", "malformed"),
    }
    refused = {Path(e["source"]).name: e.get("pointer") for e in answer["documents"]}
    assert refused["b.json"] == "/spec/nodes/0/hash"
    assert answer["summary"]["documents"] == {"stored": 2, "known": 0, "refused": 3, "ignored": 1}


def test_limits_hold_unless_they_are_lifted(specgraph: Commands, tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_bytes(b'{"spec": [' + b"1," * Limits().json_values + b"1]}")
    for options, fault in (((), "too-large"), (("--no-limits",), "invalid")):
        (entry,) = specgraph.json("load", *options, str(path), status=1)["documents"]
        assert entry["fault"] == fault


def test_refused_documents_are_printed_with_the_place(specgraph: Commands, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(dumped(document({**node("zlib"), "version": "9"})))
    output = specgraph.run("load", str(bad), str(XZ), status=1).output
    assert f"refused  {bad}" in output
    assert "(at /spec/nodes/0/hash)" in output
    assert "1 documents stored, 0 known, 1 refused, 0 other files ignored" in output
    quiet = specgraph.run("load", "--quiet", str(XZ)).stdout
    assert quiet.splitlines()[0].startswith("0 documents stored, 1 known")


def test_unverified_nodes_are_accepted_on_request(specgraph: Commands, tmp_path: Path) -> None:
    forged = tmp_path / "forged.json"
    forged.write_bytes(dumped(document({**node("zlib"), "version": "9"})))
    specgraph.run("load", str(forged), status=1)
    answer = specgraph.json("load", "--allow-unverified", str(forged))
    assert (answer["summary"]["new_specs"], answer["summary"]["unverified"]) == (1, 1)


def test_standard_input_is_loaded(specgraph: Commands) -> None:
    lines = [XZ.read_bytes().strip(), b"{}", named("zlib-1.3.1").read_bytes().strip()]
    answer = specgraph.json("load", "-", given=b"\n".join(lines), status=1)
    assert [(entry["source"], entry["outcome"]) for entry in answer["documents"]] == [
        ("-:2", "refused"),
        ("-", "stored"),
        ("-:3", "stored"),
    ]


def test_compressed_standard_input_is_loaded(specgraph: Commands) -> None:
    answer = specgraph.json("load", "-", given=gzip.compress(XZ.read_bytes()))
    assert [entry["root"] for entry in answer["documents"]] == [Reading(XZ).root]


def test_empty_standard_input_is_refused(specgraph: Commands) -> None:
    answer = specgraph.json("load", "-", given=b"", status=1)
    assert [entry["fault"] for entry in answer["documents"]] == ["malformed"]


def test_brackets_in_versions_are_not_markup(specgraph: Commands, tmp_path: Path) -> None:
    odd = tmp_path / "odd.json"
    odd.write_bytes(dumped(document(node("app", "1[/red]2[bold]"))))
    assert "app@1[/red]2[bold]/" in specgraph.run("load", str(odd)).output
    assert "app@1[/red]2[bold]/" in specgraph.run("query").output


@pytest.mark.parametrize(
    "words", [("load",), ("load", "/nowhere/at/all"), ("load", "--no-such-option", str(XZ))]
)
def test_wrong_usage_exits_with_2(specgraph: Commands, words: tuple[str, ...]) -> None:
    specgraph.run(*words, status=2)


def test_standard_output_has_only_json(specgraph: Commands) -> None:
    result = specgraph.run("load", "--json", str(DATA / "specs"))
    assert json.loads(result.stdout)["summary"]["documents"]["stored"] == len(SPECS)


def test_prefixes_that_spack_left_half_rewired_are_counted_in_one_line(
    specgraph: Commands, tmp_path: Path
) -> None:
    for letter in "ab":
        prefix = tmp_path / f"app-1.0-{letter * 32}"
        shutil.copytree(REWIRED / "opt" / "app-1.0-rduow63atur4sld6ilkyew6sah4633m7", prefix)
    done = specgraph.run("load", str(tmp_path))
    lines = [line for line in done.stdout.splitlines() if "rewired" in line]
    assert lines == [
        "2 prefixes were left half rewired by Spack: what is in them is the build spec, and not "
        "the splice that their names stand for"
    ]


def test_splices_with_wrong_hashes_are_no_errors(specgraph: Commands) -> None:
    done = specgraph.run("load", str(REWIRED / "opt"))
    assert " 0 refused" in done.stdout
    again = specgraph.run("load", str(REWIRED / "opt"))
    assert "0 documents stored" in again.stdout
