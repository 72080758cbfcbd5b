"""`POST /splices/plan`: splices of stored specs, and what is stored of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.app import create_app
from service.dags.splices import SECTIONS
from service.queries.splice_evidence import Directive, allows
from spec_syntax.concrete import ConcreteNode
from tests.documents import DATA, document, dumped, named, node
from tests.graph import SharedGraph
from tests.loading import load
from tests.service.answers import upload

STORE = DATA / "spliced-store" / "opt"
EXPORT = DATA / "collections" / "can-splice-1.1.0.json"
APP = "rduow63atur4sld6ilkyew6sah4633m7"
PLAN = "/api/v1/splices/plan"


@pytest.fixture
def client(shared_graph: SharedGraph, served_app: Flask) -> FlaskClient:
    """A client of a service with the store of installed splices, at the site `lab`."""

    def fill(database: Database) -> None:
        load(database, [STORE, EXPORT], LoadOptions(site="lab"))

    shared_graph.hold("store of installed splices and can_splice", fill)
    return served_app.test_client()


def ask(client: FlaskClient, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(PLAN, json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json or {})


def test_a_splice_of_stored_specs_is_planned(client: FlaskClient) -> None:
    plan = ask(client, target=APP, replacement="libfoo@1.1")
    assert plan["target"]["hash"] == APP
    assert (plan["replacement"]["name"], plan["replacement"]["version"]) == ("libfoo", "1.1")
    assert plan["claimed"] == [{"spack": "1.1", "hash": "ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"}]
    assert plan["unclaimed"] is None
    assert [each["name"] for each in plan["nodes"]] == ["app", "fmpi-a", "libmid"]
    assert (plan["nodes"][0]["hash"], plan["nodes"][0]["build_spec"]) == (plan["hash"], APP)
    summary = {part: [each["name"] for each in plan["summary"][part]] for part in SECTIONS}
    assert summary == {
        "taken_out": ["libfoo"],
        "put_in": ["libfoo"],
        "relinked": ["app", "fmpi-a", "libmid"],
        "kept": ["gcc-runtime", "glibc"],
    }
    assert plan["document"]["spec"]["nodes"][0]["hash"] == plan["hash"]
    assert [(each["name"], each["virtuals"]) for each in plan["replaced"]] == [("libfoo", [])]


def test_a_plan_is_not_known_to_start_without_files(client: FlaskClient) -> None:
    body = {"target": APP, "replacement": "libfoo@1.1"}
    abi = (client.post(f"{PLAN}?abi=true", json=body).json or {})["abi"]
    assert (abi["verdict"], abi["findings"]) == ("unknown", [])
    assert abi["coverage"]["without_files"] == abi["coverage"]["specs"] == len(abi["missing"])


def test_a_planned_splice_that_is_installed_is_known_by_its_content(client: FlaskClient) -> None:
    plan = ask(client, target=APP, replacement="libfoo@1.3", transitive=False)
    (known,) = plan["known"]
    assert known["hash"] == "53qonj3xrn4a65hfoynlnlgw4h4633m7"
    assert (known["by"], known["root"]) == ("content", True)
    assert {each["site"] for each in known["installations"]} == {"lab"}


def test_a_splice_of_another_content_is_known_by_the_claimed_hash(client: FlaskClient) -> None:
    plan = ask(client, target=APP, replacement="libfoo@2.0")
    assert [(each["hash"][:7], each["by"]) for each in plan["known"]] == [
        ("ekhqpr4", "claimed hash")
    ] * len(plan["known"])
    assert plan["known"]


def test_a_splice_across_a_virtual_is_planned(client: FlaskClient) -> None:
    plan = ask(client, target=APP, replacement="/cwna5og", replace="xmpi")
    assert [each["name"] for each in plan["replaced"]] == ["fmpi-a"]
    assert plan["known"][0]["by"] == "content"
    assert plan["configuration"] == (
        "concretizer:\n  splice:\n    explicit:\n"
        '    - target: "fmpi-a"\n'
        '      replacement: "fmpi-b/cwna5ogqfd7s2uo77q3p6iedwoc7fslh"\n'
        "      transitive: true\n"
    )


@pytest.mark.parametrize(
    ("target", "replacement", "basis", "directives"),
    [
        (APP, "libfoo@1.1", "declared by the recipe", ["libfoo@1.0"]),
        (APP, "/cwna5og", "declared by the recipe", ["fmpi-a@1.0"]),
        (APP, "libfoo@1.3", "seen before", []),
        (APP, "fmpi-c", "seen before", []),
        (APP, "libfoo@1.2", "undeclared", []),
    ],
)
def test_a_plan_says_whether_a_recipe_declares_it(
    client: FlaskClient, target: str, replacement: str, basis: str, directives: list[str]
) -> None:
    evidence = ask(client, target=target, replacement=replacement)["evidence"]
    assert evidence["basis"] == basis
    assert [each["target"] for each in evidence["directives"]] == directives
    assert {each["site"] for each in evidence["directives"]} <= {"lab"}


def test_plans_that_a_recipe_declares_come_first(client: FlaskClient) -> None:
    body = {"q": f"/{APP}", "with": ["libfoo"], "limit": 100}
    items = client.post("/api/v1/splices/plans", json=body).get_json()["items"]
    bases = [each["basis"] for each in items]
    assert bases[0] == "declared by the recipe"
    assert set(bases) == {"declared by the recipe", "seen before", "undeclared"}
    assert bases == sorted(bases, key=["declared by the recipe", "seen before", "undeclared"].index)


def test_a_directive_counts_only_if_the_specs_satisfy_it() -> None:
    old = ConcreteNode("a", "old", "1.2", namespace="lab", variants={"pic": True, "abi": "1"})
    new = ConcreteNode("b", "new", "2.0", namespace="lab", variants={"pic": True, "abi": "2"})
    directive: Directive = {
        "package": "new",
        "namespace": "lab",
        "target": "old@1.2+pic",
        "when": "@2:",
        "match_variants": ["pic"],
        "variants": ["pic"],
        "site": "lab",
    }
    assert allows(directive, old, new)
    assert allows({**directive, "when": ""}, old, new)
    assert not allows({**directive, "target": "old@1.3"}, old, new)
    assert not allows({**directive, "target": "other"}, old, new)
    assert not allows({**directive, "when": "@3:"}, old, new)
    assert not allows({**directive, "variants": ["pic", "abi"]}, old, new)
    assert not allows({**directive, "variants": ["missing"]}, old, new)
    assert not allows({**directive, "namespace": "other"}, old, new)
    assert not allows({**directive, "target": "old@"}, old, new)
    assert not allows(directive, new, old)


def test_a_planned_splice_is_recognised_when_it_is_uploaded(database: Database) -> None:
    client = create_app(database).test_client()
    target, replacement = named("inputs--lab-sim-2.0-iw5yw6b"), named("inputs--lab-mvapich-3.0-lzx")
    result = named("results--lab-sim-2.0-mscfyxf")
    mpi = node(
        "uses",
        dependencies=[
            (json.loads(replacement.read_text())["spec"]["nodes"][0], ["link"], ["lab-mpi"])
        ],
    )
    other = json.loads(replacement.read_text())["spec"]["nodes"]
    upload(client, target.read_bytes(), replacement.read_bytes(), dumped(document(mpi, *other)))
    question: dict[str, Any] = {
        "target": "lab-sim",
        "replacement": "/lzx53x4",
        "transitive": False,
        "replace": "lab-mpi",
    }
    plan = ask(client, **question)
    assert plan["known"] == []
    upload(client, result.read_bytes())
    (known,) = ask(client, **{**question, "target": "/iw5yw6b"})["known"]
    stored = json.loads(result.read_text())["spec"]["nodes"][0]["hash"]
    assert (known["hash"], known["by"]) == (stored, "content")
    assert known["hash"] != plan["hash"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"target": APP, "replacement": "libfoo@9"}, "no spec matches"),
        ({"target": APP, "replacement": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "replacement"),
        ({"target": APP, "replacement": "gcc-runtime"}, "already"),
        ({"target": "libfoo@1.0", "replacement": "libfoo@1.1"}, "splices nothing"),
        ({"target": "libfoo@1.0", "replacement": "/cwna5og"}, "cannot splice fmpi-b"),
        ({"target": APP, "replacement": "libfoo@1.1", "replace": "zlib"}, "'zlib' in app"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_reason(
    client: FlaskClient, body: dict[str, Any], words: str
) -> None:
    problem = ask(client, 422, **body)
    assert problem["type"] == "urn:specgraph:problem:splice"
    assert words in problem["detail"]


def test_a_spec_that_several_satisfy_is_refused_with_the_candidates(client: FlaskClient) -> None:
    problem = ask(client, 409, target=APP, replacement="libfoo")
    assert problem["parameter"] == "replacement"
    assert {each["name"] for each in problem["candidates"]} == {"libfoo"}


def test_bad_arguments_are_refused(client: FlaskClient) -> None:
    assert "replacement" in ask(client, 422, target=APP)["errors"]["json"]
    assert ask(client, 400, target="app@", replacement=APP)["parameter"] == "target"
    assert client.post(PLAN, data=b"{").status_code in (400, 415, 422)
    ask(client, 422, target=APP, replacement=APP, extra=1)


def test_a_planned_document_can_be_uploaded(database: Database, tmp_path: Path) -> None:
    client = create_app(database).test_client()
    load(database, [STORE], LoadOptions(site="lab"))
    plan = ask(client, target=APP, replacement="libfoo@1.2")
    upload(client, dumped(plan["document"]))
    again = ask(client, target=APP, replacement="libfoo@1.2")
    assert (again["known"][0]["hash"], again["known"][0]["by"]) == (plan["hash"], "content")


@pytest.mark.parametrize(
    ("prefix", "replacement", "transitive"),
    [
        ("53qonj3", "libfoo@1.3", False),
        ("5dkacqu", "fmpi-c@1.0", True),
        ("dv7fgjo", "fmpi-b@1.0", True),
        ("ekhqpr4", "libfoo@1.4", True),
    ],
)
def test_a_stored_splice_shows_the_plan_that_it_came_from(
    client: FlaskClient, prefix: str, replacement: str, transitive: bool
) -> None:
    answer = client.get(f"/api/v1/specs/{prefix}/plan").json or {}
    plan = answer["plan"]
    assert plan["hash"] == answer["hash"]
    assert plan["target"]["hash"] == APP
    assert f"{plan['replacement']['name']}@{plan['replacement']['version']}" == replacement
    assert any(each["hash"] == answer["spec"]["hash"] for each in plan["known"])


def test_what_is_not_spliced_has_no_plan(client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/specs/{APP}/plan").json or {}
    assert (answer["hash"], answer["plan"]) == (None, None)


def test_every_splice_of_what_is_built_is_planned_page_by_page(client: FlaskClient) -> None:
    question = {"q": "app", "with": ["libfoo@1.1:", "fmpi-b"], "limit": 3}
    found: list[dict[str, Any]] = []
    cursor, examined, total = None, 0, 0
    while True:
        answer = client.post("/api/v1/splices/plans", json={**question, "cursor": cursor})
        page = answer.json or {}
        assert len(page["items"]) <= page["examined"] <= 3
        found += page["items"]
        examined, total, cursor = examined + page["examined"], page["total"]["count"], page["next"]
        if cursor is None:
            break
    assert (examined, page["total"]["type"]) == (total, "EXACT")
    put_in = {(each["replacement"]["name"], each["replacement"]["version"]) for each in found}
    libraries = {("libfoo", version) for version in ("1.1", "1.2", "1.3", "1.4", "2.0")}
    assert put_in == libraries | {("fmpi-b", "1.0")}
    by_hash = {each["hash"]: each for each in found}
    for each in by_hash.values():
        alone = ask(client, target=each["target"]["hash"], replacement=each["replacement"]["hash"])
        assert alone["hash"] == each["hash"]
        counts = {part: len(alone["summary"][part]) for part in SECTIONS}
        assert (each["counts"], each["known"]) == (counts, alone["known"])


def plans(client: FlaskClient, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = client.post("/api/v1/splices/plans", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json or {})


def test_plans_of_nothing_and_bad_questions(client: FlaskClient) -> None:
    nothing = plans(client, {"q": "zlib", "with": ["libfoo"]})
    assert (nothing["items"], nothing["next"], nothing["total"]["count"]) == ([], None, 0)
    elsewhere = plans(client, {"q": "app", "site": "elsewhere", "with": ["libfoo"]})
    assert elsewhere["total"]["count"] == 0
    assert plans(client, {"q": "app", "site": "lab", "with": ["libfoo"]})["total"]["count"] > 0
    plans(client, {"q": " ", "with": ["libfoo"]}, 400)
    plans(client, {"q": "app", "with": ["libfoo@"]}, 400)
    plans(client, {"q": "app", "with": []}, 422)
    plans(client, {"q": "app", "with": ["libfoo"], "cursor": "nonsense"}, 400)


def test_a_flawed_dependency_is_removed_from_each_deployment(client: FlaskClient) -> None:
    found: list[dict[str, Any]] = []
    question = {"dependency": "libfoo@1.0", "limit": 4}
    cursor = None
    while True:
        answer = client.post("/api/v1/splices/fixes", json={**question, "cursor": cursor})
        page = dict(answer.json or {})
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert page["total"] == {"count": len(found), "type": "EXACT"}
    app = next(each for each in found if each["root"]["hash"] == APP)
    assert (app["when"], app["rebuild"]) == ("run", None)
    assert app["splice"]["replacement"]["version"] == "2.0"
    fixed = {each["root"]["hash"]: each["splice"] for each in found if each["splice"]}
    for root, splice in fixed.items():
        alone = ask(
            client,
            target=root,
            replacement=splice["replacement"]["hash"],
            transitive=splice["transitive"],
        )
        put_in = alone["summary"]["kept"] + alone["summary"]["put_in"]
        versions = {each["version"] for each in put_in if each["name"] == "libfoo"}
        assert versions == {"2.0"}
    reasons = {each["rebuild"] for each in found if each["when"] == "build"}
    assert reasons == {"it has the dependency at build time only, which no splice changes"}
    (library,) = (each for each in found if each["root"]["name"] == "libfoo")
    assert library["rebuild"] == "no stored replacement can be spliced in"


def test_what_cannot_be_fixed_is_refused_or_empty(client: FlaskClient) -> None:
    path = "/api/v1/splices/fixes"
    assert (client.post(path, json={"dependency": "zlib@1"}).json or {})["items"] == []
    assert client.post(path, json={"dependency": "@1.0"}).status_code == 400
    assert client.post(path, json={"dependency": "libfoo@"}).status_code == 400
    alone = client.post(path, json={"dependency": "fmpi-c", "site": "lab"}).json or {}
    assert {each["rebuild"] for each in alone["items"]} == {"no replacement is stored"}
