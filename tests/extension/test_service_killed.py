"""The service killed in the middle of a push: the push ends, later, with everything there once."""

import json
import time
from pathlib import Path

import pytest
import requests

from tests.documents import SPECS, SPLICED
from tests.extension.running import FakeSpack, push_alone, waiting
from tests.service.test_server import serving

pytestmark = pytest.mark.embedded


def items(url: str, path: str) -> list[str]:
    answer = requests.get(f"{url}/api/v1/{path}", params={"limit": 1000}, timeout=60).json()
    return sorted(json.dumps(each, sort_keys=True) for each in answer["items"])


def test_a_push_ends_after_the_service_was_killed(lonely: FakeSpack, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    lonely.run("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    for document in [*SPECS, *SPLICED]:
        lonely.has(document)
    lonely.run("specgraph", "spool", str(folder), "--all", "--builds")
    everything = len(waiting(folder))
    assert everything > 20

    with serving(tmp_path / "data") as service:
        push = push_alone(folder, service.url)
        while not any((folder / "sent").iterdir()) and push.poll() is None:
            time.sleep(0.002)
        service.kill()
        _, err = push.communicate(timeout=180)
    left = waiting(folder)
    assert push.returncode == 3, err
    assert 0 < len(left) < everything

    with serving(tmp_path / "data") as service:
        again = push_alone(folder, service.url)
        out, err = again.communicate(timeout=180)
        assert (again.returncode, out.splitlines()[-1]) == (0, f"0 left in {folder}"), err
        assert len(list((folder / "sent").iterdir())) == everything
        specs, attempts = items(service.url, "specs"), items(service.url, "builds")
        assert len(specs) == len({json.loads(each)["hash"] for each in specs})
        for path in (folder / "sent").iterdir():
            path.rename(folder / path.name)
        once_more = push_alone(folder, service.url)
        once_more.communicate(timeout=180)
        assert once_more.returncode == 0
        assert (items(service.url, "specs"), items(service.url, "builds")) == (specs, attempts)
