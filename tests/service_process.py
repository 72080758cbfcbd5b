"""Running `specgraph serve` in a process of its own, with the embedded database."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from tests.waiting import PATIENCE

SERVE = [sys.executable, "-m", "service.cli", "serve", "--port", "0"]


class ServiceProcess:
    """A running `specgraph serve`.

    Attributes:
        data_dir: Folder of its embedded database.
        process: The service; Java is its child.
        url: Its address, without a slash at the end.
    """

    def __init__(self, data_dir: Path, *options: str, quick: bool = True) -> None:
        self.data_dir = data_dir
        command = [*SERVE, "--data-dir", str(data_dir), *(["--quick"] if quick else []), *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=without_neo4j(),
        )
        self.url = self._address()

    def _address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"Specgraph\s+(http://\S+)/", line)
            if found:
                return found.group(1)
        raise AssertionError("the service ended before it printed its address")

    def find_java(self) -> list[psutil.Process]:
        """Return the processes of the embedded database."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "java" in child.name()]

    def post(self, path: Path) -> requests.Response:
        """Upload a spec document."""
        return requests.post(f"{self.url}/api/v1/specs", data=path.read_bytes(), timeout=60)

    def is_ready(self) -> bool:
        """Tell whether the service and its database answer."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """End the service without giving it a chance to clean up."""
        self.process.kill()
        self._wait()

    def stop(self) -> None:
        """Ask the service to end, as a process manager does, and wait for it."""
        self.process.send_signal(signal.SIGTERM)
        self._wait()

    def _wait(self) -> None:
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()


def without_neo4j() -> dict[str, str]:
    """Return the environment without the variables that name a Neo4j for the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NEO4J")}


@contextmanager
def run_service(data_dir: Path, *options: str, quick: bool = True) -> Iterator[ServiceProcess]:
    """Run a service on a data directory, and stop it at the end unless it has ended.

    Args:
        data_dir: Folder of its embedded database; unused if the options name another one.
        options: Further options of `specgraph serve`.
        quick: Whether its database starts at half the cost, as that of the demonstration.
    """
    service = ServiceProcess(data_dir, *options, quick=quick)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()
