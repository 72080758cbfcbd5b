"""What the clients of Spack 0.17 and 0.18 told is kept as builds, and answered as they need it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.logs.phases import read_phases
from loaders.store.attempts import store_attempts
from tests.service.answers import get
from tests.service.recorded import SAMPLE, Exchange, Replay, exchanges

HOST = {
    "host_os": "debian12",
    "platform": "linux",
    "host_target": "x86_64_v4",
    "hostname": "vm",
    "spack_version": "0.18.1",
    "kernel_version": "#1 SMP",
}
SOME = "a" * 32
ERROR = "bad.c:2:11: error: 'undeclared_thing' undeclared (first use in this function)"


def sent(client: FlaskClient, path: str, told: Any, code: int = 200) -> Any:
    """The answer to one message."""
    response = Replay(client).post(f"/ms1/{path}/", json.dumps(told).encode())
    assert response.status_code == code, response.text
    return response.get_json()


def announced(client: FlaskClient, hash_: str = SOME, code: int = 201, **more: Any) -> int:
    """The number of an announced build."""
    answer = sent(client, "builds/new", {**HOST, "full_hash": hash_, **more}, code)
    number = answer["data"]["build"]["build_id"]
    assert isinstance(number, int)
    return number


def phase(client: FlaskClient, number: int, name: str, output: str | None, status: str) -> None:
    told = {"build_id": number, "phase_name": name, "output": output, "status": status}
    sent(client, "builds/phases/update", told)


def ended(client: FlaskClient, number: int, status: str) -> None:
    sent(client, "builds/update", {"build_id": number, "status": status})


def at(second: int, text: str = "gcc -c a.c") -> str:
    """The output of a phase that began then."""
    return f"==> [2026-11-23-10:00:{second:02}.000001] {text}\n"


def builds(client: FlaskClient) -> list[dict[str, Any]]:
    """All attempts, the oldest first."""
    return list(reversed(get(client, "/builds", limit=1000)["items"]))


def outcomes(client: FlaskClient) -> list[tuple[Any, ...]]:
    """Name, status, failed phase and cause or culprit of all attempts, the oldest first."""
    found = []
    for each in builds(client):
        why = (each.get("cause") or {}).get("text") or (each.get("culprit") or {}).get("name")
        found.append((each["name"], each["status"], each.get("failed_phase"), why))
    return found


def phases_of(client: FlaskClient, uid: str) -> list[tuple[str, str]]:
    build = get(client, f"/builds/{uid}")
    return [(each["name"], each["status"]) for each in build["phases"]]


def is_sent(exchange: Exchange) -> bool:
    """Whether a service without tokens sees the request."""
    return exchange.status != 401 and not exchange.path.startswith("/auth/")


def check(exchange: Exchange, answer: Any, code: int) -> None:
    """What the client reads in an answer must be there, as it was where the client went on."""
    assert code in (200, 201)
    if exchange.path == "/ms1/":
        assert answer["status"] == "running"
        assert answer["id"]
        assert answer["version"]
    elif exchange.path == "/ms1/specs/new/":
        assert answer["data"]["spec"]["full_hash"] == exchange.answer["data"]["spec"]["full_hash"]
        assert answer["data"]["spec"] == exchange.answer["data"]["spec"]
        assert answer["message"]
    elif exchange.path == "/ms1/builds/new/":
        build = answer["data"]["build"]
        assert isinstance(build["build_id"], int)
        assert build["spec_full_hash"] == exchange.told["full_hash"]
    else:
        assert answer["message"] == exchange.answer["message"]


def replayed(client: FlaskClient, path: Path) -> None:
    replay = Replay(client)
    for exchange in exchanges(path):
        if is_sent(exchange):
            response = replay.send(exchange)
            check(exchange, response.get_json(), response.status_code)


SAVED = ("tinyfail", "failed", "build", ERROR)
FIRST = [
    ("tinylib", "succeeded", None, None),
    ("tinyapp", "succeeded", None, None),
    ("tinyfail", "failed", "build", ERROR),
    ("tinylib", "succeeded", None, None),
]


def test_recorded_exchanges_are_answered_and_kept(client: FlaskClient) -> None:
    replayed(client, SAMPLE)
    told = outcomes(client)
    assert told == [
        *FIRST,
        ("tinylib", "succeeded", None, None),
        SAVED,
        ("tinyuser", "skipped", None, "tinyfail"),
        ("tinyuser", "skipped", None, "tinyfail"),
    ]
    tinylib = builds(client)[0]
    assert phases_of(client, tinylib["uid"]) == [
        ("configure", "succeeded"),
        ("build", "succeeded"),
        ("install", "succeeded"),
    ]
    tinyapp = get(client, f"/builds/{builds(client)[1]['uid']}")
    assert tinyapp["environment"]["host_os"] == "debian12"
    assert {each["name"] for each in tinyapp["variables"]} >= {"CC", "SPACK_CC", "PATH"}
    files = get(client, f"/specs/{tinyapp['hash']}/files", limit=1000)["items"]
    assert "bin/tinyapp" in {each["path"] for each in files}
    assert not any("/home/" in each["path"] for each in files)


def test_recorded_exchanges_sent_again_change_nothing(client: FlaskClient) -> None:
    replayed(client, SAMPLE)
    before = builds(client)
    replayed(client, SAMPLE)
    assert builds(client) == before


def test_the_whole_recording_leaves_each_attempt_once(client: FlaskClient, corpus: Path) -> None:
    path = corpus / "ms1" / "transcript.jsonl"
    if not path.is_file():
        pytest.skip("the corpus has no recorded traffic")
    replayed(client, path)
    assert outcomes(client) == [
        *FIRST,
        ("tinylib", "succeeded", None, None),
        ("tinylib", "succeeded", None, None),
        SAVED,
        ("tinyuser", "skipped", None, "tinyfail"),
        ("tinyuser", "skipped", None, "tinyfail"),
    ]


def test_an_installed_package_leaves_no_attempt(client: FlaskClient) -> None:
    first = announced(client)
    assert announced(client, code=200) == first
    assert builds(client) == []


def test_a_spec_that_nobody_sent_is_kept_by_its_hash(client: FlaskClient) -> None:
    number = announced(client)
    phase(client, number, "build", at(1), "SUCCESS")
    assert [(each["hash"], each["status"]) for each in builds(client)] == [(SOME, "running")]


def test_a_rebuild_is_another_attempt_and_a_retry_is_none(client: FlaskClient) -> None:
    number = announced(client)
    for _ in range(2):
        phase(client, number, "build", at(1, "error: first try"), "ERROR")
        ended(client, number, "FAILED")
        assert announced(client, code=200) == number
    assert [each["status"] for each in builds(client)] == ["failed"]
    phase(client, number, "build", at(9), "SUCCESS")
    ended(client, number, "SUCCESS")
    assert [each["status"] for each in builds(client)] == ["failed", "succeeded"]
    announced(client, code=200)
    phase(client, number, "build", at(1, "error: first try"), "ERROR")
    ended(client, number, "FAILED")
    assert [each["status"] for each in builds(client)] == ["failed", "succeeded"]


def test_phases_in_any_order_are_one_attempt_in_theirs(client: FlaskClient) -> None:
    number = announced(client)
    phase(client, number, "install", None, "SUCCESS")
    phase(client, number, "build", at(5), "SUCCESS")
    phase(client, number, "configure", at(2), "SUCCESS")
    ended(client, number, "SUCCESS")
    [build] = builds(client)
    assert phases_of(client, build["uid"]) == [
        ("configure", "succeeded"),
        ("build", "succeeded"),
        ("install", "succeeded"),
    ]


def test_a_rebuild_keeps_its_phases_without_output(client: FlaskClient) -> None:
    number = announced(client)
    for second in (1, 9):
        announced(client, code=200)
        phase(client, number, "configure", "", "SUCCESS")
        phase(client, number, "build", at(second), "SUCCESS")
        ended(client, number, "SUCCESS")
    assert [phases_of(client, each["uid"]) for each in builds(client)] == [
        [("configure", "succeeded"), ("build", "succeeded")]
    ] * 2


def test_an_attempt_that_was_cut_off_is_cancelled(client: FlaskClient) -> None:
    number = announced(client)
    phase(client, number, "configure", at(1), "SUCCESS")
    announced(client, code=200)
    phase(client, number, "configure", at(9), "SUCCESS")
    assert [each["status"] for each in builds(client)] == ["cancelled", "running"]


def test_the_first_status_that_ends_an_attempt_stays(client: FlaskClient) -> None:
    number = announced(client)
    phase(client, number, "build", at(1), "ERROR")
    ended(client, number, "CANCELLED")
    ended(client, number, "SUCCESS")
    assert [each["status"] for each in builds(client)] == ["failed"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("SUCCESS", "succeeded"),
        ("FAILED", "failed"),
        ("ERROR", "failed"),
        ("CANCELLED", "cancelled"),
        ("NOTRUN", "skipped"),
    ],
)
def test_each_status_has_its_own(client: FlaskClient, told: str, status: str) -> None:
    ended(client, announced(client), told)
    assert [each["status"] for each in builds(client)] == [status]


def test_several_clients_at_once_give_each_thing_once(app: Flask) -> None:
    def client_of(_: int) -> int:
        client = app.test_client()
        response = Replay(client).post(
            "/ms1/builds/new/", json.dumps({**HOST, "full_hash": SOME}).encode()
        )
        number = int(response.get_json()["data"]["build"]["build_id"])
        for name, second in (("configure", 1), ("build", 2)):
            phase(client, number, name, at(second), "SUCCESS")
        ended(client, number, "SUCCESS")
        return number

    with ThreadPoolExecutor(6) as pool:
        numbers = set(pool.map(client_of, range(12)))
    assert len(numbers) == 1
    client = app.test_client()
    [build] = builds(client)
    assert phases_of(client, build["uid"]) == [("configure", "succeeded"), ("build", "succeeded")]


def test_numbers_are_given_once(app: Flask) -> None:
    hashes = [letter * 32 for letter in "abcdefgh"]

    def number_of(hash_: str) -> int:
        return announced(app.test_client(), hash_)

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(number_of, hashes))
    assert sorted(numbers) == list(range(1, 9))


def test_results_of_analyzers_are_kept(client: FlaskClient) -> None:
    number = announced(client)
    for metadata in (
        {"config_args": None},
        {"environment_variables": None, "install_files": None},
        {},
        None,
    ):
        sent(client, "analyze/builds", {"build_id": number, "metadata": metadata})
    assert builds(client) == []
    prefix = f"/opt/spack/lib-1.0-{SOME}"
    results: list[dict[str, Any]] = [
        {"config_args": "--prefix=/x --with-token=abc"},
        {"environment_variables": {"CC": "gcc", "API_TOKEN": "hunter2", "LONG": "x" * 100_000}},
        {"install_files": {f"{prefix}/lib/liba.so": {"mode": 33261, "type": "file"}}},
        {"libabigail": [{"value": "<abi/>", "install_file": "lib/liba.so", "name": "abidw-xml"}]},
        {"symbolator": [{"json_value": "{}", "install_file": "b", "name": "symbolator-json"}]},
    ]
    for metadata in results:
        sent(client, "analyze/builds", {"build_id": number, "metadata": metadata})
    [item] = builds(client)
    build = get(client, f"/builds/{item['uid']}")
    assert build["status"] == "succeeded"
    variables = {each["name"]: each.get("value") for each in build["variables"]}
    assert variables["CC"] == "gcc"
    assert variables["API_TOKEN"] == "<redacted>"
    kept = {each["name"]: each["kind"] for each in build["attachments"]}
    assert kept == {
        "spack-configure-args.txt": "configure-args",
        "abidw-xml/lib/liba.so": "abidw-xml",
        "symbolator-json/b": "symbolator-json",
    }
    files = get(client, f"/specs/{SOME}/files")["items"]
    assert [each["path"] for each in files] == ["lib/liba.so"]


def test_only_truncated_results_are_listed_as_left_out(client: FlaskClient) -> None:
    number = announced(client)
    told: dict[str, Any] = {"build_id": number, "metadata": {"config_args": "--prefix=/x"}}
    assert sent(client, "analyze/builds", told)["data"].keys() == {"build"}
    told["metadata"] = {"config_args": "x" * 2_000_000}
    answer = sent(client, "analyze/builds", told)
    assert answer["data"]["left_out"] == ["the end of spack-configure-args.txt"]
    assert answer["message"].endswith("left out, as too large: the end of spack-configure-args.txt")


def test_a_failed_concretization_is_kept(client: FlaskClient, database: Database) -> None:
    node = {
        "name": "bad",
        "versions": [":"],
        "concrete": False,
        "full_hash": "FAILED_CONCRETIZATION",
    }
    told = {"spec": {"_meta": {"version": 3}, "nodes": [node]}, "spack_version": "0.18.1"}
    assert sent(client, "specs/new", told, 201)["data"]["spec"]["name"] == "bad"
    assert sent(client, "specs/new", told)["data"]["created"] is False
    with database.driver.session() as session:
        found = session.run("MATCH (f:FailedConcretization) RETURN f.name AS n, f.times AS t")
        assert [(each["n"], each["t"]) for each in found] == [("bad", 2)]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("specs/new", b"no json", 400),
        ("specs/new", b"[]", 400),
        ("specs/new", b"{}", 400),
        ("specs/new", b'{"spec": {"nodes": [1]}}', 400),
        ("specs/new", b'{"spec": {"nodes": [{"name": "a"}]}}', 400),
        ("specs/new", b'{"spec": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        ("builds/new", b"{}", 400),
        ("builds/new", b'{"full_hash": "x"}', 400),
        ("builds/update", b'{"status": "SUCCESS"}', 400),
        ("builds/update", b'{"build_id": 1, "status": "GOOD"}', 400),
        ("builds/update", b'{"build_id": 77, "status": "SUCCESS"}', 404),
        ("builds/update", b'{"build_id": true, "status": "SUCCESS"}', 400),
        ("builds/phases/update", b'{"build_id": 77}', 400),
        ("builds/phases/update", b'{"build_id": 7, "phase_name": "a", "status": "ERROR"}', 404),
        ("analyze/builds", b'{"build_id": 77, "metadata": {}}', 404),
    ],
)
def test_what_leaves_nothing_to_keep_is_refused_with_a_reason(
    client: FlaskClient, path: str, body: bytes, code: int
) -> None:
    response = Replay(client).post(f"/ms1/{path}/", body)
    assert response.status_code == code, response.text
    assert response.get_json()["message"]


def test_odd_bodies_are_taken(client: FlaskClient) -> None:
    number = announced(client, tags=["a", 1, None], hostname=None, host_os=12)
    phase(client, number, "build\ud800\0", "\ud800 \0 text", "WEIRD")
    sent(client, "builds/update", {"build_id": str(number), "status": "success"})
    assert [each["status"] for each in builds(client)] == ["succeeded"]


def folder(second: int) -> Attempt:
    """The attempt that began then, as the folder of the installation tells of it."""
    marker = "==> lib: Executing phase: '{}'\n"
    log = marker.format("configure") + at(second) + marker.format("build") + at(second + 1)
    return Attempt(
        SpecName(SOME, "lib", "1.0"),
        at(second)[5:31],
        Status.SUCCEEDED,
        Source.FOLDER,
        phases=read_phases(log.encode(), Status.SUCCEEDED),
    )


@pytest.mark.parametrize("folder_first", [True, False])
def test_an_attempt_whose_beginning_the_client_missed_is_that_of_the_folder(
    client: FlaskClient, database: Database, folder_first: bool
) -> None:
    attempt = folder(1)
    assert attempt.key == "2026-11-23-10:00:01.000001"
    if folder_first:
        store_attempts(database, [attempt], site="default", origin="lib")
    number = announced(client, tags="ci")
    phase(client, number, "configure", "", "SUCCESS")
    phase(client, number, "build", at(2), "SUCCESS")
    if not folder_first:
        store_attempts(database, [attempt], site="default", origin="lib")
    ended(client, number, "SUCCESS")
    [build] = builds(client)
    assert (build["uid"], build["status"]) == (attempt.uid, "succeeded")
    assert phases_of(client, build["uid"]) == [("configure", "succeeded"), ("build", "succeeded")]
