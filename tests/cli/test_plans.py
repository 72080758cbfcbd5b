"""`specgraph plan`: what it prints, and exit codes."""

import json
from pathlib import Path

import pytest

from cypher.run import Database
from service.app import create_app
from tests.cli.commands import Commands
from tests.documents import DATA
from tests.service.answers import upload

APP = "rduow63atur4sld6ilkyew6sah4633m7"


@pytest.fixture
def stored(specgraph: Commands, database: Database) -> Commands:
    """The commands on a database with a target, replacements and an installed splice."""
    folder = DATA / "spliced-store" / "opt"
    names = ("app-1.0-rduow63", "libfoo-1.1", "libfoo-1.3", "app-1.0-53qonj3")
    documents = [path for name in names for path in folder.glob(f"{name}*/.spack/spec.json")]
    upload(create_app(database).test_client(), *(path.read_bytes() for path in documents))
    return specgraph


def test_a_plan_is_printed(stored: Commands) -> None:
    output = stored.run("plan", APP, "libfoo@1.3", "--intransitive").stdout
    assert "app@1.0/rduow63 with libfoo@1.3/7pn6q5m, intransitive" in output
    assert "hash in Spack 1.1: 53qonj3xrn4a65hfoynlnlgw4h4633m7" in output
    assert "app@1.0/53qonj3 is this splice: not installed" in output
    assert "\nseen before\n" in output
    assert 'replacement: "libfoo/7pn6q5m5f5kz3uyuta5xzyoqcfmk3d7c"' in output
    assert (
        "another spec with its claimed hash"
        in stored.run("plan", APP, "libfoo@1.1", "--intransitive").stdout
    )
    assert "nobody has built" in stored.run("plan", APP, "libfoo@1.1").stdout


def test_a_plan_has_a_verdict_if_it_is_asked_for(stored: Commands) -> None:
    words = ("plan", APP, "libfoo@1.1")
    printed = stored.run(*words, "--abi", status=1)
    assert "verdict: unknown" in printed.stdout.splitlines()
    (advice,) = [each for each in printed.stderr.splitlines() if "install trees" in each]
    assert f"app@1.0/{APP}" in advice
    answer = json.loads(stored.run(*words, "--abi", "--json", status=1).stdout)
    assert answer["abi"]["verdict"] == "unknown"
    assert stored.json(*words)["abi"] is None
    assert "--abi" in stored.run(*words, "--at", "lab", status=2).stderr


def test_the_document_and_the_configuration_are_printed_alone(stored: Commands) -> None:
    plan = stored.json("plan", APP, "libfoo@1.1")
    document = json.loads(stored.run("plan", APP, "libfoo@1.1", "--document").stdout)
    assert document == plan["document"]
    printed = stored.run("plan", APP, "libfoo@1.1", "--configuration").stdout
    assert printed == plan["configuration"]


def test_an_environment_is_written_for_each_plan(stored: Commands, tmp_path: Path) -> None:
    printed = stored.run("plan", APP, "libfoo@1.3", "--environment").stdout
    assert printed == (
        "spack:\n  specs:\n"
        f'  - "app/{APP}"\n'
        "  view: false\n  concretizer:\n    reuse: true\n    unify: true\n    splice:\n"
        '      explicit:\n      - target: "libfoo"\n'
        '        replacement: "libfoo/7pn6q5m5f5kz3uyuta5xzyoqcfmk3d7c"\n'
        "        transitive: true\n"
    )
    stored.run("plans", "app", "--with", "libfoo@1.1:", "--environments", str(tmp_path))
    written = {path.parent.name: path.read_text() for path in tmp_path.glob("*/spack.yaml")}
    assert len(written) == 2
    assert written["app-rduow63-with-libfoo-7pn6q5m"] == printed


def test_what_cannot_be_planned_ends_with_an_error(stored: Commands) -> None:
    refused = stored.run("plan", APP, "libfoo@1.1", "--replace", "zlib", status=2)
    assert "'zlib'" in refused.stderr
    several = stored.run("plan", APP, "libfoo", status=4)
    assert "libfoo@1.1" in several.stderr


def test_plans_are_listed_with_the_fewest_relinked_specs_first(stored: Commands) -> None:
    output = stored.run("plans", "app", "--with", "libfoo@1.1:", "--intransitive").stdout
    assert len(output.splitlines()) == 2
    rows = [line.split("\t") for line in output.splitlines() if "->" in line]
    assert {tuple(row[-2:]) for row in rows} == {("stored", "seen before"), ("new", "undeclared")}
    new = stored.run("plans", "app", "--with", "libfoo@1.1:", "--intransitive", "--new").stdout
    assert [line.split("\t")[-2] for line in new.splitlines() if "->" in line] == ["new"]
    words = ("plans", "app", "--with", "libfoo@1.1:", "--limit", "1")
    lines = stored.run(*words, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["target"]["hash"] for line in lines] == [APP]
    assert [each["target"]["hash"] for each in stored.json(*words)["items"]] == [APP]
    head, row = stored.run(*words, "--format", "csv").stdout.split("\n", 1)
    assert "basis" in head.split(",")
    assert APP in row
    stored.run("plans", "app", "--with", "app", status=1)


def test_plans_have_a_column_of_verdicts_if_they_are_asked_for(stored: Commands) -> None:
    words = ("plans", "app", "--with", "libfoo@1.1:")
    rows = [line.split("\t") for line in stored.run(*words, "--abi").stdout.splitlines()]
    assert [row[-1] for row in rows] == ["unknown", "unknown"]
    assert {each["verdict"] for each in stored.json(*words, "--abi")["items"]} == {"unknown"}
    assert {each["verdict"] for each in stored.json(*words)["items"]} == {None}


def test_a_fix_lists_splices_and_what_must_be_rebuilt(stored: Commands) -> None:
    output = stored.run("fix", "libfoo@1.0").stdout
    assert "libfoo -> libfoo@1.3/7pn6q5m" in output
    assert "which no splice changes" in output
    found = stored.json("fix", "libfoo@1.0")["items"]
    assert {each["root"]["name"] for each in found} == {"app"}
    lines = stored.run("fix", "libfoo@1.0", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == found
    table = stored.run("fix", "libfoo@1.0", "--format", "table").stdout
    assert "only a rebuild helps" in table
    stored.run("fix", "zlib@1.0", status=1)
