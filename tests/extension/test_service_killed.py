"""The service is killed during a push: a later push completes it, with everything stored once."""

import json
import time
from pathlib import Path

import pytest
import requests

from tests.documents import SPECS, SPLICED
from tests.extension.running import FakeSpack, start_push, waiting_names
from tests.service_process import run_service

pytestmark = pytest.mark.embedded


def all_items(url: str, path: str) -> list[str]:
    answer = requests.get(f"{url}/api/v1/{path}", params={"limit": 1000}, timeout=60).json()
    return sorted(json.dumps(each, sort_keys=True) for each in answer["items"])


def test_push_completes_after_the_service_was_killed(
    offline_spack: FakeSpack, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    offline_spack.run("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    for document in [*SPECS, *SPLICED]:
        offline_spack.add_installed(document)
    offline_spack.run("specgraph", "spool", str(folder), "--all", "--builds")
    file_count = len(waiting_names(folder))
    assert file_count > 20

    with run_service(tmp_path / "data") as service:
        push = start_push(folder, service.url)
        while not any((folder / "sent").iterdir()) and push.poll() is None:
            time.sleep(0.002)
        service.kill()
        _, err = push.communicate(timeout=180)
    left = waiting_names(folder)
    assert push.returncode == 3, err
    assert 0 < len(left) < file_count

    with run_service(tmp_path / "data") as service:
        again = start_push(folder, service.url)
        out, err = again.communicate(timeout=180)
        assert (again.returncode, out.splitlines()[-1]) == (0, f"0 left in {folder}"), err
        assert len(list((folder / "sent").iterdir())) == file_count
        specs, attempts = all_items(service.url, "specs"), all_items(service.url, "builds")
        assert len(specs) == len({json.loads(each)["hash"] for each in specs})
        for path in (folder / "sent").iterdir():
            path.rename(folder / path.name)
        once_more = start_push(folder, service.url)
        once_more.communicate(timeout=180)
        assert once_more.returncode == 0
        assert (all_items(service.url, "specs"), all_items(service.url, "builds")) == (
            specs,
            attempts,
        )
