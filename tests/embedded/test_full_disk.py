"""The service on a disk that is full for a while: nothing acknowledged is lost, and it goes on.

The disk is a file system in memory, which only root can mount.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.documents import SPECS
from tests.effort import scale_effort
from tests.service.reading import Reading
from tests.service_process import ServiceProcess, run_service
from tests.waiting import wait_until

pytestmark = pytest.mark.embedded

FLOOR_MIB = 48
ROUNDS = min(scale_effort(2), len(SPECS) // 4)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here: it takes root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave_mib: int = 0) -> Path:
    """Fill a disk by a file and return it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 20))
        except OSError:
            file.truncate(max(0, file.tell() - (leave_mib << 20)))
    return ballast


def is_stored(service: ServiceProcess, document: Path) -> bool:
    address = f"{service.url}/api/v1/specs/{Reading(document).root}/spec.json"
    return requests.get(address, timeout=60).status_code == 200


def test_service_refuses_uploads_on_a_full_disk_and_goes_on_when_it_is_freed(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECGRAPH_MIN_FREE_MIB", str(FLOOR_MIB))
    documents = iter(SPECS)
    stored: list[Path] = []

    def upload(service: ServiceProcess) -> int:
        document = next(documents)
        status = service.post(document).status_code
        if status in (200, 201):
            stored.append(document)
        return status

    with run_service(small_disk / "data") as service:
        for _ in range(ROUNDS):
            assert upload(service) == 201
            ballast = fill(small_disk, FLOOR_MIB // 2)
            assert upload(service) == 507
            ballast.unlink()
            ballast = fill(small_disk)
            assert upload(service) == 507
            assert all(is_stored(service, document) for document in stored)
            # The next start replays the log, which takes room that is not there yet.
            [java] = service.find_java()
            java.kill()
            wait_until(lambda: not service.is_ready())
            ballast.unlink()
            wait_until(service.is_ready)
            assert upload(service) == 201
        assert all(is_stored(service, document) for document in stored)
    assert len(stored) == 2 * ROUNDS
