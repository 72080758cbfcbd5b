"""The tests' Neo4j.

`NEO4J_URI` if it is set; else a container if a Docker engine answers and has the image; else the
embedded server. `SPECGRAPH_TEST_NEO4J=embedded` or `container` insists on one of the two, and
`cluster` on the embedded one behind a stub that looks like a cluster. With `-n` each worker has a
server of its own.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from cypher.run import Database
from graph_models import schema
from service.app import create_app
from service.embedded import EmbeddedNeo4j, panic
from tests.cluster import ClusterStub, host_and_port
from tests.demonstration import load_demonstration
from tests.effort import load_hypothesis_profile
from tests.graph import SharedGraph, wipe
from tests.order import arrange_items
from tests.waiting import wait_until

IMAGE = "neo4j:5.26-community"

SETTINGS = {"dbms.cypher.min_replan_interval": "12h"}
"""Settings of the embedded server. As tests fill and empty the graph all the time, its statistics
change so much that Neo4j would plan the same statements again every ten seconds."""
WORKERS = 4
"""Maximum number of workers of `-n auto`, as each runs an embedded Neo4j of its own."""


def given_uri() -> str | None:
    """Return the address of the Neo4j that the environment names for the tests, if any."""
    insists = os.environ.get("SPECGRAPH_TEST_NEO4J")
    return None if insists else os.environ.get("NEO4J_URI")


def pytest_configure() -> None:
    """Set the number of examples of properties."""
    load_hypothesis_profile()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one worker per core, or one in all if they would empty the same database."""
    return 1 if given_uri() else min(WORKERS, os.cpu_count() or 1)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: workers must collect the same whatever time is in them."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that use a database as `neo4j`, and tests that use a browser as `chromium`.

    The order in which the tests run is arranged with that, after they were shuffled.
    """
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "neo4j_address" in fixtures:
            item.add_marker(pytest.mark.neo4j)
        if "chromium" in fixtures:
            item.add_marker(pytest.mark.chromium)
    items[:] = arrange_items(items)


@dataclass(frozen=True)
class Neo4jAddress:
    uri: str
    user: str
    password: str | None
    kind: str


def _engine_has(image: str) -> bool:
    try:
        done = subprocess.run(
            ["docker", "image", "inspect", image], capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextmanager
def _container() -> Iterator[Neo4jAddress]:
    from testcontainers.community.neo4j import Neo4jContainer
    from testcontainers.core.config import testcontainers_config

    # Ryuk removes the containers of a killed run, and comes as another image that may be missing.
    if not _engine_has(testcontainers_config.ryuk_image):
        testcontainers_config.ryuk_disabled = True
    container = Neo4jContainer(IMAGE, password="of-the-tests")
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(7687)
        address = Neo4jAddress(f"bolt://{host}:{port}", "neo4j", "of-the-tests", "container")
        wait_until(lambda: _answers(address))
        yield address


def _answers(address: Neo4jAddress) -> bool:
    """Return whether a server answers; the first login takes a new container long."""
    auth = (address.user, address.password or "")
    try:
        with GraphDatabase.driver(address.uri, auth=auth) as driver:
            driver.execute_query("RETURN 1")
    except (DriverError, Neo4jError):
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def default_signals() -> None:
    """Let processes that tests start end by signals even if pytest itself ignores them.

    A child inherits ignored signals, as under nohup or in a script's background, but not a
    handler, even one that does nothing.
    """
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(scope="session")
def neo4j_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jAddress]:
    uri = given_uri()
    wanted = os.environ.get("SPECGRAPH_TEST_NEO4J", "")
    if uri is not None:
        if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
            pytest.exit(f"{uri} cannot serve several workers: use -n 0", returncode=2)
        user = os.environ.get("NEO4J_USERNAME", "neo4j")
        yield Neo4jAddress(uri, user, os.environ.get("NEO4J_PASSWORD"), "given")
    elif wanted == "container" or (not wanted and _engine_has(IMAGE)):
        with _container() as address:
            yield address
    else:
        folder = tmp_path_factory.mktemp("neo4j")
        server = EmbeddedNeo4j(folder, quick=True, heap_mib=1024, more_settings=SETTINGS)
        with unwatched(), server as connection, ExitStack() as stack:
            uri = connection.uri
            if wanted == "cluster":
                uri = stack.enter_context(ClusterStub(host_and_port(uri))).uri
            yield Neo4jAddress(uri, connection.user, connection.password, "embedded")


@contextmanager
def unwatched() -> Iterator[None]:
    """Keep the server from being asked whether it panicked: tests count its plans."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(panic, "INTERVAL", 86_400.0)
        yield


@pytest.fixture(scope="session")
def session_database(neo4j_address: Neo4jAddress) -> Iterator[Database]:
    address = neo4j_address
    with Database.connect(address.uri, address.user, address.password) as database:
        _refuse_to_empty(database, address)
        schema.install_schema(database.driver)
        yield database
        wipe(database)


def _refuse_to_empty(database: Database, address: Neo4jAddress) -> None:
    """Exit if the database named by the environment is not empty, as the tests would empty it."""
    if address.kind == "given" and not os.environ.get("SPECGRAPH_TEST_WIPE"):
        with database.driver.session() as session:
            if session.run("MATCH (n) RETURN count(n) AS n").single(strict=True)["n"]:
                pytest.exit(
                    f"{address.uri} is not empty and the tests would empty it; "
                    "name another NEO4J_URI, or set SPECGRAPH_TEST_WIPE=1",
                    returncode=2,
                )


@pytest.fixture(scope="session")
def shared_graph(session_database: Database) -> SharedGraph:
    """Return the database for tests that only read, see `SharedGraph.hold`."""
    return SharedGraph(session_database)


@pytest.fixture
def demonstration(shared_graph: SharedGraph) -> Database:
    """Return the database with the samples of `specgraph demo`, for tests that only read."""
    shared_graph.hold("demonstration", load_demonstration)
    return shared_graph.database


@pytest.fixture
def database(session_database: Database) -> Database:
    """Return an empty database with its schema."""
    wipe(session_database)
    return session_database


@pytest.fixture
def app(database: Database) -> Flask:
    return create_app(database, {"TESTING": True})


@pytest.fixture(scope="session")
def shared_app(session_database: Database) -> Flask:
    """Return an app for tests that leave it as it is: to make one takes longer than a question."""
    return create_app(session_database, {"TESTING": True})


@pytest.fixture(scope="session")
def served_app(session_database: Database) -> Flask:
    """Return such an app as it is when it is served."""
    return create_app(session_database)


@pytest.fixture
def client(request: pytest.FixtureRequest, database: Database) -> FlaskClient:
    """Return a client of the test's own app if it has one, else of the shared one."""
    own = "app" in request.fixturenames
    app: Flask = request.getfixturevalue("app" if own else "shared_app")
    return app.test_client()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of a larger collection of real documents, not part of the project."""
    given = os.environ.get("SPECGRAPH_CORPUS")
    folder = Path(given) if given else Path(__file__).parents[2] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("no corpus: set SPECGRAPH_CORPUS to its folder")
    return folder
