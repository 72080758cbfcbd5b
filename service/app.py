"""The Flask application."""

import re
import time
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import swagger_ui
from flask import Flask, Response, g, request, send_from_directory
from neo4j.exceptions import DriverError, Neo4jError
from werkzeug.exceptions import RequestEntityTooLarge

from cypher.run import READ_SECONDS, Database
from loaders import limits
from loaders.source import MAX_DOCUMENT_BYTES
from service import access
from service.api import (
    abi,
    audit,
    auditing,
    auth,
    builds,
    complete,
    concretizations,
    documents,
    environments,
    impact,
    installations,
    libraries,
    mirrors,
    nearest,
    needs,
    openapi,
    problems,
    removal,
    spec,
    specs,
    splices,
    tabular,
    tests,
    traversals,
)
from service.guard import DATA_POLICY, Guard, docs_policy
from service.metrics import Metrics
from service.queries.overview import count_graph
from service.spack_clients import cdash, monitor
from service.web import site

PREFIX = "/api/v1"
RESOURCES = (
    *(specs, spec, traversals, splices, abi, libraries, needs, nearest, impact, complete),
    *(documents, builds, installations, environments, mirrors, tests, concretizations),
    *(removal, audit),
)
READY_SECONDS = 0.8
"""How long `/readyz` waits for the database."""
WITHOUT_DATABASE = frozenset({None, "manual", "site"})
"""Blueprints whose views never read the graph."""
MAY_BE_ARCHIVES = frozenset({"documents.documents"})
"""Endpoints that take archives."""
MAX_ARCHIVE_BYTES = 1 << 30
"""Largest upload to `/documents` as sent, in bytes."""
MAX_UNPACKED_BYTES = 4 << 30
"""Largest upload to `/documents` when unpacked, in bytes."""


class Service(Flask):
    """Flask, where a request that only reads does so in one transaction.

    Reads of Neo4j are read-committed, not snapshots: one transaction saves round trips, but what
    must agree has to come from one statement.
    """

    def dispatch_request(self) -> Any:
        """Answer the request; a read that fails for a moment makes the view run again."""
        if request.environ.get(access.HEADER_ONLY):
            # The checks before it have passed, so its body may come.
            return self._accept_header()
        if request.method not in ("GET", "HEAD"):
            with limits.budget():
                only_reads = access.reads(request.method, request.path)
                return self._dispatch(in_one_transaction=only_reads)
        return self._dispatch(in_one_transaction=request.blueprint not in WITHOUT_DATABASE)

    def _dispatch(self, *, in_one_transaction: bool) -> Any:
        if not in_one_transaction:
            return super().dispatch_request()
        database: Database = self.extensions["specgraph"]
        return database.share_transaction(super().dispatch_request)

    def _accept_header(self) -> Response:
        if request.routing_exception is not None:
            self.raise_routing_exception(request)
        return Response(status=204)


def create_app(database: Database, config: Mapping[str, Any] | None = None) -> Flask:
    """Create the service over a database.

    Args:
        database: The graph.
        config: Overrides of Flask's configuration: `MAX_DOCUMENT_BYTES` limits an upload of spec
            documents, compressed and unpacked; `MAX_ARCHIVE_BYTES` and `MAX_UNPACKED_BYTES` limit
            one of any documents; `QUERY_SECONDS` is the time budget of one question; `REDACTOR`
            recognises secrets; `REQUIRE_TOKEN` refuses writes without a token, and
            `REQUIRE_TOKEN_TO_READ` refuses reads as well; `ALLOWED_HOSTS` are names of the service,
            and `PUBLIC_URL` is its address behind a proxy; `OWNER` is the only user of this machine
            whose processes write without a token; `DATA_DIR` is the folder of the embedded
            database, if that is used; `COMMAND_USER` is the user of a command that asks the app
            within its own process.

    Raises:
        ValueError: `PUBLIC_URL` is not the address of a service.
    """
    app = Service("service", static_folder=None)
    app.config.from_mapping(
        API_TITLE="Specgraph",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        OPENAPI_SWAGGER_UI_PATH="/docs",
        OPENAPI_SWAGGER_UI_URL="/docs/assets/",
        API_SPEC_OPTIONS={
            "info": {
                "description": "Provenance of Spack specs: what they were built with, and what "
                "they are deployed with.",
                "license": {"name": "Apache-2.0 OR MIT"},
            }
        },
        MAX_DOCUMENT_BYTES=MAX_DOCUMENT_BYTES,
        MAX_ARCHIVE_BYTES=MAX_ARCHIVE_BYTES,
        MAX_UNPACKED_BYTES=MAX_UNPACKED_BYTES,
        REDACTOR=None,
        REQUIRE_TOKEN=False,
        REQUIRE_TOKEN_TO_READ=False,
        QUERY_SECONDS=READ_SECONDS,
        ALLOWED_HOSTS=(),
        PUBLIC_URL=None,
        OWNER=None,
        DATA_DIR=None,
        COMMAND_USER=None,
    )
    app.config.from_mapping(config or {})
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_DOCUMENT_BYTES"]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["specgraph"] = database
    _add_metrics(app, database)
    _add_guard(app)
    _limit_bodies(app)
    app.url_map.converters["hash"] = openapi.HashConverter
    api = problems.ProblemApi(app, spec_kwargs={"extra_plugins": [openapi.Contract()]})
    for resource in RESOURCES:
        api.register_blueprint(resource.blueprint, url_prefix=PREFIX)
    api.describe(openapi.describe_tokens)
    api.describe(partial(openapi.describe_errors, media_type=problems.MEDIA_TYPE))
    problems.register(app)
    auth.register(app)
    _refuse_writes_without_room(app, database)
    auditing.register(app)
    tabular.register(app, PREFIX)
    cdash.register(app)
    _add_health(app, database)
    _add_docs(app)
    monitor.register(app)
    site.register_pages(app, PREFIX)
    return app


