"""The service while its Neo4j hangs: stopped by SIGSTOP, and continued."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.documents import document, dumped, node
from tests.service_process import ServiceProcess, run_service
from tests.waiting import wait_until

pytestmark = pytest.mark.embedded

UPLOADERS = 6


def _upload(service: ServiceProcess, name: str) -> requests.Response:
    body = dumped(document(node(name)))
    return requests.post(f"{service.url}/api/v1/specs", data=body, timeout=60)


def _seconds(url: str) -> float:
    """Return how long an answer takes, which has to be that all is well."""
    began = time.monotonic()
    assert requests.get(url, timeout=60).status_code == 200
    return time.monotonic() - began


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with run_service(tmp_path_factory.mktemp("hanging")) as running:
        assert _upload(running, "before").status_code == 201
        yield running


def test_nothing_hangs_while_neo4j_hangs(service: ServiceProcess) -> None:
    health = f"{service.url}/healthz"
    calm = statistics.median(_seconds(health) for _ in range(20))
    java = service.find_java()
    with ThreadPoolExecutor(UPLOADERS) as pool:
        for process in java:
            process.suspend()
        try:
            waiting = [pool.submit(_upload, service, f"p{number}") for number in range(UPLOADERS)]
            reading = pool.submit(requests.get, f"{service.url}/api/v1/specs", timeout=60)
            hung = []
            while not all(each.done() for each in waiting):
                hung.append(_seconds(health))
                time.sleep(0.05)
            assert {each.result().status_code for each in waiting} == {503}
            assert reading.result().status_code == 503
            assert all(int(each.result().headers["Retry-After"]) > 0 for each in waiting)
            _assert_refused_at_once(service)
        finally:
            for process in java:
                process.resume()
    assert max(hung) < max(1.0, 100 * calm)
    wait_until(service.is_ready)
    for number in range(UPLOADERS):
        assert _upload(service, f"p{number}").status_code in (200, 201)
    found = requests.get(f"{service.url}/api/v1/specs", timeout=60).json()
    names = {item["name"] for item in found["items"]}
    assert names == {"before", *(f"p{number}" for number in range(UPLOADERS))}


def _assert_refused_at_once(service: ServiceProcess) -> None:
    """Check that reads, writes and readiness are answered without waiting for the database."""
    began = time.monotonic()
    answers = [
        requests.get(f"{service.url}/readyz", timeout=60),
        requests.get(f"{service.url}/api/v1/specs", timeout=60),
        requests.get(f"{service.url}/api/v1/impact?dependency=zlib", timeout=60),
        _upload(service, "during"),
    ]
    assert [each.status_code for each in answers] == [503] * 4
    assert time.monotonic() - began < 2.0
