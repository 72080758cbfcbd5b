"""Proposed `can_splice` lines, on made-up libraries and the files that need them."""

import ast
from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.elf.facts import ElfFacts, Export, Reference, Use, VersionNeed
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.store.attempts import store_attempts
from loaders.store.type_comparisons import TypeComparison, store_type_comparisons
from service.app import create_app
from service.queries import proposals
from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress
from tests.documents import document, dumped, node
from tests.files_of_specs import elf, store_files
from tests.graph import SharedGraph
from tests.service.answers import API, get, problem, upload

FOO = "libfoo.so.1"


def foo(
    version: str,
    *,
    pic: bool = True,
    name: str = "foo",
    opts: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    parameters = {"build_system": "generic", "pic": pic, "cflags": []}
    if opts:
        parameters["opts"] = [*opts]
    return node(name, version, parameters=parameters, **more)


BUILDS = {
    (version, pic): foo(version, pic=pic) for version in ("1.0", "1.1") for pic in (True, False)
}
LOST, OTHER_FOLDER, NO_SONAME = foo("1.2"), foo("1.3"), foo("2.0")
VERSIONED, UNUSED, UNBUILT = foo("3.0"), foo("4.0"), foo("5.0")
BAR = foo("7.0", name="bar")
"""Another package with a library of the same name, and the virtual `foolib`."""
BAZ = foo("1.0", name="baz")
"""Another package with a library of the same name, without the virtual."""
SITE_FOO = foo("9.0")
EXTERNAL = foo("0.1", external={"path": "/usr", "module": None})
AARCH, GROWN = foo("1.4"), foo("1.5")
WITH_X, WITH_MORE = foo("1.6", opts=["x"]), foo("1.6", opts=["x", "y"])
HOSTILE = {version: foo(version, name="hostile") for version in ("1.0", "1.1", "1.2")}
HOSTILE_USER = node("hostileuser", "1.0", [(HOSTILE["1.0"], ["link"])])
HOSTILE_PATH, HOSTILE_SYMBOL = "lib/x\nimport os", "add\x1b[2J\rimport sys\u2028import re"

ABOVE = {
    key: node("app", f"{key[0]}", [(each, ["link"], ["foolib"] if key == ("1.0", True) else [])])
    for key, each in BUILDS.items()
}
BAR_USER = node("baruser", "1.0", [(BAR, ["link"], ["foolib"])])
UNREAD_USER = node("unread", "1.0", [(SITE_FOO, ["link"])])
FAILED_USER = node("failed", "1.0", [(SITE_FOO, ["link"])])
PLUGIN = node("foo-plugin", "1.0", [(BUILDS["1.0", True], ["link"])])


def exports(*names: str, version: str = "") -> tuple[Export, ...]:
    index = 2 if version else 1
    return tuple(
        Export(each, version, index, hidden=False, thread_local=False, is_stub=False)
        for each in names
    )


def library(*names: str, version: str = "", **more: Any) -> ElfFacts:
    return elf(soname=FOO, exports=exports(*names, version=version),
               definitions=[version] if version else None, **more)  # fmt: skip


def user(*names: str, weak: Sequence[str] = (), version: str = "") -> ElfFacts:
    references = tuple(
        Reference(each, version, FOO if version else "", False, each in weak, Use.CALL)
        for each in (*names, *weak)
    )
    needs = (VersionNeed(FOO, version, weak=False),) if version else ()
    return elf(needed=[FOO, "libc.so.6"], references=references, needs=needs)


def fill(database: Database) -> None:
    client = create_app(database, {"TESTING": True}).test_client()
    for root in (*BUILDS.values(), LOST, OTHER_FOLDER, NO_SONAME, VERSIONED, UNUSED, UNBUILT, BAZ,
                 EXTERNAL, AARCH, GROWN, WITH_X, WITH_MORE):  # fmt: skip
        upload(client, dumped(document(root)))
    for key, root in ABOVE.items():
        upload(client, dumped(document(root, BUILDS[key])))
    upload(client, dumped(document(BAR_USER, BAR)))
    for each in (UNREAD_USER, FAILED_USER):
        upload(client, dumped(document(each, SITE_FOO)))
    failed = Attempt(
        SpecName(FAILED_USER["hash"], "failed", "1.0"), "1", Status.FAILED, Source.JUNIT
    )
    store_attempts(database, [failed], site="lab", origin="test", owner=None)
    upload(client, dumped(document(PLUGIN, BUILDS["1.0", True])))
    path = f"lib/{FOO}"
    whole = library("add", "mul", "extra")
    for each in (*BUILDS.values(), BAR, BAZ, SITE_FOO, EXTERNAL, WITH_X):
        store_files(database, each, {path: whole, "bin/foo": user("own", "extra")})
    for each in (LOST, WITH_MORE):
        store_files(database, each, {path: library("add", "extra")})
    store_files(database, OTHER_FOLDER, {f"lib64/{FOO}": whole})
    store_files(
        database, NO_SONAME, {"lib/libfoo.so.2": elf(soname="libfoo.so.2", exports=whole.exports)}
    )
    store_files(database, VERSIONED, {path: library("add", "mul", version="FOO_3")})
    store_files(
        database,
        UNUSED,
        {"lib/libunused.so.1": elf(soname="libunused.so.1", exports=whole.exports)},
    )
    store_files(database, AARCH, {path: library("add", "mul", machine=183)})
    for each in ABOVE.values():
        store_files(database, each, {"bin/app": user("mul", weak=["extra"])})
    store_files(database, PLUGIN, {"lib/plugin.so": user("add")}, site="cluster")
    (grown,) = store_files(database, GROWN, {path: library("add", "mul", "extra", "grow")}).values()
    before = store_files(database, BUILDS["1.0", True], {path: whole})[path]
    changed = TypeComparison(
        before, grown, "changed", ["mul", "unused"], ["struct matrix", ""], "abidiff"
    )
    assert store_type_comparisons(database, [changed]) == 1
    store_files(database, BAR_USER, {"bin/user": user("add")})
    fill_hostile(database, client)


def fill_hostile(database: Database, client: FlaskClient) -> None:
    """Store builds whose files and symbols have ends of lines and control characters."""
    for root in HOSTILE.values():
        upload(client, dumped(document(root)))
    upload(client, dumped(document(HOSTILE_USER, HOSTILE["1.0"])))
    soname = "libhostile.so.1"
    for version, each in HOSTILE.items():
        names = exports("mul", *([HOSTILE_SYMBOL] if version < "1.2" else []))
        store_files(database, each, {f"lib/{soname}": elf(soname=soname, exports=names)})
    needs = elf(needed=[soname], references=user("mul", HOSTILE_SYMBOL).references)
    store_files(database, HOSTILE_USER, {HOSTILE_PATH: needs})


@pytest.fixture
def client(shared_graph: SharedGraph) -> FlaskClient:
    shared_graph.hold("builds to splice", fill)
    return create_app(shared_graph.database, {"TESTING": True}).test_client()


def propose(client: FlaskClient, package: str, **more: Any) -> Any:
    return get(client, "/abi/proposals", package=package, limit=1000, **more)


def reasons(answer: Any, replacement: dict[str, Any], target: dict[str, Any]) -> list[str]:
    """Return the kinds of the reasons for which a pair has no line."""
    (pair,) = (
        each
        for each in (*answer["broken"], *answer["unknown"])
        if (each["replacement"]["hash"], each["target"]["hash"])
        == (replacement["hash"], target["hash"])
    )
    return [each["kind"] for each in pair["reasons"]]


def lines(answer: Any) -> list[str]:
    return [each["directive"] for each in answer["lines"]]


def test_builds_that_satisfy_all_files_have_a_line(client: FlaskClient) -> None:
    answer = propose(client, "foo@1.1", target="foo@1.0")
    values = "build_system=generic"
    crossed = [
        f'can_splice("foo@=1.0{a}pic {values}", when="@=1.1{b}pic {values}")'
        for a, b in ("+~", "~+")
    ]
    matched = f'can_splice("foo@=1.0 {values}", when="@=1.1 {values}", match_variants=["pic"])'
    assert sorted(lines(answer)) == sorted([matched, *crossed])
    assert (answer["broken"], answer["unknown"], answer["complete"]) == ([], [], True)
    assert answer["counts"] == {"loads": 4, "broken": 0, "unknown": 0}
    (line,) = (each for each in answer["lines"] if each["match_variants"])
    pair = line["pairs"][0]
    assert {(each["before"], each["after"]) for each in pair["libraries"]} == {(f"lib/{FOO}",) * 2}
    assert pair["symbols"] == ["add", "extra", "mul"]
    names = {(each["spec"]["name"], each["path"], each["specs"]) for each in pair["clients"]}
    assert names == {
        ("app", "bin/app", 4),
        ("baruser", "bin/user", 1),
        ("foo-plugin", "lib/plugin.so", 1),
        ("bar", "bin/foo", 1),
        ("baz", "bin/foo", 1),
    }


def test_a_lost_symbol_is_a_reason_unless_its_references_are_weak(client: FlaskClient) -> None:
    answer = propose(client, "foo@1.2", target="foo@1.0+pic")
    (pair,) = answer["broken"]
    assert pair["verdict"] == "broken"
    (reason,) = pair["reasons"]
    assert (reason["kind"], reason["what"]) == ("undefined-symbol", "mul")
    assert (reason["needed_by"]["spec"]["name"], reason["needed_by"]["path"]) == ("app", "bin/app")
    assert lines(answer) == []


def test_a_line_that_a_build_with_more_values_would_satisfy_is_not_proposed(
    client: FlaskClient,
) -> None:
    answer = propose(client, "foo@1.6", target="foo@1.0+pic")
    assert reasons(answer, WITH_MORE, BUILDS["1.0", True]) == ["undefined-symbol"]
    assert reasons(answer, WITH_X, BUILDS["1.0", True]) == ["same-constraints"]
    (pair,) = answer["unknown"]
    assert WITH_MORE["hash"] in pair["reasons"][0]["what"]
    assert lines(answer) == []


def test_a_library_of_another_name_or_in_another_folder_is_no_replacement(
    client: FlaskClient,
) -> None:
    target = BUILDS["1.0", True]
    assert reasons(propose(client, "foo@2.0"), NO_SONAME, target) == ["missing-library"]
    assert reasons(propose(client, "foo@1.3"), OTHER_FOLDER, target) == ["other-folder"]


def test_without_a_file_that_uses_it_nothing_is_proposed(client: FlaskClient) -> None:
    answer = propose(client, "foo@1.1", target="foo@4.0")
    assert {kind for each in answer["unknown"] for kind in [each["reasons"][0]["kind"]]} == {
        "no-client"
    }
    assert answer["lines"] == []


@pytest.mark.parametrize("most", [50, 1])
def test_a_dependent_without_files_may_need_anything_unless_its_builds_failed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(proposals, "MOST_BUILDS", most)
    answer = propose(client, "foo@1.1", target="foo@9.0")
    assert answer["complete"] is (most == 50)
    for pair in answer["unknown"]:
        (reason,) = pair["reasons"]
        assert (reason["kind"], reason["what"]) == (
            "unread-client",
            f"unread@1.0/{UNREAD_USER['hash']}",
        )
    assert (len(answer["unknown"]), answer["lines"]) == (min(most, 2), [])


def test_builds_without_files_are_named_and_externals_left_out(client: FlaskClient) -> None:
    answer = propose(client, "foo")
    assert [each["version"] for each in answer["unread"]] == ["5.0"]
    text = str(answer)
    assert (EXTERNAL["hash"] in text, UNBUILT["hash"] in text) == (False, True)


def test_builds_for_other_machines_are_not_compared(client: FlaskClient) -> None:
    answer = propose(client, "foo@1.4")
    assert answer["counts"] == {"loads": 0, "broken": 0, "unknown": 0}


def test_packages_with_the_same_library_may_replace_each_other(client: FlaskClient) -> None:
    answer = propose(client, "bar")
    values = "+pic build_system=generic"
    versions = ",".join(f"={each}" for each in ("1.0", "1.1", "1.2", "1.5", "3.0"))
    assert f'can_splice("foo@{versions}{values}", when="@=7.0{values}")' in lines(answer)
    assert all(not each["is_alone"] for each in answer["lines"])
    other = propose(client, "baz", target="foo@1.0+pic")
    assert reasons(other, BAZ, BUILDS["1.0", True]) == ["virtual"]


def test_results_of_comparing_types_count(client: FlaskClient) -> None:
    answer = propose(client, "foo@1.5", target="foo@1.0")
    for pair in answer["broken"]:
        (reason,) = pair["reasons"]
        assert (reason["kind"], reason["what"]) == ("type-change", "mul: struct matrix")
        assert [each["types"] for each in pair["libraries"]] == ["changed"]
    assert (len(answer["broken"]), answer["lines"]) == (2, [])


def test_more_files_than_can_be_checked_leave_it_unknown(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "MOST_CLIENTS", 1)
    answer = propose(client, "foo@1.1", target="foo@1.0+pic")
    assert answer["lines"] == []
    assert {each["reasons"][-1]["kind"] for each in answer["unknown"]} <= {
        "too-many-clients",
        "no-client",
    }


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("package=", 400, "package: "),
        ("package=%2Bmpi", 400, "name the package"),
        ("package=foo@@", 400, "package"),
        ("package=foo&target=@@", 400, "target"),
        ("package=foo&site=nowhere", 404, "nowhere"),
        ("package=fooo", 404, "no package is named fooo; did you mean foo"),
        ("package=foolib", 404, "foolib is a virtual"),
        ("package=foolib@1:", 404, "foolib is a virtual"),
        ("package=foo&limit=0", 422, "limit"),
        ("", 422, "package"),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    client: FlaskClient, query: str, status: int, text: str
) -> None:
    body = problem(client.get(f"{API}/abi/proposals?{query}"))
    assert body["status"] == status
    assert text in str(body)


