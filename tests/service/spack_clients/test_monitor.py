"""Store messages of the clients of Spack 0.17 and 0.18 as builds, and answer in their format."""

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
from tests.graph import value
from tests.service.answers import get
from tests.service.spack_clients.recorded import SAMPLE, Exchange, Replay, exchanges

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


def send(client: FlaskClient, path: str, message: Any, code: int = 200) -> Any:
    """Send one message and return the answer."""
    response = Replay(client).post(f"/ms1/{path}/", json.dumps(message).encode())
    assert response.status_code == code, response.text
    return response.get_json()


def announce(client: FlaskClient, hash_: str = SOME, code: int = 201, **more: Any) -> int:
    """Announce a build and return its number."""
    answer = send(client, "builds/new", {**HOST, "full_hash": hash_, **more}, code)
    number = answer["data"]["build"]["build_id"]
    assert isinstance(number, int)
    return number


def report_phase(
    client: FlaskClient, number: int, name: str, output: str | None, status: str
) -> None:
    message = {"build_id": number, "phase_name": name, "output": output, "status": status}
    send(client, "builds/phases/update", message)


def end_build(client: FlaskClient, number: int, status: str) -> None:
    send(client, "builds/update", {"build_id": number, "status": status})


def output_at(second: int, text: str = "gcc -c a.c") -> str:
    """Return the output of a phase that began at this second."""
    return f"==> [2026-11-23-10:00:{second:02}.000001] {text}\n"


def builds(client: FlaskClient) -> list[dict[str, Any]]:
    """Return all attempts, oldest first."""
    return list(reversed(get(client, "/builds", limit=1000)["items"]))


def outcomes_of(client: FlaskClient) -> list[tuple[Any, ...]]:
    """Return name, status, failed phase and cause or culprit of all attempts, oldest first."""
    found = []
    for each in builds(client):
        why = (each.get("cause") or {}).get("text") or (each.get("culprit") or {}).get("name")
        found.append((each["name"], each["status"], each.get("failed_phase"), why))
    return found


def phases_of(client: FlaskClient, uid: str) -> list[tuple[str, str]]:
    build = get(client, f"/builds/{uid}")
    return [(each["name"], each["status"]) for each in build["phases"]]


def is_sent(exchange: Exchange) -> bool:
    """Return whether a service without tokens receives the request."""
    return exchange.status != 401 and not exchange.path.startswith("/auth/")


def check(exchange: Exchange, answer: Any, code: int) -> None:
    """Check the parts of an answer that the client reads against the recorded answer."""
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
        assert build["spec_full_hash"] == exchange.message["full_hash"]
    else:
        assert answer["message"] == exchange.answer["message"]


def replay_all(client: FlaskClient, path: Path) -> None:
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