@cache
def _template(rule: str) -> str:
    """Return the template of a route as the OpenAPI document writes it, such as `/specs/{hash}`."""
    return re.sub(r"<(?:\w+:)?(\w+?)_?>", r"{\1}", rule)


def _add_metrics(app: Flask, database: Database) -> None:
    """Count all requests, also those that are refused, and show the counts."""

    def count() -> dict[str, int] | None:
        try:
            return count_graph(database)
        except (DriverError, Neo4jError):
            return None

    metrics = Metrics(database, count, app.config["DATA_DIR"])
    app.extensions["specgraph.metrics"] = metrics

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def count_request(response: Response) -> Response:
        environ, status = request.environ, response.status_code
        # An accepted header is counted with its body; the service's own questions are not.
        if access.INTERNAL not in environ and not access.is_only_header(environ, status):
            route = _template(request.url_rule.rule) if request.url_rule is not None else None
            metrics.answered(request.method, route, status, time.monotonic() - g.began)
            if access.uploads(request.method, request.path):
                metrics.uploaded(status, request.content_length or 0)
        return response

    @app.get(access.METRICS_PATH)
    def expose_metrics() -> Response:
        """Answer with the metrics of this process."""
        body, media_type = metrics.expose(request.headers.get("Accept", ""))
        return Response(body, content_type=media_type, headers={"Cache-Control": "no-store"})


def _add_guard(app: Flask) -> None:
    """Refuse requests of hostile pages before anything else sees them; restrict all pages."""
    guard = Guard.of(app.config["ALLOWED_HOSTS"], app.config["PUBLIC_URL"])

    @app.before_request
    def refuse() -> Response | None:
        refusal = guard.check(request.method, request.headers)
        if refusal is None:
            return None
        return problems.make_problem(refusal.status, refusal.title, refusal.detail, refusal.kind)

    @app.after_request
    def add_headers(response: Response) -> Response:
        is_docs = request.path == "/docs" and response.status_code == 200
        policy = docs_policy(response.get_data(as_text=True)) if is_docs else DATA_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def _refuse_writes_without_room(app: Flask, database: Database) -> None:
    """Refuse what cannot be stored before its body is received, which would be thrown away.

    Whoever may not write anyway is not to know of it, so this follows the check of tokens. Clients
    of Spack's monitor are checked by their views, which find out when they write.
    """

    @app.before_request
    def refuse() -> None:
        if access.writes(request.method, request.path) and not auth.is_left_to_views():
            database.check_write()


def _limit_bodies(app: Flask) -> None:
    """Refuse bodies that are too large by their header."""

    @app.before_request
    def refuse_large() -> None:
        if request.endpoint in MAY_BE_ARCHIVES:
            request.max_content_length = app.config["MAX_ARCHIVE_BYTES"]
        limit = request.max_content_length
        if limit is not None and (request.content_length or 0) > limit:
            raise RequestEntityTooLarge


def _add_health(app: Flask, database: Database) -> None:
    @app.get("/healthz")
    @app.get(f"{PREFIX}/healthz")
    def healthz() -> dict[str, str]:
        """Answer that the process is alive."""
        return {"status": "alive"}

    @app.get("/readyz")
    @app.get(f"{PREFIX}/readyz")
    def readyz() -> dict[str, str] | Response:
        """Answer whether queries are answered now; a database that is away is not waited for."""
        if not database.is_ready(READY_SECONDS):
            return problems.make_problem(
                503, "Not ready", "the database does not answer", "database"
            )
        return {"status": "ready"}


def _add_docs(app: Flask) -> None:
    folder = Path(swagger_ui.__file__).parent / "static"

    @app.get("/docs/assets/<path:name>")
    def docs_asset(name: str) -> Response:
        return send_from_directory(folder, name, max_age=86400)