def test_a_package_without_such_builds_has_no_lines(client: FlaskClient) -> None:
    answer = propose(client, "foo@77")
    assert (answer["lines"], answer["counts"]) == ([], {"loads": 0, "broken": 0, "unknown": 0})


def test_the_command_prints_python_with_the_evidence_as_comments(
    client: FlaskClient, neo4j_address: Neo4jAddress
) -> None:
    assert client
    commands = Commands.on(neo4j_address)
    found = commands.run("abi", "propose", "foo@1.1", "--target", "foo@1.0")
    code = compile(found.stdout, "lines", "exec")
    called: list[tuple[str, str]] = []
    exec(code, {"can_splice": lambda target, when, **_: called.append((target, when))})
    assert len(called) == 3
    assert f"#   lib/{FOO} by lib/{FOO}, types not compared" in found.stdout
    broken = commands.run("abi", "propose", "foo@1.2", "--target", "foo@1.0+pic", status=1)
    assert "#   undefined-symbol: mul, needed by app@" in broken.stdout
    assert "bin/app" in broken.stdout
    for words in (["abi"], ["abi", "judge"]):
        judged = commands.run(*words, PLUGIN["hash"], status=1)
        assert judged.stderr.startswith(f"foo-plugin@1.0/{PLUGIN['hash']}: broken")


