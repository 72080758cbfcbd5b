"""The real thing: `specgraph serve` as a process, with the embedded database, and its faults."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.documents import SPECS, SPLICED

pytestmark = pytest.mark.embedded
COMMAND = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]
PATIENCE = 120.0
"""Seconds after which something that should happen is taken not to happen."""


class Service:
    """A running `specgraph serve`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        command = [*COMMAND, "--data-dir", str(data_dir)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NEO4J")}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, stderr=subprocess.DEVNULL
        )
        self.url = self._address()

    def _address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"Specgraph\s+(http://\S+)/", line)
            if found:
                return found.group(1)
        raise AssertionError("the service ended before it told its address")

    def java(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "java" in child.name()]

    def post(self, path: Path) -> requests.Response:
        return requests.post(f"{self.url}/api/v1/specs", data=path.read_bytes(), timeout=60)

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """End the service without any warning."""
        self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def serving(data_dir: Path) -> Iterator[Service]:
    service = Service(data_dir)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()


def until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def returned_exactly(service: Service, path: Path) -> bool:
    spec = json.loads(path.read_bytes())["spec"]
    root = spec["nodes"][0].get("full_hash", spec["nodes"][0]["hash"])
    answer = requests.get(f"{service.url}/api/v1/specs/{root}/spec.json", timeout=60)
    return answer.status_code == 200 and answer.text == json.dumps({"spec": spec})


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that is neither stopped nor killed by its tests."""
    with serving(tmp_path_factory.mktemp("served") / "data") as service:
        yield service


def test_what_was_acknowledged_survives_a_kill_of_the_service(data_dir: Path) -> None:
    acknowledged: list[Path] = []
    with serving(data_dir) as service:
        java = service.java()

        def upload() -> None:
            for path in [*SPECS, *SPLICED]:
                try:
                    if service.post(path).status_code in (200, 201):
                        acknowledged.append(path)
                except requests.RequestException:
                    return

        uploader = threading.Thread(target=upload)
        uploader.start()
        until(lambda: len(acknowledged) >= 4)
        service.kill()
        uploader.join(PATIENCE)
        until(lambda: not any(process.is_running() for process in java))
    with serving(data_dir) as service:
        kept = list(dict.fromkeys(acknowledged))
        assert all(returned_exactly(service, path) for path in kept if path in SPECS)
        statuses = {service.post(path).status_code for path in kept}
        assert statuses == {200}
        assert service.post(SPECS[-1]).status_code in (200, 201)


def test_the_service_comes_back_after_a_kill_of_the_database(data_dir: Path) -> None:
    with serving(data_dir) as service:
        assert service.post(SPECS[0]).status_code == 201
        [java] = service.java()
        java.kill()
        until(lambda: not java.is_running() or java.status() == psutil.STATUS_ZOMBIE)
        until(service.ready)
        assert service.post(SPECS[0]).status_code == 200
        assert service.post(SPECS[1]).status_code == 201


def test_a_second_service_on_the_same_data_is_told_who_has_it(running: Service) -> None:
    second = subprocess.run(
        [*COMMAND, "--data-dir", str(running.data_dir)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("NEO4J")},
    )
    assert second.returncode == 3
    assert str(running.process.pid) in second.stderr
    assert running.ready()


def test_commands_use_the_database_of_the_running_service(running: Service) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEO4J")}
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


def test_a_port_that_is_taken_is_named(running: Service, data_dir: Path) -> None:
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
