"""The pages as part of the app: their blueprints, their headers, errors as pages."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, g, make_response, render_template, request

from cypher.run import record_reads
from service.web import (
    audit,
    builds,
    common,
    concretizations,
    conflicts,
    dag,
    dependents,
    diagnostics,
    diff,
    environment_diff,
    facets,
    feeds,
    files,
    fix,
    impact,
    installed,
    libraries,
    login,
    manual,
    matrix,
    mirrors,
    nearest,
    neo4j_browser,
    plan,
    plans,
    regression,
    search_page,
    spec,
    splice,
    statements,
    test_runs,
    trends,
    why,
)
from service.web.views import address_of, name_in_address

PAGES = (
    *(search_page, spec, splice, neo4j_browser, dag, why, dependents, diff, plan, plans, fix),
    *(builds, diagnostics, matrix, regression, installed, trends, test_runs, concretizations),
    *(environment_diff, nearest, mirrors, files, common, conflicts, feeds, manual),
    *(facets, audit, impact, libraries),
)
"""The modules of the pages, each with a blueprint."""

_PAGE_NAMES = frozenset(page.blueprint.name for page in PAGES)
STATIC = Path(__file__).parent / "static"
_PROBLEM = "application/problem+json"
# Pages only send requests to this service, and only run its own scripts.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def register_pages(app: Flask, api_prefix: str) -> None:
    """Add the pages to an app.

    Args:
        app: The app.
        api_prefix: Path of the REST API, whose errors are never pages.
    """
    site = Blueprint(
        "site",
        __name__,
        template_folder="templates",
        static_folder=str(STATIC),
        static_url_path="/static",
    )
    app.register_blueprint(site)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    # Not among the pages that show their statements: those of this one look tokens up.
    app.register_blueprint(login.blueprint)
    app.before_request(_start_recording)
    app.teardown_request(_stop_recording)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {"asset": asset_address, "statements": statements.of_request}
    app.jinja_env.globals |= {"drawing": statements.drawing_of_request}
    app.jinja_env.globals |= {"is_logged_in": login.has_cookie}

    @app.after_request
    def add_headers(response: Response) -> Response:
        if response.mimetype == _PROBLEM and _for_a_person(api_prefix):
            response = _problem_page(response)
        if response.mimetype == "text/html" and not request.path.startswith("/docs"):
            response.headers["Content-Security-Policy"] = _POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Referrer-Policy"] = "same-origin"
            response.headers["Cache-Control"] = "no-cache"
            response.vary.add("Accept")
        return response


def _start_recording() -> None:
    if request.blueprint not in _PAGE_NAMES:
        return
    g.recording = record_reads()
    g.statements = g.recording.__enter__()


def _stop_recording(_: BaseException | None) -> None:
    started = g.pop("recording", None)
    if started is not None:
        started.__exit__(None, None, None)


def _for_a_person(api_prefix: str) -> bool:
    """Return whether a browser requested a page."""
    accepted = request.accept_mimetypes
    return not request.path.startswith(api_prefix) and accepted["text/html"] > accepted[_PROBLEM]


def _problem_page(response: Response) -> Response:
    if response.status_code == 401:
        return login.answer_missing_token(response)
    problem: dict[str, Any] = response.get_json(force=True)
    shown = render_template("problem.html", problem=problem, same_page=_page_of_candidate(problem))
    page = make_response(shown, response.status_code)
    for key in ("Allow", "Retry-After"):
        if key in response.headers:
            page.headers[key] = response.headers[key]
    return page


def _page_of_candidate(
    problem: Mapping[str, Any],
) -> Callable[[Mapping[str, Any]], str] | None:
    """Return the address of this page for a candidate.

    None unless several specs are meant by the text in its path, and not by a parameter.
    """
    _, parent, *rest = request.path.split("/", 3)
    if parent != "spec" or len(rest) < 2:
        return None
    prefix = rest[0].lower().partition(":")[0]
    candidates = problem.get("candidates") or []
    if problem.get("parameter") != "hash" and not all(
        spec["hash"].startswith(prefix) for spec in candidates
    ):
        return None

    def address(spec: Mapping[str, Any]) -> str:
        return address_of(f"/spec/{name_in_address(spec)}/{rest[1]}", **request.args)

    return address


def asset_address(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return f"/static/{name}?v={_asset_digest(name, (STATIC / name).stat().st_mtime_ns)}"


@cache
def _asset_digest(name: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
