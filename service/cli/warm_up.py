"""Ask the likeliest questions once when the service starts.

A cold Neo4j plans a large statement for seconds. A plan is cached only by running a statement, not
by EXPLAIN. The statements of the likeliest question run first, without any data to look at; then
other questions are really asked, of a root that is there.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from neo4j.exceptions import DriverError, Neo4jError

from cypher.run import Database
from service.access import INTERNAL

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

HEADLINE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("find_known_names", {"names": []}),
    ("estimate_packages", {"sets": []}),
    (
        "find_roots_of_packages",
        {
            "drivers": [],
            "clauses": [],
            "spliced": None,
            "below_hash": None,
            "name": "",
            "version_key": "",
            "uid": "",
            "limit": 1,
        },
    ),
    ("matches_deployed_with_packages", {"uids": [], "filters": [], "limit": 1}),
    ("matches_built_with_packages", {"uids": [], "filters": [], "limit": 1}),
    ("row_facts", {"uids": []}),
)
"""The statements of `built_with` and `deployed_with` a package, each with parameters that match
nothing, in the order in which the question runs them."""
_HEADLINE_SECONDS = 1.0
"""How long a start is delayed at most so that the first question finds its plans."""
_PATIENCE = 3.0
"""Seconds that a stopping service waits for the current question."""
_QUIET_SECONDS = 1.0
"""How long a question is put off while users are answered. Then it is asked in any case, since a
user who asks without a pause soon asks a question whose plans are missing."""
_POLL_SECONDS = 0.02
_LOG = logging.getLogger(__name__)

Question = tuple[str, dict[str, str | int]]
"""The path of a resource or of a page, and its parameters."""


class _FailedError(Exception):
    """A question was not answered."""


class RequestCounter:
    """A WSGI application that knows whether it is answering a request.

    Args:
        app: The application that answers.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._guard = threading.Lock()
        self._running = 0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request."""
        self._add(1)
        try:
            return self._app(environ, start_response)
        finally:
            self._add(-1)

    def is_busy(self) -> bool:
        """Return whether a request is being answered."""
        return self._running > 0

    def _add(self, change: int) -> None:
        with self._guard:
            self._running += change


class WarmUp:
    """The questions that a starting service asks itself.

    Args:
        app: The application to ask.
        is_busy: Returns whether users are being answered, who come first.
    """

    def __init__(self, app: "Flask", is_busy: Callable[[], bool] = lambda: False) -> None:
        self._database: Database = app.extensions["specgraph"]
        self._client = app.test_client()
        self._client.environ_base[INTERNAL] = "1"
        self._is_busy = is_busy
        self._stopped = threading.Event()
        self._headline_planned = threading.Event()

    def run(self) -> int:
        """Ask until there are no more questions, or :meth:`stop`; return how many were asked.

        A question that fails ends it: that is for the user who asks it to see.
        """
        asked = 0
        try:
            _plan_headline(self._database)
            self._headline_planned.set()
            for question in self.likely_questions():
                self._wait_until_quiet()
                if self._stopped.is_set():
                    break
                self._get(question)
                asked += 1
        except (_FailedError, Neo4jError, DriverError) as error:
            _LOG.info("stopped warming up after %d questions: %s", asked, error)
        finally:
            self._headline_planned.set()
        return asked

    def wait_for_headline(self, seconds: float) -> None:
        """Wait until the statements of the headline question are planned."""
        self._headline_planned.wait(seconds)

    def stop(self) -> None:
        """Ask nothing more after the current question."""
        self._stopped.set()

    def likely_questions(self) -> Iterator[Question]:
        """Yield the questions, the likeliest first; none for an empty graph."""
        api = "/api/v1"
        first = self._get((f"{api}/specs", {"limit": 1}))["items"]
        if not first:
            return
        root, name = first[0]["hash"], first[0]["name"]
        spec = f"{api}/specs/{root}"
        nodes = self._get((f"{spec}/graph", {}))["nodes"]
        dependency = next((n["name"] for n in nodes if n["hash"] != root and n["deployed"]), "zlib")
        sides: dict[str, str | int] = {"built_with": dependency, "deployed_with": dependency}
        yield f"{api}/specs", {**sides, "limit": 50}
        yield "/", sides
        yield "/", {}
        yield f"{api}/complete", {"text": name[:2]}
        yield f"{api}/facets", {}
        yield f"{api}/impact", {"dependency": dependency}
        yield f"{api}/specs", {"q": f"{name} ^{dependency}"}
        yield f"{api}/builds", {}
        yield f"/spec/{root}", {}
        yield f"{spec}/splice", {}
        yield f"{spec}/why", {"dependency": dependency}
        yield f"{api}/facets", {"q": dependency}
        yield f"{spec}/dependents", {}
        yield f"{api}/diagnostics", {}
        yield f"{api}/installations", {}
        yield f"{api}/diff", {"a": root, "b": root}
        # No spec has this version, so that the answer suggests others.
        yield f"{api}/specs", {"q": f"{name}@=no-such-version"}

    def _wait_until_quiet(self) -> None:
        end = time.monotonic() + _QUIET_SECONDS
        while self._is_busy() and time.monotonic() < end:
            if self._stopped.wait(_POLL_SECONDS):
                return

    def _get(self, question: Question) -> Any:
        path, parameters = question
        answer = self._client.get(path, query_string=parameters)
        if answer.status_code >= 400:
            raise _FailedError(f"{path} answered {answer.status}")
        return answer.get_json(silent=True)


def plan_headline_in_background(database: Database) -> None:
    """Have the statements of the headline question planned while the service still starts.

    The questions of :func:`warming_up` and of users wait for the plans that are being made.
    """

    def plan() -> None:
        try:
            _plan_headline(database)
        except (Neo4jError, DriverError) as error:
            _LOG.info("did not plan the first statements: %s", error)

    threading.Thread(target=plan, name="planning", daemon=True).start()


def _plan_headline(database: Database) -> None:
    for statement, parameters in HEADLINE:
        database.read(statement, **parameters)


@contextlib.contextmanager
def warming_up(app: "Flask", is_busy: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Ask the likely questions in the background; on leaving, stop after the current one.

    The body is entered when the statements of the headline question are planned, or after a
    second if that takes longer.

    Args:
        app: The application to ask.
        is_busy: Returns whether users are being answered, who come first.
    """
    warm_up = WarmUp(app, is_busy)
    worker = threading.Thread(target=warm_up.run, name="warm-up", daemon=True)
    worker.start()
    try:
        warm_up.wait_for_headline(_HEADLINE_SECONDS)
        yield
    finally:
        warm_up.stop()
        worker.join(_PATIENCE)