def test_recorded_exchanges_are_answered_and_stored(client: FlaskClient) -> None:
    replay_all(client, SAMPLE)
    assert outcomes_of(client) == [
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


def test_replaying_recorded_exchanges_again_changes_nothing(client: FlaskClient) -> None:
    replay_all(client, SAMPLE)
    before = builds(client)
    replay_all(client, SAMPLE)
    assert builds(client) == before


def test_the_complete_recording_stores_each_attempt_once(client: FlaskClient, corpus: Path) -> None:
    path = corpus / "ms1" / "transcript.jsonl"
    if not path.is_file():
        pytest.skip("the corpus has no recorded traffic")
    replay_all(client, path)
    assert outcomes_of(client) == [
        *FIRST,
        ("tinylib", "succeeded", None, None),
        ("tinylib", "succeeded", None, None),
        SAVED,
        ("tinyuser", "skipped", None, "tinyfail"),
        ("tinyuser", "skipped", None, "tinyfail"),
    ]


def test_announcing_an_installed_package_adds_no_attempt(client: FlaskClient) -> None:
    first = announce(client)
    assert announce(client, code=200) == first
    assert builds(client) == []


def test_the_build_of_a_spec_that_was_never_sent_is_stored_by_hash(client: FlaskClient) -> None:
    number = announce(client)
    report_phase(client, number, "build", output_at(1), "SUCCESS")
    assert [(each["hash"], each["status"]) for each in builds(client)] == [(SOME, "running")]


def test_a_rebuild_is_a_new_attempt_and_a_resent_build_is_not(client: FlaskClient) -> None:
    number = announce(client)
    for _ in range(2):
        report_phase(client, number, "build", output_at(1, "error: first try"), "ERROR")
        end_build(client, number, "FAILED")
        assert announce(client, code=200) == number
    assert [each["status"] for each in builds(client)] == ["failed"]
    report_phase(client, number, "build", output_at(9), "SUCCESS")
    end_build(client, number, "SUCCESS")
    assert [each["status"] for each in builds(client)] == ["failed", "succeeded"]
    announce(client, code=200)
    report_phase(client, number, "build", output_at(1, "error: first try"), "ERROR")
    end_build(client, number, "FAILED")
    assert [each["status"] for each in builds(client)] == ["failed", "succeeded"]


def test_phases_sent_in_any_order_are_stored_in_order(client: FlaskClient) -> None:
    number = announce(client)
    report_phase(client, number, "install", None, "SUCCESS")
    report_phase(client, number, "build", output_at(5), "SUCCESS")
    report_phase(client, number, "configure", output_at(2), "SUCCESS")
    end_build(client, number, "SUCCESS")
    [build] = builds(client)
    assert phases_of(client, build["uid"]) == [
        ("configure", "succeeded"),
        ("build", "succeeded"),
        ("install", "succeeded"),
    ]


def test_a_rebuild_keeps_its_phases_without_output(client: FlaskClient) -> None:
    number = announce(client)
    for second in (1, 9):
        announce(client, code=200)
        report_phase(client, number, "configure", "", "SUCCESS")
        report_phase(client, number, "build", output_at(second), "SUCCESS")
        end_build(client, number, "SUCCESS")
    assert [phases_of(client, each["uid"]) for each in builds(client)] == [
        [("configure", "succeeded"), ("build", "succeeded")]
    ] * 2


def test_an_interrupted_attempt_is_cancelled(client: FlaskClient) -> None:
    number = announce(client)
    report_phase(client, number, "configure", output_at(1), "SUCCESS")
    announce(client, code=200)
    report_phase(client, number, "configure", output_at(9), "SUCCESS")
    assert [each["status"] for each in builds(client)] == ["cancelled", "running"]


def test_the_first_final_status_of_an_attempt_stays(client: FlaskClient) -> None:
    number = announce(client)
    report_phase(client, number, "build", output_at(1), "ERROR")
    end_build(client, number, "CANCELLED")
    end_build(client, number, "SUCCESS")
    assert [each["status"] for each in builds(client)] == ["failed"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("SUCCESS", "succeeded"),
        ("FAILED", "failed"),
        ("ERROR", "failed"),
        ("CANCELLED", "cancelled"),
        ("NOTRUN", "skipped"),
    ],
)
def test_each_status_of_a_client_is_mapped(client: FlaskClient, sent: str, status: str) -> None:
    end_build(client, announce(client), sent)
    assert [each["status"] for each in builds(client)] == [status]


def test_concurrent_clients_store_each_message_once(app: Flask) -> None:
    def client_of(_: int) -> int:
        client = app.test_client()
        response = Replay(client).post(
            "/ms1/builds/new/", json.dumps({**HOST, "full_hash": SOME}).encode()
        )
        number = int(response.get_json()["data"]["build"]["build_id"])
        for name, second in (("configure", 1), ("build", 2)):
            report_phase(client, number, name, output_at(second), "SUCCESS")
        end_build(client, number, "SUCCESS")
        return number

    with ThreadPoolExecutor(6) as pool:
        numbers = set(pool.map(client_of, range(12)))
    assert len(numbers) == 1
    client = app.test_client()
    [build] = builds(client)
    assert phases_of(client, build["uid"]) == [("configure", "succeeded"), ("build", "succeeded")]


def test_concurrent_announcements_get_different_numbers(app: Flask) -> None:
    hashes = [letter * 32 for letter in "abcdefgh"]

    def number_of(hash_: str) -> int:
        return announce(app.test_client(), hash_)

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(number_of, hashes))
    assert sorted(numbers) == list(range(1, 9))


