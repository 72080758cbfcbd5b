"""Ask the likeliest questions once when the service starts.

A cold Neo4j plans a large statement for seconds. A plan is cached only by running a statement, not
by EXPLAIN, so the questions are really asked, of a root that is there.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

import click

from service.cli.api import Api, Parameter

_PATIENCE = 3.0
"""Seconds that a stopping service waits for the current question."""
_LOG = logging.getLogger(__name__)

Question = tuple[str, dict[str, Parameter]]
"""The path of a resource and its parameters."""


def likely_questions(api: Api) -> Iterator[Question]:
    """Yield the questions, the likeliest first; none for an empty graph.

    Raises:
        click.ClickException: The service did not answer.
    """
    first = api.get("/specs", limit=1)["items"]
    if not first:
        return
    root = first[0]["hash"]
    spec = f"/specs/{root}"
    nodes = api.get(f"{spec}/graph")["nodes"]
    dependency = next((n["name"] for n in nodes if n["hash"] != root and n["deployed"]), "zlib")
    yield "/specs", {"built_with": dependency, "deployed_with": dependency, "limit": 50}
    yield spec, {}
    yield f"{spec}/splice", {}
    yield f"{spec}/why", {"dependency": dependency}
    yield "/impact", {"dependency": dependency}
    yield "/complete", {"text": first[0]["name"][:2]}
    yield "/facets", {}
    yield "/facets", {"q": dependency}
    yield f"{spec}/dependents", {}
    yield "/builds", {}
    yield "/diagnostics", {}
    yield "/installations", {}
    yield "/diff", {"a": root, "b": root}


def ask_all(api: Api, stopped: Callable[[], bool] = lambda: False) -> int:
    """Ask the likely questions until there are no more, or `stopped`; return how many were asked.

    A question that fails ends it: that is for the user who asks it to see.
    """
    asked = 0
    try:
        for path, parameters in likely_questions(api):
            if stopped():
                break
            api.get(path, **parameters)
            asked += 1
    except click.ClickException as error:
        _LOG.info("stopped warming up after %d questions: %s", asked, error.message)
    return asked


@contextlib.contextmanager
def warming_up(api: Api) -> Iterator[None]:
    """Ask the likely questions in the background; on leaving, stop after the current one."""
    stop = threading.Event()
    worker = threading.Thread(target=ask_all, args=(api, stop.is_set), name="warm-up", daemon=True)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(_PATIENCE)