def called_in(text: str) -> list[str]:
    """Return the names of the functions that a module calls; it must do nothing else."""
    calls = []
    for statement in ast.parse(text).body:
        assert isinstance(statement, ast.Expr), ast.unparse(statement)
        assert isinstance(statement.value, ast.Call), ast.unparse(statement)
        calls.append(ast.unparse(statement.value.func))
    return calls


@pytest.mark.parametrize("options", [[], ["--format", "table"]])
def test_hostile_names_of_files_and_symbols_stay_in_comments(
    client: FlaskClient, neo4j_address: Neo4jAddress, options: list[str]
) -> None:
    assert client
    found = Commands.on(neo4j_address).run("abi", "propose", "hostile", *options)
    assert called_in(found.stdout) == ["can_splice"] * 2
    for line in found.stdout.splitlines():
        assert line.startswith(("# ", "can_splice(")) or not line
        assert line.isprintable()
    assert r"lib/x\nimport os" in found.stdout
    assert "2 symbols used by 1 file\n" in found.stdout
    one = Commands.on(neo4j_address).run(
        "abi", "propose", "hostile@1.0", "--target", "hostile@1.1", *options
    )
    assert ("1 line; " in one.stderr) == bool(options)
    assert r"undefined-symbol: add\x1b[2J\rimport sys\u2028import re" in found.stdout


@pytest.mark.parametrize("options", [[], ["--format", "table"]])
def test_what_was_not_compared_is_reported_beside_the_lines(
    client: FlaskClient,
    neo4j_address: Neo4jAddress,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
) -> None:
    assert client
    monkeypatch.setattr(proposals, "MOST_BUILDS", 1)
    commands = Commands.on(neo4j_address)
    found = commands.run("abi", "propose", "foo@1.1", "--target", "foo@1.0", *options)
    assert called_in(found.stdout) == ["can_splice"]
    assert "only the newest builds were compared" in found.stderr
    assert "only the newest" not in found.stdout.lower()
    unread = commands.run("abi", "propose", "foo@5.0", "--target", "foo@1.0", *options, status=1)
    assert unread.stdout == ""
    assert "no pair of stored builds" in unread.stderr
    assert "no pair of stored builds" not in found.stderr
    assert "no files were read of foo@5.0/" in unread.stderr
