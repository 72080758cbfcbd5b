"""The real thing: `specgraph serve` as a process, with the embedded database, and its faults."""

import getpass
import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.documents import SPECS, SPLICED
from tests.service_process import SERVE, ServiceProcess, run_service, without_neo4j
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.embedded


def returned_exactly(service: ServiceProcess, path: Path) -> bool:
    spec = json.loads(path.read_bytes())["spec"]
    root = spec["nodes"][0].get("full_hash", spec["nodes"][0]["hash"])
    answer = requests.get(f"{service.url}/api/v1/specs/{root}/spec.json", timeout=60)
    return answer.status_code == 200 and answer.text == json.dumps({"spec": spec})


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with the default settings that is neither stopped nor killed by its tests."""
    with run_service(tmp_path_factory.mktemp("served") / "data", quick=False) as service:
        yield service


def test_what_was_acknowledged_survives_a_kill_of_the_service(data_dir: Path) -> None:
    acknowledged: list[Path] = []
    with run_service(data_dir) as service:
        java = service.find_java()

        def upload() -> None:
            for path in [*SPECS, *SPLICED]:
                try:
                    if service.post(path).status_code in (200, 201):
                        acknowledged.append(path)
                except requests.RequestException:
                    return

        uploader = threading.Thread(target=upload)
        uploader.start()
        wait_until(lambda: len(acknowledged) >= 4)
        service.kill()
        uploader.join(PATIENCE)
        wait_until(lambda: not any(process.is_running() for process in java))
    with run_service(data_dir) as service:
        kept = list(dict.fromkeys(acknowledged))
        assert all(returned_exactly(service, path) for path in kept if path in SPECS)
        statuses = {service.post(path).status_code for path in kept}
        assert statuses == {200}
        assert service.post(SPECS[-1]).status_code in (200, 201)


def test_the_service_comes_back_after_a_kill_of_the_database(data_dir: Path) -> None:
    with run_service(data_dir) as service:
        assert service.post(SPECS[0]).status_code == 201
        [java] = service.find_java()
        java.kill()
        wait_until(lambda: not java.is_running() or java.status() == psutil.STATUS_ZOMBIE)
        wait_until(service.is_ready)
        assert service.post(SPECS[0]).status_code == 200
        assert service.post(SPECS[1]).status_code == 201


def test_a_second_service_on_the_same_data_is_told_who_has_it(running: ServiceProcess) -> None:
    second = subprocess.run(
        [*SERVE, "--data-dir", str(running.data_dir)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=without_neo4j(),
    )
    assert second.returncode == 3
    assert str(running.process.pid) in second.stderr
    assert running.is_ready()


def test_commands_use_the_database_of_the_running_service(running: ServiceProcess) -> None:
    environment = without_neo4j()
    command = [sys.executable, "-m", "service.cli"]
    loaded = subprocess.run(
        [*command, "load", "--json", "--data-dir", str(running.data_dir), str(SPECS[0])],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
        env=environment,
    )
    assert json.loads(loaded.stdout)["summary"]["documents"]["stored"] == 1
    assert running.post(SPECS[0]).status_code == 200


def test_writes_without_a_token_are_those_of_the_owner(running: ServiceProcess) -> None:
    token = running.data_dir / "owner-token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    # So large that its header is checked before the body is received.
    large = json.dumps({"specs": [], "padding": "x" * 500_000}).encode()
    requests.post(f"{running.url}/api/v1/documents", data=large, timeout=60)
    assert running.post(SPLICED[0]).status_code == 201
    listed = subprocess.run(
        [sys.executable, "-m", "service.cli", "audit", "--json", "--url", running.url],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
        env=without_neo4j() | {"SPECGRAPH_DATA_DIR": str(running.data_dir)},
    )
    newest = json.loads(listed.stdout)["items"][0]
    assert newest["token"] == token.read_text().split("_")[1]
    assert newest["name"] == getpass.getuser()


def test_the_metrics_show_lanes_disk_and_statements(running: ServiceProcess) -> None:
    assert running.post(SPECS[1]).status_code in (200, 201)
    metrics = requests.get(f"{running.url}/metrics", timeout=60).text
    lines = {line.partition(" ")[0] for line in metrics.splitlines()}
    assert {
        'specgraph_lane_workers{lane="uploads"}',
        'specgraph_statement_seconds_count{statement="stored_specs_and_documents"}',
        'specgraph_graph_nodes{label="Document"}',
        "specgraph_disk_free_bytes",
        "process_resident_memory_bytes",
    } <= lines


def test_a_port_that_is_taken_is_named(running: ServiceProcess, data_dir: Path) -> None:
    port = running.url.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "service.cli", "serve", "--port", port, "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert second.returncode == 3
    assert port in second.stderr
    assert "--port" in second.stderr
