"""Lanes keep one kind of requests from waiting for another."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from service.serving import lanes
from service.serving.lanes import HEALTH, HEAVY, LIGHT, READINESS, WRITES, Lane, Workers, lane_of
from tests.service.serving.running import ask, connect, head, read_answer, running
from tests.waiting import wait_until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/healthz", HEALTH),
        ("GET", "/api/v1/readyz", READINESS),
        ("GET", "/", LIGHT),
        ("GET", "/api/v1/specs", LIGHT),
        ("GET", "/api/v1/specs/abc/why", LIGHT),
        ("POST", "/api/v1/specs/missing", LIGHT),
        ("GET", "/api/v1/impact", HEAVY),
        ("GET", "/impact", HEAVY),
        ("GET", "/api/v1/specs/abc/dependents", HEAVY),
        ("GET", "/spec/zlib-abc/dag", HEAVY),
        ("POST", "/api/v1/splices/plan", LIGHT),
        ("POST", "/api/v1/splices/plans", HEAVY),
        ("POST", "/api/v1/splices/fixes", HEAVY),
        ("GET", "/plans", HEAVY),
        ("GET", "/fix", HEAVY),
        ("GET", "/api/v1/abi/proposals", HEAVY),
        ("GET", "/api/v1/specs/abc/abi", HEAVY),
        ("GET", "/spec/zlib-abc/abi", HEAVY),
        ("GET", "/api/v1/specs/abc/needs", HEAVY),
        ("GET", "/api/v1/diff/abi", HEAVY),
        ("GET", "/libraries/diff", HEAVY),
        ("GET", "/api/v1/libraries", LIGHT),
        ("POST", "/api/v1/documents", WRITES),
        ("PUT", "/submit.php", WRITES),
        ("DELETE", "/api/v1/specs/abc", WRITES),
    ],
)
def test_a_request_has_a_lane(method: str, path: str, lane: Lane) -> None:
    assert lane_of(method, path) is lane


class Stuck:
    """An application whose every request but health checks waits to be released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.running = 0
        self._guard = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            with self._guard:
                self.running += 1
            self.released.wait(60)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@contextmanager
def _asked(count: int, question: Callable[[], int]) -> Iterator[list[int]]:
    """Ask a question many times at once; the answers are complete when the context ends."""
    answers: list[int] = []
    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(question) for _ in range(count)]
        yield answers
        answers += [each.result() for each in futures]


@pytest.mark.parametrize(("path", "lane"), [("/", LIGHT), ("/readyz", READINESS)])
def test_health_is_answered_while_all_workers_are_busy(path: str, lane: Lane) -> None:
    app = Stuck()
    with running(app) as port, _asked(lane.workers + 4, lambda: ask(port, path)) as answers:
        try:
            wait_until(lambda: app.running == lane.workers)
            assert ask(port, "/healthz") == 200
        finally:
            app.released.set()
    assert answers == [200] * (lane.workers + 4)


def test_light_questions_are_answered_while_heavy_ones_and_uploads_wait() -> None:
    class HeavyAndUploadsAreStuck(Stuck):
        def __call__(
            self, environ: "WSGIEnvironment", start_response: "StartResponse"
        ) -> list[bytes]:
            if environ["PATH_INFO"] == "/":
                start_response("200 OK", [("Content-Length", "0")])
                return [b""]
            return super().__call__(environ, start_response)

    app = HeavyAndUploadsAreStuck()

    def upload() -> int:
        with connect(port) as connection:
            connection.sendall(head("/api/v1/specs", "POST", Content_Length="2") + b"{}")
            return read_answer(connection)[0]

    with (
        running(app) as port,
        _asked(HEAVY.workers + 1, lambda: ask(port, "/impact")) as heavy,
        _asked(WRITES.workers + 1, upload) as written,
    ):
        try:
            wait_until(lambda: app.running == HEAVY.workers + WRITES.workers)
            assert ask(port, "/") == 200
            assert app.running == HEAVY.workers + WRITES.workers
        finally:
            app.released.set()
    assert {*heavy, *written} == {200}


def test_a_request_that_finds_no_worker_in_time_is_refused_with_retry_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = Lane("heavy", "heavy questions", workers=1, places=2, seconds=0.2)
    monkeypatch.setattr(lanes, "HEAVY", short)
    monkeypatch.setattr("service.serving.server.LANES", (HEALTH, LIGHT, short))
    app = Stuck()
    with running(app) as port, connect(port) as first:
        try:
            first.sendall(head("/impact"))
            wait_until(lambda: app.running == 1)
            with connect(port) as second:
                second.sendall(head("/impact"))
                status, headers, body = read_answer(second)
        finally:
            app.released.set()
        assert read_answer(first)[0] == 200
    assert (status, headers["content-type"]) == (503, "application/problem+json; charset=utf-8")
    assert int(headers["retry-after"]) > 0
    problem = json.loads(body)
    assert (problem["type"], problem["instance"]) == ("urn:specgraph:problem:busy", "/impact")


class Recorded:
    """A task that only notes that it was done or cancelled."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def service(self) -> None:
        self.noted.append("done")

    def cancel(self) -> None:
        self.noted.append("cancelled")


def test_a_lane_takes_no_more_tasks_than_it_has_places() -> None:
    workers = Workers(Lane("none", "nothing", workers=0, places=2, seconds=60))
    tasks = [Recorded() for _ in range(3)]
    assert [workers.offer(task) for task in tasks] == [True, True, False]
    workers.stop()
    assert [task.noted for task in tasks] == [["cancelled"], ["cancelled"], []]
