"""The service over `neo4j://`, behind a stub that imitates what only a cluster does."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from tests.cluster import ClusterStub, host_and_port
from tests.conftest import Neo4jAddress
from tests.documents import SPLICED
from tests.graph import snapshot, value, wipe
from tests.service.answers import API, problem

UPLOADS = SPLICED[:4]


@pytest.fixture
def cluster(database: Database, neo4j_address: Neo4jAddress) -> Iterator[ClusterStub]:
    """Return a cluster over the empty database of the tests."""
    with ClusterStub(host_and_port(neo4j_address.uri)) as stub:
        yield stub


@pytest.fixture
def clustered(cluster: ClusterStub, neo4j_address: Neo4jAddress) -> Iterator[Database]:
    """Return the database by the address of the cluster."""
    address = neo4j_address
    with Database.connect(cluster.uri, address.user, address.password) as database:
        yield database


@pytest.fixture
def client(clustered: Database) -> FlaskClient:
    """Return a client of a service on the cluster."""
    return create_app(clustered, {"TESTING": True}).test_client()


@pytest.fixture
def expected(database: Database) -> tuple[list[object], list[object]]:
    """Return the graph of the uploads, which are then deleted."""
    direct = create_app(database, {"TESTING": True}).test_client()
    assert {upload(direct, number) for number in range(len(UPLOADS))} <= {200, 201}
    graph = snapshot(database)
    wipe(database)
    return graph


def upload(client: FlaskClient, number: int) -> int:
    return client.post(f"{API}/specs", data=UPLOADS[number].read_bytes()).status_code


def test_writes_go_to_the_leader_and_reads_to_the_others(
    client: FlaskClient, cluster: ClusterStub
) -> None:
    cluster.move_leader()
    assert upload(client, 0) == 201
    # The driver chooses one of the two readers at random.
    for _ in range(20):
        assert client.get(f"{API}/specs").get_json()["total"]["count"] == 1
    members = {name for name in cluster.faults.seen if " at " in name}
    assert members == {"writes at 1", "reads at 0", "reads at 2"}
    assert cluster.faults.seen["routes"] >= 1


@pytest.mark.parametrize("fault", ["moves_at_commit", "moves_at_run"])
def test_a_leader_may_move_in_the_middle_of_a_transaction(
    fault: str, client: FlaskClient, cluster: ClusterStub, expected: object, database: Database
) -> None:
    setattr(cluster.faults, fault, 2)
    statuses = [upload(client, number) for number in range(len(UPLOADS))]
    assert set(statuses) <= {200, 201}
    assert cluster.faults.seen[fault] == 2
    assert cluster.leader == 2
    assert snapshot(database) == expected


def test_uploads_go_on_while_the_leader_moves_all_the_time(
    clustered: Database, cluster: ClusterStub, expected: object, database: Database
) -> None:
    app = create_app(clustered, {"TESTING": True})
    done = threading.Event()
    statuses = [upload(app.test_client(), 0)]
    began = time.monotonic()
    statuses.append(upload(app.test_client(), 1))
    # On a slow machine as well, an upload must be possible between two moves.
    pause = max(1.0, 3 * (time.monotonic() - began))

    def move() -> None:
        while not done.wait(pause):
            cluster.move_leader()

    mover = threading.Thread(target=move)
    mover.start()
    try:
        with ThreadPoolExecutor(3) as pool:
            statuses += pool.map(
                lambda number: upload(app.test_client(), number), range(2, len(UPLOADS))
            )
    finally:
        done.set()
        mover.join()
    assert set(statuses) <= {200, 201}
    assert snapshot(database) == expected
    entries = value(database, "MATCH (a:AuditEntry) RETURN count(a)")
    assert entries == statuses.count(201)


def test_a_commit_whose_answer_is_lost_may_be_sent_again(
    client: FlaskClient, cluster: ClusterStub, expected: object, database: Database
) -> None:
    cluster.faults.lost_commits = 1
    refused = client.post(f"{API}/specs", data=UPLOADS[0].read_bytes())
    assert (refused.status_code, problem(refused)["type"].rpartition(":")[2]) == (503, "database")
    assert "Retry-After" in refused.headers
    assert {upload(client, number) for number in range(len(UPLOADS))} <= {200, 201}
    assert snapshot(database) == expected


def test_a_read_that_waits_for_its_bookmark_in_vain_is_repeated(
    client: FlaskClient, cluster: ClusterStub
) -> None:
    assert upload(client, 0) == 201
    cluster.faults.stale_reads = 2
    answer = client.get(f"{API}/specs")
    assert (answer.status_code, answer.get_json()["total"]["count"]) == (200, 1)
    assert cluster.faults.seen["stale_reads"] == 2


def test_members_that_stay_behind_are_a_reason_to_try_again_later(
    client: FlaskClient, cluster: ClusterStub
) -> None:
    assert upload(client, 0) == 201
    cluster.faults.stale_reads = 1_000_000
    answer = client.get(f"{API}/specs")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    cluster.faults.stale_reads = 0
    assert client.get(f"{API}/specs").status_code == 200