def test_results_of_analyzers_are_stored(client: FlaskClient) -> None:
    number = announce(client)
    for metadata in (
        {"config_args": None},
        {"environment_variables": None, "install_files": None},
        {},
        None,
    ):
        send(client, "analyze/builds", {"build_id": number, "metadata": metadata})
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
        send(client, "analyze/builds", {"build_id": number, "metadata": metadata})
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
    number = announce(client)
    message: dict[str, Any] = {"build_id": number, "metadata": {"config_args": "--prefix=/x"}}
    assert send(client, "analyze/builds", message)["data"].keys() == {"build"}
    message["metadata"] = {"config_args": "x" * 2_000_000}
    answer = send(client, "analyze/builds", message)
    assert answer["data"]["left_out"] == ["the end of spack-configure-args.txt"]
    assert answer["message"].endswith("left out, as too large: the end of spack-configure-args.txt")


def test_a_failed_concretization_is_stored(client: FlaskClient, database: Database) -> None:
    node = {
        "name": "bad",
        "versions": [":"],
        "concrete": False,
        "full_hash": "FAILED_CONCRETIZATION",
    }
    message = {"spec": {"_meta": {"version": 3}, "nodes": [node]}, "spack_version": "0.18.1"}
    assert send(client, "specs/new", message, 201)["data"]["spec"]["name"] == "bad"
    assert send(client, "specs/new", message)["data"]["created"] is False
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
def test_a_body_with_nothing_to_store_is_refused_with_a_reason(
    client: FlaskClient, path: str, body: bytes, code: int
) -> None:
    response = Replay(client).post(f"/ms1/{path}/", body)
    assert response.status_code == code, response.text
    assert response.get_json()["message"]


def test_odd_bodies_are_accepted(client: FlaskClient) -> None:
    number = announce(client, tags=["a", 1, None], hostname=None, host_os=12)
    report_phase(client, number, "build\ud800\0", "\ud800 \0 text", "WEIRD")
    send(client, "builds/update", {"build_id": str(number), "status": "success"})
    assert [each["status"] for each in builds(client)] == ["succeeded"]


def folder_attempt(second: int) -> Attempt:
    """Return the attempt that began at this second, as read from the installation's folder."""
    marker = "==> lib: Executing phase: '{}'\n"
    log = (
        marker.format("configure")
        + output_at(second)
        + marker.format("build")
        + output_at(second + 1)
    )
    return Attempt(
        SpecName(SOME, "lib", "1.0"),
        output_at(second)[5:31],
        Status.SUCCEEDED,
        Source.FOLDER,
        phases=read_phases(log.encode(), Status.SUCCEEDED),
    )


@pytest.mark.parametrize("folder_first", [True, False])
def test_an_attempt_without_its_first_phase_matches_that_of_the_folder(
    client: FlaskClient, database: Database, folder_first: bool
) -> None:
    attempt = folder_attempt(1)
    assert attempt.key == "2026-11-23-10:00:01.000001"
    if folder_first:
        store_attempts(database, [attempt], site="default", origin="lib")
    number = announce(client, tags="ci")
    report_phase(client, number, "configure", "", "SUCCESS")
    report_phase(client, number, "build", output_at(2), "SUCCESS")
    if not folder_first:
        store_attempts(database, [attempt], site="default", origin="lib")
    end_build(client, number, "SUCCESS")
    [build] = builds(client)
    assert (build["uid"], build["status"]) == (attempt.uid, "succeeded")
    assert phases_of(client, build["uid"]) == [("configure", "succeeded"), ("build", "succeeded")]


def test_a_build_follows_the_content_that_is_shown_for_its_hash(
    client: FlaskClient, database: Database
) -> None:
    number = announce(client)
    create = "CREATE (:Spec:Root {uid: $hash + ':' + $hash, hash: $hash, standing: '0:'})"
    with database.driver.session() as session:
        session.run(create, hash=SOME).consume()
    for name in ("configure", "build", "install"):
        report_phase(client, number, name, output_at(1), "SUCCESS")
    count = "MATCH (:Announcement {number: $number})-[:OF]->(s:Spec) RETURN collect(s.uid)"
    assert value(database, count, number=number) == [f"{SOME}:{SOME}"]
