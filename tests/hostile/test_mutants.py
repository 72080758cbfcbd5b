"""Damaged documents are refused or stored in part, never answered with an error of the service."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cypher.run import Database
from loaders.doctor.examination import examine
from loaders.store.migrations import migrate_graph
from service.api.problems import MEDIA_TYPE
from service.app import create_app
from tests.effort import SOAK
from tests.graph import count_by_type, wipe
from tests.hostile.mutations import mutant
from tests.hostile.originals import Form, Original, originals

MUTANTS = 100_000 if os.environ.get(SOAK) else 300
SHARE = 500 if os.environ.get(SOAK) else 100
"""Number of mutants of one test, after which the graph is examined and emptied."""
FIRST = int(os.environ.get("SPECGRAPH_TEST_FIRST_MUTANT", "0"))

HANGS = 120
"""Seconds after which a request is interrupted."""
UNAVAILABLE = {503, 507}
SLOWER = 30
"""How many times the processor time of its document a mutant may take."""
AT_LEAST = 3.0
"""Processor time that any mutant may take, in seconds."""

pytestmark = pytest.mark.soak


def post(client: FlaskClient, route: str, body: bytes) -> tuple[TestResponse, float]:
    """Upload a body; return the answer, and the processor time that it took."""
    began = time.thread_time()
    # A reader that hangs, as in a regular expression, is interrupted and named by its seed.
    signal.alarm(HANGS)
    send = client.put if route.startswith("/submit.php") else client.post
    answer = send(route, data=body, content_type="application/json")
    signal.alarm(0)
    return answer, time.thread_time() - began


def check(answer: TestResponse, route: str) -> None:
    """Check that an answer is one of those that clients expect."""
    assert answer.status_code < 500 or answer.status_code in UNAVAILABLE
    text = answer.get_data(as_text=True)
    assert "a bug in Specgraph" not in text
    assert "the database refused" not in text
    if route.startswith("/submit.php"):
        assert answer.mimetype == "text/xml"
    elif route.startswith("/ms1"):
        assert answer.get_json()["code"] == answer.status_code
    elif answer.status_code >= 400:
        assert answer.mimetype == MEDIA_TYPE
        assert answer.get_json(force=True)["status"] == answer.status_code


def _hang(number: int, frame: object) -> None:
    raise TimeoutError(f"a request took more than {HANGS} s")


class Victim:
    """A service that mutants are sent to."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.client = app.test_client()
        self.database = database
        self._seconds: dict[tuple[Original, str], float] = {}

        self.answers: Counter[int] = Counter()

    def empty(self) -> None:
        """Empty the graph, and mark it as one of this version."""
        wipe(self.database)
        migrate_graph(self.database)

    def seconds_of(self, original: Original, route: str) -> float:
        """Return the processor time that the document itself takes."""
        if (original, route) not in self._seconds:
            _, seconds = post(self.client, route, original.body)
            self._seconds[original, route] = seconds
        return self._seconds[original, route]

    def send(self, seed: int) -> None:
        """Send a mutant and check the answer, its time, and that nothing is half stored."""
        original, route, body = mutant(seed)
        before = count_by_type(self.database)
        answer, seconds = post(self.client, route, body)
        self.answers[answer.status_code] += 1
        check(answer, route)
        if answer.status_code >= 400:
            assert count_by_type(self.database) == before
        # Few take as long, so most documents need not be measured.
        assert seconds < AT_LEAST or seconds < SLOWER * self.seconds_of(original, route)

    def examine(self) -> list[str]:
        """Return what the doctor finds in the graph."""
        return [
            f"{check.name}: {finding.examples}"
            for check, finding in examine(self.database)
            if finding.wrong and not check.is_notice
        ]


@pytest.fixture(scope="module")
def victim(session_database: Database) -> Iterator[Victim]:
    victim = Victim(create_app(session_database, {"TESTING": True}), session_database)
    victim.empty()
    previous = signal.signal(signal.SIGALRM, _hang)
    yield victim
    signal.signal(signal.SIGALRM, previous)
    print(f"answers by status: {dict(victim.answers)}")
    wipe(session_database)


@pytest.mark.parametrize("share", range(MUTANTS // SHARE))
def test_mutants_do_no_harm(victim: Victim, share: int) -> None:
    for seed in range(FIRST + share * SHARE, FIRST + (share + 1) * SHARE):
        try:
            victim.send(seed)
        except Exception as error:
            original, route, _ = mutant(seed)
            error.add_note(f"mutant {seed} of {original.name} sent to {route}")
            raise
    assert victim.examine() == []
    victim.empty()


def test_a_seed_makes_the_same_mutant_again() -> None:
    assert [mutant(seed) for seed in range(30)] == [mutant(seed) for seed in range(30)]


@pytest.mark.skipif(not os.environ.get(SOAK), reason="the tests of each kind do the same")
def test_the_documents_themselves_are_taken(victim: Victim) -> None:
    for original in originals():
        if original.form is not Form.TEXT and not original.routes[0].startswith("/ms1"):
            answer, _ = post(victim.client, original.routes[-1], original.body)
            assert answer.status_code in (200, 201, 422), original.name
