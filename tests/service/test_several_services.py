"""Several service processes on one Neo4j, which they address as a cluster (`neo4j://`)."""

import random
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from cypher.run import Database
from loaders.store import tokens
from loaders.store.migrations import migrate_graph
from tests.conftest import Neo4jAddress
from tests.documents import SPLICED
from tests.graph import snapshot, value, wipe
from tests.service_process import ServiceProcess, run_service

pytestmark = pytest.mark.container


@pytest.fixture
def services(
    database: Database, neo4j_address: Neo4jAddress, tmp_path: Path
) -> Iterator[list[ServiceProcess]]:
    """Return two services on the tests' database."""
    uri = neo4j_address.uri.replace("bolt://", "neo4j://")
    options = ["--neo4j-uri", uri, "--neo4j-user", neo4j_address.user]
    options += ["--neo4j-password", neo4j_address.password or ""]
    with ExitStack() as stack:
        yield [stack.enter_context(run_service(tmp_path, *options)) for _ in range(2)]


def test_services_share_a_graph(services: list[ServiceProcess], database: Database) -> None:
    uploads = [path for path in SPLICED for _ in range(2)]
    for path in SPLICED:
        assert services[0].post(path).status_code in (200, 201)
    expected = snapshot(database)
    wipe(database)
    migrate_graph(database)
    random.Random(1).shuffle(uploads)
    chosen = [services[number % 2] for number in range(len(uploads))]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ServiceProcess.post, chosen, uploads))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert snapshot(database) == expected
    # What one has acknowledged, the other answers with at once.
    totals = [
        requests.get(f"{each.url}/api/v1/specs", timeout=60).json()["total"]["count"]
        for each in services
    ]
    roots = value(database, "MATCH (r:Root) RETURN count(r)")
    assert totals == [roots, roots]
    entries = value(database, "MATCH (a:AuditEntry) RETURN count(a)")
    assert entries == sum(answer.status_code == 201 for answer in answers)


def test_a_bearer_of_one_service_is_accepted_by_another(
    services: list[ServiceProcess], database: Database
) -> None:
    secret, _ = tokens.create_token(database, "ci", site="lab")
    basic = b64encode(f"ci:{secret}".encode()).decode()
    first, second = (each.url for each in services)
    issued = requests.get(
        f"{first}/auth/token/", headers={"Authorization": f"Basic {basic}"}, timeout=60
    ).json()["token"]
    sent = requests.post(
        f"{second}/ms1/builds/new/",
        json={"full_hash": "c" * 32},
        headers={"Authorization": f"Bearer {issued}"},
        timeout=60,
    )
    assert sent.status_code == 201
    assert value(database, "MATCH (a:Announcement) RETURN collect([a.site, a.owner])") == [
        ["lab", "ci"]
    ]
