"""Shared by views and pages: arguments parsed, hashes resolved, time bounded, pages shaped."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from flask import current_app, request

from cypher.run import Budget, Database
from loaders.logs.redaction import Redactor
from loaders.specs.contents import hash_of
from service.dags.dag import Dag
from service.paging import cursors
from service.queries import selection
from service.queries.errors import SeveralContentsError
from service.queries.resolution import resolve_spec
from service.queries.suggestions import Suggestion

Arguments = Mapping[str, Any]
"""Query parameters as the schema of a resource has loaded them."""


class Total(TypedDict):
    """How many entries a list has.

    `type` is EXACT, or AT_LEAST if counting stopped early.
    """

    count: int
    type: str


class Page(TypedDict):
    """One page of a list, as every resource answers it.

    `next` is the cursor of the following page, or None on the last one. `advice` is what the
    question names and the graph does not have, if the list is empty.
    """

    items: Sequence[Mapping[str, Any]]
    next: str | None
    total: Total
    advice: NotRequired[Sequence[Suggestion]]


def database() -> Database:
    """Return the database of the running app."""
    found: Database = current_app.extensions["specgraph"]
    return found


def service_address() -> str:
    """Return the address of the service as its users know it, without a slash at the end."""
    given: str | None = current_app.config["PUBLIC_URL"]
    return given.strip().rstrip("/") if given else request.host_url.rstrip("/")


def redactor() -> Redactor:
    """Return the redactor that the app is configured with."""
    return current_app.config["REDACTOR"] or Redactor()


def bounded(advice: str) -> Database:
    """Return the database for one question, limited to the configured `QUERY_SECONDS`.

    Args:
        advice: How to narrow the question, shown when the time is up.
    """
    return database().within(Budget(current_app.config["QUERY_SECONDS"], advice))


def full_hash(text: str) -> str:
    """Return the hash of the one stored spec that a text means.

    Raises as :func:`service.queries.resolution.resolve_spec`.
    """
    return hash_of(resolve_spec(database(), text))


def identity_of(text: str, content: str | None = None) -> str:
    """Return the identity of the stored content that a hash, the start of one, or a spec names.

    Args:
        text: The hash or spec.
        content: The start of the content's digest; by default the one that is shown for the hash.

    Raises as :func:`full_hash`.
    """
    return resolve_spec(database(), name_content(text, content))


def name_content(text: str, content: str | None = None) -> str:
    """Return the words that name a content: a hash, and the start of its digest if it is given."""
    return f"{text}:{content}" if content else text


def one_content(text: str, content: str | None = None) -> str:
    """Return the identity of the content that a hash, or the start of one, names.

    Unlike :func:`identity_of` it takes no spec, and does not choose one of several contents unless
    the hash determines it.

    Raises:
        InvalidQuestionError: It is not a hash.
        NotInGraphError: No spec has it.
        AmbiguousHashError: Several specs have it.
        SeveralContentsError: The hash names several contents, and `content` none of them.
    """
    uid = selection.resolve_content(database(), name_content(text, content))
    uids = selection.resolve(database(), hash_of(uid))
    if content is None and hash_of(uid) in uids:
        return hash_of(uid)
    if content is None and len(uids) > 1:
        raise SeveralContentsError(hash_of(uid), uids)
    return uid


def scope_of(arguments: Mapping[str, Any]) -> str:
    """Return the scope that a cursor is bound to: the path and the arguments without paging."""
    kept = sorted(
        (key, value) for key, value in arguments.items() if key not in ("limit", "cursor", "facts")
    )
    return f"{request.path}?{kept}"


def dag_scope(arguments: Mapping[str, Any], *dags: Dag) -> str:
    """Return the scope of a cursor over a list made from DAGs: the query and their documents."""
    return f"{scope_of(arguments)} {[dag.digest for dag in dags]}"


def total_of(count: int, *, exact: bool = True) -> Total:
    """Return a total as answers show it."""
    return {"count": count, "type": "EXACT" if exact else "AT_LEAST"}


def finish_page(
    items: Sequence[Mapping[str, Any]],
    total: int,
    limit: int,
    scope: str,
    *,
    exact: bool = True,
    seen: int = 0,
) -> Page:
    """Cut a list that was fetched with one item more than `limit` to a page.

    Args:
        items: At most `limit + 1` items, ordered by name, version and hash.
        total: How many there are.
        limit: Most items of the page.
        scope: See :func:`scope_of`.
        exact: Whether `total` counts all of them, or counting stopped there.
        seen: How many items the pages before had.
    """
    shown = items[:limit]
    more = len(items) > limit
    following = cursors.encode(shown[-1], scope, seen + limit) if more else None
    return {"items": shown, "next": following, "total": total_of(total, exact=exact)}
